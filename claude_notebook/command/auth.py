"""`claude-auth`: sign in, sign out, and report the sign-in. Part of `claude-notebook`, too."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from .._version import __version__

if TYPE_CHECKING:
    from ..auth.gateway.config import OAuthConfig
    from ..auth.login import AuthStatus

_SIGN_IN = "Sign in: claude-auth login"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `claude-auth` with these arguments (those of this process when None).

    :returns: the exit code: 0 on success, 1 on failure or if signed out, 130 after Ctrl-C. argparse
        exits with 2 on wrong usage.
    """
    parser = _build_parser()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help()
        return 1
    return run(options.command, options, program="claude-auth")


def run(command: str, options: argparse.Namespace, *, program: str) -> int:
    """Run a subcommand, and print its failure.

    :returns: the exit code.
    """
    import anyio  # `claude-notebook demo` names missing packages, so nothing is imported earlier

    from ..errors import ClaudeSDKError

    try:
        return anyio.run(_RUN[command], options)
    except ClaudeSDKError as error:
        if options.json:
            print(json.dumps({"ok": False, "error": str(error)}))
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except EOFError:
        print(f"{program}: The input has ended, so the sign-in was canceled.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="claude-auth", description="Sign in for Claude Code.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    subcommands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in _RUN:
        add(subcommands.add_parser(name, help=HELP[name], allow_abbrev=False), name)
    return parser


HELP = {
    "login": "sign in",
    "status": "show the credential that applies",
    "refresh": "renew the stored token",
    "logout": "sign out",
}


def add(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the options of a subcommand."""
    parser.description = _DESCRIPTIONS[name]
    parser.add_argument("--json", action="store_true", help="print JSON")
    if name != "status":
        parser.add_argument("--account", metavar="NAME", help="the stored sign-in (default)")
    if name != "refresh":
        parser.add_argument("--cli-path", metavar="FILE", help="the `claude` binary")
    if name == "login":
        _add_login(parser)
    if name == "status":
        parser.add_argument("--offline", action="store_true", help="do not contact the gateway")
    if name == "logout":
        parser.add_argument("--keep-cli", action="store_true", help="keep Claude Code's own login")


_DESCRIPTIONS = {
    "login": "Signs in with Claude Code's own login, or at the gateway that CLAUDE_OAUTH_* names.",
    "status": "Shows the credential that applies, and its source, but never its value. The exit "
    "code is 1 if there is none or it has expired.",
    "refresh": "Renews the stored token of a gateway now.",
    "logout": "Revokes and removes the stored sign-in, and ends Claude Code's own login.",
}


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-browser", action="store_true", help="show the address, and ask for the code"
    )
    parser.add_argument(
        "--console", action="store_true", help="an account that pays for usage, no subscription"
    )
    parser.add_argument(
        "--with-api-key", action="store_true", help="store an API key, read from standard input"
    )
    gateway = parser.add_argument_group("gateway")
    gateway.add_argument("--client-id", metavar="ID", help="default: CLAUDE_OAUTH_CLIENT_ID")
    gateway.add_argument(
        "--client-secret",
        metavar="SECRET",
        help="visible to other users of this machine: prefer CLAUDE_OAUTH_CLIENT_SECRET",
    )


# --- subcommands ----------------------------------------------------------------------------------


async def _login(options: argparse.Namespace) -> int:
    from ..client.sign_in.login import login

    if options.with_api_key:
        _store_key(options)
    else:
        from .terminal import read_line

        await login(
            _config(options),
            account=options.account,
            method="console" if options.console else "claudeai",
            open_browser=not options.no_browser,
            cli_path=options.cli_path,
            show=lambda text: print(text, file=sys.stderr, flush=True),
            ask=read_line,
        )
    return await _status(options)


def _config(options: argparse.Namespace) -> OAuthConfig | None:
    from ..auth.gateway.config import OAuthConfig

    if not (options.client_id or options.client_secret):
        return None
    return OAuthConfig(client_id=options.client_id, client_secret=options.client_secret)


def _store_key(options: argparse.Namespace) -> None:
    from getpass import getpass

    from ..auth.login import save_api_key

    typed = getpass("API key: ") if sys.stdin.isatty() else sys.stdin.readline()
    save_api_key(typed, account=options.account)


async def _status(options: argparse.Namespace) -> int:
    from ..client.sign_in.login import sign_in_status

    status = await sign_in_status(
        cli_path=options.cli_path, validate=not getattr(options, "offline", False)
    )
    if options.json:
        print(json.dumps(_as_json(status), indent=2))
    else:
        _print_status(status)
    return 0 if status.signed_in else 1


async def _refresh(options: argparse.Namespace) -> int:
    from ..auth.login import refresh_login

    token = await refresh_login(account=options.account)
    expiry = token.expires_at.isoformat() if token.expires_at else None
    if options.json:
        print(json.dumps({"ok": True, "expires_at": expiry}))
    else:
        print(f"Renewed. {_expiry_text(token.expires_at)}")
    return 0


async def _logout(options: argparse.Namespace) -> int:
    from ..client.sign_in.login import logout

    existed = await logout(
        account=options.account, cli_path=options.cli_path, keep_cli=options.keep_cli
    )
    if options.json:
        print(json.dumps({"ok": True, "was_signed_in": existed}))
    else:
        print("Signed out." if existed else "You were not signed in.")
    return 0


_RUN: dict[str, Callable[[argparse.Namespace], Coroutine[object, object, int]]] = {
    "login": _login,
    "status": _status,
    "refresh": _refresh,
    "logout": _logout,
}


# --- output ---------------------------------------------------------------------------------------


def _as_json(status: AuthStatus) -> dict[str, object]:
    expiry = status.expires_at.isoformat() if status.expires_at else None
    return {**asdict(status), "expires_at": expiry, "conflicts": list(status.conflicts)}


def _expiry_text(expiry: object) -> str:
    from datetime import datetime

    if not isinstance(expiry, datetime):
        return "No expiry is known."
    return f"Expires {expiry.astimezone():%Y-%m-%d %H:%M:%S}."


_VALIDATED = {True: "yes", False: "no, it was rejected", None: "not tested"}


def _print_status(status: AuthStatus) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
    if status.signed_in:
        console.print(Text("Signed in.", "green"))
    elif status.expired:
        console.print(Text(f"The sign-in has expired. {_SIGN_IN}", "bold red"))
    else:
        console.print(Text(f"Not signed in. {_SIGN_IN}", "bold red"))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for name, value in _rows(status):
        table.add_row(Text(name), Text(value))
    console.print(table)
    for conflict in status.conflicts:
        console.print(Text(f"Note: {conflict}", "yellow"))


def _rows(status: AuthStatus) -> list[tuple[str, str]]:
    if not status.kind:
        return [("Reason", status.detail)] if status.detail else []
    validated = _VALIDATED[status.validated]
    rows = [
        ("Credential", status.kind.replace("_", " ")),
        ("Source", status.source),
        ("Validated", f"{validated} ({status.detail})" if status.detail else validated),
        ("Expiry", _expiry_text(status.expires_at)),
        ("Renewal", "automatic" if status.refreshable else ""),
        ("Scopes", status.scope),
    ]
    return [(name, value) for name, value in rows if value]


if __name__ == "__main__":
    sys.exit(main())
