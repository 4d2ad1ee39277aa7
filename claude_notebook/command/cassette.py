"""`claude-notebook cassette`: look at recorded turns, check them, clean them, throw some away."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import OptionsError

# What else is needed is imported late: `claude-notebook demo` tells what is missing even where
# nothing but this package is installed.

_ABOUT = ("prompt", "number", "recorded", "cli", "source", "about", "key", "continues")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    helps = {
        "show": "say what is in a recording",
        "verify": "say what is wrong with recordings; the exit code is 1 then",
        "redact": "hide what looks like a secret",
        "prune": "delete recordings that nothing plays any more",
    }
    for name, told in helps.items():
        action = actions.add_parser(name, help=told, description=told, allow_abbrev=False)
        action.add_argument(
            "paths",
            nargs="*",
            type=Path,
            default=[Path("cassettes")],
            metavar="PATH",
            help="recordings, or folders of them; the folder cassettes if none is named",
        )
        if name == "prune":
            action.add_argument(
                "--superseded",
                action="store_true",
                help="also what a notebook has recorded anew since",
            )
            action.add_argument(
                "--dry-run", action="store_true", help="only say what would be deleted"
            )


def run(options: argparse.Namespace) -> int:
    """Do what was asked. Returns the exit code.

    :raises OptionsError: there is no such file or folder
    :raises CassetteError: a file is no recording
    """
    return _ACTIONS[options.action](options)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.jsonl"))
        elif path.exists():
            yield path
        else:
            raise OptionsError(f"{path} is not there. Name a recording, or a folder of them.")


def _show(options: argparse.Namespace) -> int:
    from ..recording.format import Cassette
    from ..recording.maintenance import summary
    from ..render.html.sanitize import one_line, reveal

    for path in _files(options.paths):
        cassette = Cassette(path)
        print(path)
        for name in _ABOUT:
            if cassette.header.get(name):
                print(f"  {name}: {one_line(str(cassette.header[name]), 500)}")
        for line in summary(cassette):
            print(reveal(line))
        print()
    return 0


def _verify(options: argparse.Namespace) -> int:
    from ..recording.library import RecordingFolder
    from ..recording.maintenance import broken_chains, problems

    wrong = count = 0
    for path in _files(options.paths):
        count += 1
        for told in problems(path):
            wrong += 1
            print(f"{path}: {told}")
    for folder in (path for path in options.paths if path.is_dir()):
        for turn in broken_chains(RecordingFolder(folder).turns()):
            wrong += 1
            print(f"{turn.path}: the turn before it, {turn.header.continues}, is not there.")
    print(f"{count} recordings, {wrong} problems")
    return 1 if wrong else 0


def _redact(options: argparse.Namespace) -> int:
    from ..recording.maintenance import hide_secrets

    for path in _files(options.paths):
        changed = hide_secrets(path)
        if changed:
            print(f"{path}: {changed} lines changed")
    return 0


def _prune(options: argparse.Namespace) -> int:
    from ..recording.library import HELLO, RecordingFolder
    from ..recording.maintenance import unneeded

    for path in options.paths:
        if not path.is_dir():
            raise OptionsError(f"{path} is no folder. Name the folder of the recordings.")
        for file, why in unneeded(RecordingFolder(path), superseded=options.superseded).items():
            if file.name == HELLO:
                continue
            print(f"{'would delete' if options.dry_run else 'deleted'} {file}: {why}")
            if not options.dry_run:
                file.unlink()
    return 0


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "show": _show,
    "verify": _verify,
    "redact": _redact,
    "prune": _prune,
}
