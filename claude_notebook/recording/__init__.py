"""Recorded conversations: their file format, how a recording is found, and how it is played back.

Each cassette holds one turn. For every prompt, `cassette_transport` decides whether the turn is
played back (by `player`) or sent to the CLI and recorded (by `recorder`). `keys` computes the key
that `library` uses to find the recording for a prompt. The files are described in FORMAT.md.
"""

from __future__ import annotations

from .id_mapping import IdMapper

__all__ = ["IdMapper"]
