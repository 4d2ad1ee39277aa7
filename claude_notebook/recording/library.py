"""A folder of recorded turns: which is there, which is near, how a new one is called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CassetteError
from ..files import make_folder
from ..messages import JSON, JSONObject
from ..render.html.sanitize import one_line
from ..replay import Replay
from .format import Cassette, TurnHeader
from .keys import KEY, Position, Question, quoted

HELLO = "hello.jsonl"


@dataclass(frozen=True)
class Turn:
    """A recorded turn: where it is, and its header."""

    path: Path
    header: TurnHeader

    @property
    def prompt(self) -> str:
        """The beginning of the prompt."""
        return self.header.prompt


@dataclass(frozen=True)
class Folder:
    """The recordings in one folder. It need not be there."""

    path: Path
    _index: dict[str, Path] = field(default_factory=dict, compare=False, repr=False)
    _read: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)

    @property
    def root(self) -> Path:
        """The trusted folder below which nothing may be linked when a recording is written."""
        here = Path.cwd()
        return here if self.path != here and self.path.is_relative_to(here) else self.path.parent

    def find(self, key: str) -> Path | None:
        """The recording of the turn with this key."""
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
        found = self._index.get(key)
        return found if found is not None and found.exists() else None

    def new(self, number: int, words: str, key: str) -> Path:
        """The path for a new recording, in a folder that is there then.

        :raises CassetteError: the folder cannot be made
        """
        try:
            make_folder(self.path, self.root)
        except OSError as error:
            raise CassetteError(
                f"The folder {self.path} for recordings cannot be made: {error.strerror}. "
                "Choose another one."
            ) from error
        slug = "-".join(re.findall(r"[a-z0-9]+", words.lower()))[:40].strip("-") or "turn"
        return self.path / f"{number:02}-{slug}-{key}.jsonl"

    def turns(self) -> Iterator[Turn]:
        """All that can be read, by name."""
        for path in sorted(self.path.glob("*.jsonl")):
            if path.name == HELLO:
                continue
            try:
                yield Turn(path, Cassette(path).header_as(TurnHeader))
            except CassetteError:
                continue

    def nearest(
        self, asked: Question, after: Position, shown: JSONObject
    ) -> tuple[Turn, str] | None:
        """The recording that comes nearest to a prompt that has none, and what is different."""
        turns = list(self.turns())
        if not turns:
            return None
        same_place = [turn for turn in turns if turn.header.continues == after.key]
        best = max(same_place or turns, key=lambda turn: _likeness(turn, asked, after.number + 1))
        return best, _difference(best, shown, bool(same_place))


def folder_of(replay: Replay) -> Folder:
    """The folder that is meant."""
    return Folder(Path(replay.folder).expanduser().absolute())


def _likeness(turn: Turn, asked: Question, number: int) -> tuple[float, bool]:
    prompt = turn.header.prompt[:400]
    words = difflib.SequenceMatcher(None, prompt, asked.words[:400], autojunk=False)
    return words.ratio(), turn.header.number == number


def _difference(turn: Turn, shown: JSONObject, same_place: bool) -> str:
    if turn.header.prompt != shown["prompt"]:
        return f"there the prompt was {quoted(one_line(turn.header.prompt, 400))}"
    then, now = turn.header.about, _object(shown["about"])
    changed = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    if changed:
        told = (f"{name} was {_told(then, name)}, now {_told(now, name)}" for name in changed)
        return f"there {'; '.join(told)}"
    return "there something else" if same_place else "it followed other turns"


def _told(about: JSONObject, name: str) -> str:
    return repr(about[name]) if name in about else "not set"


def _object(value: JSON) -> JSONObject:
    return value if isinstance(value, dict) else {}
