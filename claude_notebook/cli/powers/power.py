"""The value that an inspection returns for each thing a folder can make the CLI do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Power:
    """One thing in a folder that acts, or lets the model act, without a question.

    :param kind: a noun that takes an "s".
    :param where: the file that holds it.
    :param text: all of it; for an incomplete one, the file.
    :param language: of the text, for colors.
    :param reason: why it counts as power, as a sentence.
    :param complete: whether the text shows all of it. Only then can a person agree to it.
    """

    kind: str
    where: str
    text: str
    language: str = "json"
    reason: str = ""
    complete: bool = True

    @property
    def digest(self) -> str:
        """The power's identity, independent of the file that holds it."""
        return hashlib.sha256(
            f"{self.kind}\0{self.text}".encode(errors="surrogatepass")
        ).hexdigest()
