"""The value that an inspection returns for each thing a folder can make the CLI do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Power:
    """Setting or file that acts, or lets the model act, without asking.

    :param kind: a noun that takes an "s".
    :param where: the file that holds it.
    :param text: full text; for an incomplete power, the path.
    :param language: of the text, for colors.
    :param reason: why it counts as power, as a sentence.
    :param complete: True if `text` is complete; only complete powers can be trusted.
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
