"""A folder of recorded turns, which finds recordings by key or similarity and names new files."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CassetteError
from ..files import make_folder
from ..messages import JSONObject
from ..messages.json_fields import as_object
from ..render.html.sanitizer import one_line
from ..replay import Replay
from .format import Cassette, TurnHeader
from .keys import KEY, KeyedPrompt, Position, quoted

HELLO = "hello.jsonl"


@dataclass(frozen=True)
class RecordedTurn:
    """A recorded turn's path and header."""

    path: Path
    header: TurnHeader

    @property
    def prompt(self) -> str:
        """The beginning of the prompt."""
        return self.header.prompt


@dataclass(frozen=True)
class RecordingFolder:
    """The recordings in one folder. The folder need not exist."""

    path: Path
    _index: dict[str, Path] = field(default_factory=dict, compare=False, repr=False)
    _read: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    @property
    def root(self) -> Path:
        """The trusted folder. Links below it are not followed when a recording is written."""
        here, path = Path.cwd(), Path(os.path.abspath(self.path))
        return here if path != here and path.is_relative_to(here) else path.parent

    def find(self, key: str) -> Path | None:
        """Find the recording of the turn with the given key."""
        try:
            changed = self.path.stat().st_mtime_ns
        except OSError:
            return None
        if changed != self._read[0]:
            self._read[0] = changed
            self._index.clear()
            self._index.update(
                (path.stem[-KEY:], path) for path in sorted(self.path.glob("*.jsonl"))
            )
        path = self._index.get(key)
        return path if path is not None and path.exists() else None

    def new(self, number: int, words: str, key: str) -> Path:
        """Return the path for a new recording, creating the folder if necessary.

        :raises CassetteError: if the folder cannot be created
        """
        try:
            make_folder(self.path, self.root)
        except OSError as error:
            raise CassetteError(
                f"The folder {self.path} for recordings cannot be created: {error.strerror}. "
                "Choose another folder."
            ) from error
        slug = "-".join(re.findall(r"[a-z0-9]+", words.lower()))[:40].strip("-") or "turn"
        return self.path / f"{number:02}-{slug}-{key}.jsonl"

    def turns(self) -> Iterator[RecordedTurn]:
        """List the readable recordings, sorted by name."""
        for path in sorted(self.path.glob("*.jsonl")):
            if path.name == HELLO:
                continue
            try:
                yield RecordedTurn(path, Cassette(path).header_as(TurnHeader))
            except CassetteError:
                continue

    def nearest(
        self, prompt: KeyedPrompt, after: Position, header: JSONObject
    ) -> tuple[RecordedTurn, str] | None:
        """Return the recording closest to a prompt that has none, and how the two differ."""
        turns = list(self.turns())
        if not turns:
            return None
        same_place = [turn for turn in turns if turn.header.continues == after.key]
        best = max(
            same_place or turns, key=lambda turn: _similarity(turn, prompt, after.number + 1)
        )
        return best, _difference(best, header, bool(same_place))


def folder_of(replay: Replay) -> RecordingFolder:
    """Return the folder that contains the recordings."""
    return RecordingFolder(Path(os.path.abspath(Path(replay.folder).expanduser())))


def _similarity(turn: RecordedTurn, prompt: KeyedPrompt, number: int) -> tuple[float, bool]:
    recorded = turn.header.prompt[:400]
    words = difflib.SequenceMatcher(None, recorded, prompt.words[:400], autojunk=False)
    return words.ratio(), turn.header.number == number


def _difference(turn: RecordedTurn, header: JSONObject, same_place: bool) -> str:
    if turn.header.prompt != header["prompt"]:
        return f"its prompt was {quoted(one_line(turn.header.prompt, 400))}"
    recorded, current = turn.header.about, as_object(header["about"])
    changed = sorted(
        name for name in {*recorded, *current} if recorded.get(name) != current.get(name)
    )
    if changed:
        differences = (
            f"{name} was {_describe(recorded, name)}, now {_describe(current, name)}"
            for name in changed
        )
        return f"in that recording, {'; '.join(differences)}"
    return "its content differs" if same_place else "it followed other turns"


def _describe(about: Mapping[str, object], name: str) -> str:
    return repr(about[name]) if name in about else "not set"
