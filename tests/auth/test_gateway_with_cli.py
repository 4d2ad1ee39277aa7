"""A conversation through a gateway: the CLI asks our helper for the token."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
from guarded_api import GuardedAPI
from oauth_server import nonsense

from claude_notebook import (
    AuthenticationError,
    AuthToken,
    ClaudeCodeOptions,
    ClaudeSDKClient,
    OAuthConfig,
    ResultMessage,
    query,
    query_with_oauth,
)
from claude_notebook.auth import AccountStore, gateway_flow
from claude_notebook.testing import script
from claude_notebook.testing.environment import clean_environment
from claude_notebook.testing.steps import Use

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def guarded(gateway):
    guarded = GuardedAPI(gateway)
    with guarded.api:
        yield guarded


@pytest.fixture
def options(guarded, home, project, claude_cli):
    env = clean_environment(guarded.api.url, home)
    del env["ANTHROPIC_API_KEY"]
    return ClaudeCodeOptions(cli_path=claude_cli, cwd=project, env=env)


@pytest.fixture
async def token(gateway):
    async with gateway_flow() as flow:
        return await flow.sign_in(gateway.visit)


async def test_token_revoked_in_mid_turn_is_renewed(gateway, guarded, options, token):
    """The user notices nothing: the turn goes through, and later turns use the new token."""
    options.allowed_tools = ["Bash"]
    refresh = token.refresh_token
    prompt = script(Use("Bash", {"command": "touch reached"}), "Done.")
    answers = []
    async with ClaudeSDKClient(options) as client:
        await client.query(prompt)
        async for message in client.receive_response():
            answers.append(message)
            if guarded.tokens and gateway.accepts(token.access_token):
                gateway.revoke_access(token.access_token)
        await client.query("And then?")
        answers += [message async for message in client.receive_response()]

    results = [answer for answer in answers if isinstance(answer, ResultMessage)]
    assert [result.result for result in results] == ["Done.", "You said: And then?"]
    assert gateway.refreshes == 1
    new = AccountStore().load().token
    assert new.access_token != token.access_token
    assert new.refresh_token != refresh
    assert set(guarded.tokens) == {token.access_token, new.access_token}
    assert guarded.tokens[-1] == new.access_token


async def test_token_is_renewed_before_the_first_request(gateway, guarded, options, token):
    store = AccountStore()
    late = datetime.now(timezone.utc) + timedelta(seconds=20)
    store.storage().save_token(AuthToken(**{**vars(token), "expires_at": late}))

    answers = [message async for message in query("Hello", options=options)]

    assert answers[-1].result == "You said: Hello"
    assert set(guarded.tokens) == {store.load().token.access_token}
    assert token.access_token not in guarded.tokens


async def test_revoked_refresh_token_is_an_authentication_error(gateway, guarded, options, token):
    gateway.revoke_refresh(token.refresh_token)

    with pytest.raises(AuthenticationError):
        async for _ in query_with_oauth("Hello", options):
            pass

    assert AccountStore().load() is None


# --- the helper itself ----------------------------------------------------------------------------


def run_helper(home, conversation="c1"):
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "claude_notebook.auth.helper",
            str(home / ".claude_code" / "tokens.json"),
            conversation,
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(home)},
        timeout=60,
    )


async def test_helper_renews_when_a_conversation_asks_again(gateway, home, token):
    first, other, again = (run_helper(home, name) for name in ("c1", "c2", "c1"))

    assert first.stdout.strip() == other.stdout.strip() == token.access_token
    assert again.stdout.strip() == AccountStore().load().token.access_token != token.access_token
    assert gateway.refreshes == 1


async def test_helper_without_sign_in_fails_with_the_reason(home):
    process = run_helper(home)

    assert process.returncode == 1
    assert process.stdout == ""
    assert "claude-auth login" in process.stderr


async def test_helper_keeps_the_token_while_the_gateway_fails(gateway, home, token):
    gateway.fault = nonsense("oops", 503)
    run_helper(home)
    again = run_helper(home)

    assert again.returncode == 1
    assert "HTTP status 503" in again.stderr
    assert AccountStore().load().token == token


async def test_processes_renew_once(gateway, home, token):
    """Reuse of a rotated refresh token would revoke the whole sign-in."""
    old = datetime.now(timezone.utc) - timedelta(hours=1)
    AccountStore().storage().save_token(AuthToken(**{**vars(token), "expires_at": old}))
    command = [
        sys.executable,
        "-m",
        "claude_notebook.auth.helper",
        str(home / ".claude_code" / "tokens.json"),
    ]
    processes = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
        for name in "abc"
    ]
    tokens = {process.communicate(timeout=60)[0].strip() for process in processes}

    assert gateway.refreshes == 1
    assert tokens == {AccountStore().load().token.access_token}
    assert gateway.accepts(tokens.pop())


async def test_gateway_of_the_code_is_stored_beside_the_token(gateway, home, token, monkeypatch):
    AccountStore().storage().remove("gateway")
    config = OAuthConfig(client_id="another")
    for name in gateway.variables():
        monkeypatch.delenv(name)

    query_with_oauth("Hello", oauth_config=config)

    assert AccountStore().load().gateway.client_id == "another"
