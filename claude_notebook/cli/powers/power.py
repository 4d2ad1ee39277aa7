"""The value that an inspection returns for each thing that a folder can make the CLI do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Power:
    """A setting or file that acts, or lets the model act, without asking.

    :param kind: a noun whose plural ends in "s".
    :param where: the file that contains it.
    :param text: the full text; if the power is incomplete, the path.
    :param language: the text's language, for syntax highlighting.
    :param reason: a sentence that explains why it counts as a power.
    :param complete: whether `text` is complete. Only complete powers can be trusted.
    """

    kind: str
    where: str
    text: str
    language: str = "json"
    reason: str = ""
    complete: bool = True

    @property
    def digest(self) -> str:
        """The power's identity, which does not depend on the file that contains it."""
        return hashlib.sha256(
            f"{self.kind}\0{self.text}".encode(errors="surrogatepass")
        ).hexdigest()
