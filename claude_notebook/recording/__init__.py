"""Recorded conversations: what a cassette means, where it lies, and how it is played.

One cassette is one turn. `tape.py` stands between the client and the CLI and decides for each
prompt whether it is played (`player.py`) or asked and written down (`recorder.py`); `keys.py` says
which recording belongs to which prompt, `folder.py` where it is. FORMAT.md describes the files.
"""

from __future__ import annotations

from .id_mapping import IdMapper

__all__ = ["IdMapper"]
