"""Proof Key for Code Exchange (RFC 7636), method S256."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PKCEChallenge:
    """A secret verifier, and the challenge derived from it for the sign-in page."""

    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The hash of the verifier."""
        return self.generate_challenge(self.verifier)

    @classmethod
    def create(cls) -> PKCEChallenge:
        """Create a challenge with a new verifier."""
        return cls(cls.generate_verifier())

    @staticmethod
    def generate_verifier(length: int = 128) -> str:
        """Generate a random verifier of 43 to 128 characters.

        :raises ValueError: the length is not allowed
        """
        if not 43 <= length <= 128:
            raise ValueError(f"A verifier has 43 to 128 characters, not {length}.")
        return secrets.token_urlsafe(length)[:length]

    @staticmethod
    def generate_challenge(verifier: str) -> str:
        """Return the S256 challenge of a verifier."""
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
