"""Marked secrets, searched in everything that a whole run leaves behind."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from guarded_api import GuardedAPI
from oauth_server import CLIENT_SECRET, CONFIDENTIAL_ID

from claude_notebook import (
    AuthenticationError,
    ClaudeCodeOptions,
    OAuthConfig,
    Replay,
    query,
    query_with_api_key,
)
from claude_notebook.auth import AccountStore, find_credential, gateway_flow, save_api_key
from claude_notebook.testing import script
from claude_notebook.testing.environment import clean_environment
from claude_notebook.testing.steps import Use

pytestmark = pytest.mark.anyio

OF_THE_SERVER = ("django", "oauth2_provider", "oauthlib")
"""Loggers of the test server, which runs in this process."""

API_KEY = "SECRET-typed-api-key-0123456789"


@pytest.fixture
def anyio_backend():
    return "asyncio"


class CommandLines:
    """Watches the command lines of all processes while it is open."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            for process in psutil.process_iter():
                try:
                    self.texts.add(" ".join(process.cmdline()))
                except psutil.Error:
                    continue

    def __enter__(self) -> CommandLines:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()


def files_with(secrets: dict[str, str], *folders: Path) -> list[tuple[str, str]]:
    """Return the names of secrets and the files that contain them."""
    return [
        (name, path.name)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
        for name, secret in secrets.items()
        if secret.encode() in path.read_bytes()
    ]


async def test_a_whole_run_leaves_no_secret_behind(
    gateway, home, project, tmp_path, claude_cli, caplog
):
    caplog.set_level(logging.DEBUG)
    secrets = {"client secret": CLIENT_SECRET, "API key": API_KEY}
    stderr: list[str] = []
    shown: list[str] = []
    guarded = GuardedAPI(gateway)
    with guarded.api, CommandLines() as commands:
        # --- sign in, and fail once
        config = OAuthConfig(client_id=CONFIDENTIAL_ID, client_secret=CLIENT_SECRET)
        async with gateway_flow(config) as flow:
            with caplog.at_level(logging.WARNING, "httpcore"):  # of the test's browser
                answer = gateway.answer(flow.get_authorization_url())
            secrets["code"] = parse_qs(urlsplit(answer).query)["code"][0]
            secrets["verifier"] = flow._pending.pkce.verifier
            with pytest.raises(AuthenticationError) as caught:
                await flow.submit_redirect(answer.replace("state=", "state=x"))
            shown.append("".join(traceback.format_exception(caught.value)))
            token = await flow.submit_redirect(answer)
        secrets |= {"first token": token.access_token, "first refresh": token.refresh_token}

        # --- a recorded turn with a tool, whose token is rejected
        gateway.revoke_access(token.access_token)
        env = clean_environment(guarded.api.url, home)
        del env["ANTHROPIC_API_KEY"]
        env["CLAUDE_CODE_MAX_RETRIES"] = "1"
        options = ClaudeCodeOptions(
            cli_path=claude_cli,
            cwd=project,
            env=env,
            allowed_tools=["Bash"],
            debug=True,
            stderr=stderr.append,
            replay=Replay(mode="record", folder=tmp_path / "cassettes"),
        )
        prompt = script(Use("Bash", {"command": "env; ps ax -o args"}), "Done.")
        answers = [message async for message in query(prompt, options=options)]
        renewed = AccountStore().load().token
        secrets |= {"new token": renewed.access_token, "new refresh": renewed.refresh_token}

        # --- the commands
        for arguments in (["status"], ["refresh"]):
            process = subprocess.run(  # noqa: ASYNC221
                [sys.executable, "-m", "claude_notebook.command.auth", *arguments],
                capture_output=True,
                text=True,
                env={**os.environ, "CLAUDE_CLI_PATH": claude_cli},
            )
            shown += [process.stdout, process.stderr]
        latest = AccountStore().load()
        secrets |= {"last token": latest.token.access_token}
        shown += [repr(each) for each in (latest, config, options, token, gateway, answers)]
        shown.append(repr(find_credential(os.environ)))

        # --- a key
        save_api_key(API_KEY)
        shown.append(repr(AccountStore().load()))
        with pytest.raises(AuthenticationError) as caught:
            async for _ in query_with_api_key(prompt, options, API_KEY):
                pass
        shown.append("".join(traceback.format_exception(caught.value)))

    assert answers[-1].result == "Done."
    assert list((tmp_path / "cassettes").rglob("*.jsonl"))
    assert list((home / ".claude").rglob("*.jsonl"))
    assert any("claude" in line for line in commands.texts)
    storage = AccountStore().path("default")
    assert API_KEY in storage.read_text()
    storage.unlink()

    assert files_with(secrets, home, project, tmp_path) == []
    texts = {
        "logs": "\n".join(
            record.getMessage()
            for record in caplog.records
            if not record.name.startswith(OF_THE_SERVER)
        ),
        "standard error": "\n".join(stderr),
        "output": "\n".join(shown),
        "command lines": "\n".join(commands.texts),
    }
    assert [
        (name, place)
        for place, text in texts.items()
        for name, secret in secrets.items()
        if secret in text
    ] == []
