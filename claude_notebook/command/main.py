"""The entry point and argument parser of the `claude-notebook` command."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .._version import __version__
from ..errors import ClaudeSDKError
from . import auth, cassette, demo, doctor


def main(argv: Sequence[str] | None = None) -> int:
    """Run `claude-notebook` with these arguments (this process's arguments if None).

    :returns: the exit code: 0 on success, 1 on failure. If the usage is wrong, argparse exits with
        2.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Arguments after a bare -- are meant for Jupyter, but argparse would treat them as file names.
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options = build_parser().parse_args(arguments[:cut])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # recorded text may have any character
    try:
        return _RUN[options.command](options, arguments[cut + 1 :])
    except ClaudeSDKError as error:
        print(f"claude-notebook: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Build the parser with all subcommands."""
    parser = argparse.ArgumentParser(
        prog="claude-notebook", description="Claude Code inside Jupyter.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(
        subcommands.add_parser(
            "demo",
            help="open the guides in JupyterLab",
            description="Copies the guides to a new folder and opens the first one in JupyterLab. "
            "They play recordings and need no login, no network and no Claude Code.",
            epilog="Arguments after a bare -- go to JupyterLab: claude-notebook demo -- --debug",
            allow_abbrev=False,
        )
    )
    _add_doctor(
        subcommands.add_parser(
            "doctor",
            help="check the installation",
            description="Checks Python, Jupyter, Claude Code, the sign-in, the service and the "
            "files, and explains how to fix problems. The exit code is 1 if a check fails.",
            allow_abbrev=False,
        )
    )
    cassette.add(
        subcommands.add_parser(
            "cassette",
            help="manage recorded turns",
            description="Shows, verifies, redacts and deletes recorded turns.",
            allow_abbrev=False,
        )
    )
    for name in _SIGN_IN:
        auth.add(subcommands.add_parser(name, help=auth.HELP[name], allow_abbrev=False), name)
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="the folder for the guides; existing files are kept"
    )
    parser.add_argument(
        "--guide",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="the guide to open, or with --execute or --html to run (repeatable)",
    )
    headless = parser.add_argument_group("without JupyterLab")
    files = "OUT is a file for one guide (default: the first) or a folder for all"
    headless.add_argument(
        "--execute", type=Path, metavar="OUT", help=f"run guides and save the notebooks: {files}"
    )
    headless.add_argument(
        "--html", type=Path, metavar="OUT", help="likewise, saved as self-contained pages"
    )
    jupyter = parser.add_argument_group("JupyterLab options")
    jupyter.add_argument("--no-browser", action="store_true", help="do not open a browser")
    jupyter.add_argument("--port", type=_port, help="the port of the server")
    jupyter.add_argument("--ip", help="the address the server listens on")
    jupyter.add_argument("--allow-root", action="store_true", help="let root run the server")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--offline", action="store_true", help="do not contact the model's service")
    parser.add_argument(
        "--fix", action="store_true", help="repair the credentials that conflict with each other"
    )
    parser.add_argument("--cli-path", metavar="FILE", help="the `claude` binary to check")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port. Choose one from 0 to 65535")
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
            *(flag for flag, enabled in flags.items() if enabled),
            *(f"{option}={value}" for option, value in values.items() if value is not None),
            *rest,
        ),
    )


def _doctor(options: argparse.Namespace, _rest: Sequence[str]) -> int:
    return doctor.run(
        doctor.Doctor(options.json, options.offline, options.cli_path, fix=options.fix)
    )


def _sign_in(options: argparse.Namespace, _rest: Sequence[str]) -> int:
    return auth.run(options.command, options, program="claude-notebook")


_SIGN_IN = ("login", "status", "logout")

_RUN: dict[str, Callable[[argparse.Namespace, Sequence[str]], int]] = {
    "demo": lambda options, rest: demo.run(_demo(options, rest)),
    "doctor": _doctor,
    "cassette": lambda options, _rest: cassette.run(options),
    **dict.fromkeys(_SIGN_IN, _sign_in),
}

if __name__ == "__main__":
    sys.exit(main())
