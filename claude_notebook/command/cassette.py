"""`claude-notebook cassette`, which shows, verifies, redacts and prunes recorded turns."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import OptionsError

# The functions import everything else, because `claude-notebook demo` must be able to report
# missing packages even if only this package is installed.

_ABOUT = ("prompt", "number", "recorded", "cli", "source", "about", "key", "continues")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    helps = {
        "show": "show the contents of a recording",
        "verify": "report problems of recordings; exit code 1 if there are any",
        "redact": "hide secrets",
        "prune": "delete recordings that are no longer played",
    }
    for name, text in helps.items():
        action = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
        action.add_argument(
            "paths",
            nargs="*",
            type=Path,
            default=[Path("cassettes")],
            metavar="PATH",
            help="recordings or folders of recordings (default: the folder cassettes)",
        )
        if name == "prune":
            action.add_argument(
                "--superseded",
                action="store_true",
                help="also delete recordings that a notebook has since replaced",
            )
            action.add_argument(
                "--dry-run", action="store_true", help="only report what would be deleted"
            )


def run(options: argparse.Namespace) -> int:
    """Run the selected action.

    :returns: the exit code.
    :raises OptionsError: if a file or folder does not exist
    :raises CassetteError: if a file is not a recording
    """
    return _ACTIONS[options.action](options)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.jsonl"))
        elif path.exists():
            yield path
        else:
            raise OptionsError(
                f"{path} does not exist. Name a recording or a folder of recordings."
            )


def _show(options: argparse.Namespace) -> int:
    from ..recording.format import Cassette
    from ..recording.maintenance import summary
    from ..render.html.sanitizer import one_line, reveal

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

    failures = count = 0
    for path in _files(options.paths):
        count += 1
        for problem in problems(path):
            failures += 1
            print(f"{path}: {problem}")
    for folder in (path for path in options.paths if path.is_dir()):
        for turn in broken_chains(RecordingFolder(folder).turns()):
            failures += 1
            print(f"{turn.path}: the previous turn, {turn.header.continues}, is missing.")
    print(f"{count} recordings, {failures} problems")
    return 1 if failures else 0


def _redact(options: argparse.Namespace) -> int:
    from ..recording.maintenance import redact_recording

    for path in _files(options.paths):
        changed = redact_recording(path)
        if changed:
            print(f"{path}: {changed} lines changed")
    return 0


def _prune(options: argparse.Namespace) -> int:
    from ..recording.library import HELLO, RecordingFolder
    from ..recording.maintenance import find_unused

    for path in options.paths:
        if not path.is_dir():
            raise OptionsError(f"{path} is not a folder. Name the folder of the recordings.")
        for file, why in find_unused(RecordingFolder(path), superseded=options.superseded).items():
            if file.name == HELLO:
                continue
            if not options.dry_run:
                _delete(file)
            print(f"{'would delete' if options.dry_run else 'deleted'} {file}: {why}")
    return 0


def _delete(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise OptionsError(
            f"{file} cannot be deleted: {error.strerror}. Check who owns its folder."
        ) from error


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "show": _show,
    "verify": _verify,
    "redact": _redact,
    "prune": _prune,
}
