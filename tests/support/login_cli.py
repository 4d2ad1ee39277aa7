"""A stand-in for `claude auth`: it prints what the real one prints, and its login succeeds.

The real exchange needs Anthropic's service, which no test contacts. The code is `CODE`; a file
`callback` in the home folder replaces the browser's redirect. The account is a file as well.

FAKE_LOGIN: `old` has no such command; `unverified` stores no account; `failing` rejects every code.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

CODE = "right-code#state-of-the-login"
PASTE_LINK = "https://claude.ai/oauth/authorize?z-example"
BROWSER_LINK = "https://claude.com/cai/oauth/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fx"


def install(path: Path) -> str:
    """Write the program to `path` and return the path."""
    path.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S '{__file__}' \"$@\"\n")
    path.chmod(0o755)
    return str(path)


def _home() -> Path:
    return Path(os.environ["HOME"])


def _account() -> Path:
    return _home() / "account.json"


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


def login() -> int:
    """Offer both links, and wait for the code or the redirect."""
    _say("Opening browser to sign in…")
    subprocess.run([os.environ.get("BROWSER", "true"), BROWSER_LINK], check=False)
    _say(f"If the browser didn't open, visit:\n{PASTE_LINK}\nPaste code here if prompted > ", "")
    while True:
        if (_home() / "callback").exists():
            return _succeed()
        if not select.select([0], [], [], 0.02)[0]:
            continue
        line = os.read(0, 4096).decode()
        if not line:
            time.sleep(0.05)  # like the real one, it outlives the end of its input
        elif "#" not in line:
            print(
                "That doesn't look like the full code. Copy all of it, including the # in the "
                "middle.",
                file=sys.stderr,
                flush=True,
            )
        elif line.strip() == CODE and os.environ.get("FAKE_LOGIN") != "failing":
            return _succeed()
        else:
            print("Couldn't log in: Invalid code.", file=sys.stderr, flush=True)
            return 1


def _succeed() -> int:
    if os.environ.get("FAKE_LOGIN") != "unverified":
        _account().write_text(json.dumps({"loggedIn": True, "authMethod": "claude.ai"}))
    _say("Login successful.")
    return 0


def status() -> int:
    """Report the account as the real CLI does: a key in the environment counts, unchecked."""
    if os.environ.get("ANTHROPIC_API_KEY"):
        _say(json.dumps({"loggedIn": True, "authMethod": "api_key"}))
        return 0
    signed_in = _account().exists()
    _say(_account().read_text() if signed_in else json.dumps({"loggedIn": False}))
    return 0 if signed_in else 1


def logout() -> int:
    """Forget the account."""
    _account().unlink(missing_ok=True)
    return 0


def main(arguments: list[str]) -> int:
    """Run one subcommand of `auth`."""
    if os.environ.get("FAKE_LOGIN") == "old":
        if "--help" not in arguments:
            (_home() / "prompted").touch()
        return 0
    if "--help" in arguments:
        _say("  --claudeai       Use Claude subscription (default)")
        return 0
    return {"login": login, "status": status, "logout": logout}[arguments[1]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
