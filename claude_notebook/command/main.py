"""The command line: which subcommand, with which options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .._version import __version__
from ..errors import ClaudeSDKError
from . import cassette, demo, doctor


def main(argv: Sequence[str] | None = None) -> int:
    """Run `claude-notebook` with these arguments (the process's own by default).

    Returns the exit code: 0 went well, 1 could not be done, 2 (raised by argparse) wrong usage.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # What follows a bare -- belongs to Jupyter; argparse would take it for file names of ours.
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options = build_parser().parse_args(arguments[:cut])
    try:
        return _RUN[options.command](options, arguments[cut + 1 :])
    except ClaudeSDKError as error:
        print(f"claude-notebook: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The parser with all subcommands."""
    parser = argparse.ArgumentParser(
        prog="claude-notebook", description="Claude Code inside Jupyter.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(
        subcommands.add_parser(
            "demo",
            help="open the guides in JupyterLab",
            description="Copies the guides to a folder of yours and opens JupyterLab on the first. "
            "They play recordings: no login, no network and no Claude Code is needed.",
            epilog="After a bare -- comes what JupyterLab gets: claude-notebook demo -- --debug",
            allow_abbrev=False,
        )
    )
    _add_doctor(
        subcommands.add_parser(
            "doctor",
            help="look whether everything that is needed is there",
            description="Looks at Python, Jupyter, Claude Code, the sign-in, the service and the "
            "files, and says what to do about what is wrong. The exit code is 1 then.",
            allow_abbrev=False,
        )
    )
    cassette.add(
        subcommands.add_parser(
            "cassette",
            help="look after recorded turns",
            description="Shows, checks, cleans and deletes recordings of turns.",
            allow_abbrev=False,
        )
    )
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="where to put the guides; what is there stays"
    )
    parser.add_argument(
        "--guide",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="open this one; with --execute or --html, run it (again for more)",
    )
    headless = parser.add_argument_group("without JupyterLab")
    files = "OUT is a file for one guide, the first if none is named, or a folder for all"
    headless.add_argument(
        "--execute", type=Path, metavar="OUT", help=f"run guides and save the notebooks: {files}"
    )
    headless.add_argument(
        "--html", type=Path, metavar="OUT", help="likewise, saved as pages that stand alone"
    )
    jupyter = parser.add_argument_group("as in JupyterLab")
    jupyter.add_argument("--no-browser", action="store_true", help="do not open a browser")
    jupyter.add_argument("--port", type=_port, help="the port of the server")
    jupyter.add_argument("--ip", help="the address the server listens on")
    jupyter.add_argument("--allow-root", action="store_true", help="let root run the server")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument(
        "--offline", action="store_true", help="do not ask whether the model's service is there"
    )
    parser.add_argument("--cli-path", metavar="FILE", help="the `claude` binary to look at")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: choose one from 0 to 65535")
    return int(text)


def _demo(options: argparse.Namespace, rest: Sequence[str]) -> demo.Demo:
    flags = {"--no-browser": options.no_browser, "--allow-root": options.allow_root}
    values = {"--port": options.port, "--ip": options.ip}
    return demo.Demo(
        folder=options.dir,
        guides=tuple(options.guide),
        execute=options.execute,
        html=options.html,
        jupyter_options=(
            *(flag for flag, wanted in flags.items() if wanted),
            *(f"{option}={value}" for option, value in values.items() if value is not None),
            *rest,
        ),
    )


def _doctor(options: argparse.Namespace, _rest: Sequence[str]) -> int:
    return doctor.run(doctor.Doctor(options.json, options.offline, options.cli_path))


_RUN: dict[str, Callable[[argparse.Namespace, Sequence[str]], int]] = {
    "demo": lambda options, rest: demo.run(_demo(options, rest)),
    "doctor": _doctor,
    "cassette": lambda options, _rest: cassette.run(options),
}

if __name__ == "__main__":
    sys.exit(main())
