"""Recorded conversations: their files, how a recording is found, and how it is played.

One cassette is one turn. `cassette_transport` decides for each prompt if it is played (`player`) or
sent to the CLI and recorded (`recorder`). `keys` computes the key by which `library` finds the
recording of a prompt. FORMAT.md describes the files.
"""

from __future__ import annotations

from .id_mapping import IdMapper

__all__ = ["IdMapper"]
