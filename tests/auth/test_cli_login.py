"""The CLI's own login over pipes: the real CLI up to the exchange, a stand-in for the end."""

import os
import signal
import subprocess
import sys
import urllib.parse
from pathlib import Path

import anyio
import psutil
import pytest
from login_cli import CODE, install
from processes import living_at, until

from claude_notebook.auth.cli_login import WRONG_FORM, CLILogin, LoginResult
from claude_notebook.errors import CLINotUsableError

pytestmark = pytest.mark.anyio

REFUSED = "http://127.0.0.1:9"


@pytest.fixture
def login_env(claude_env):
    """The environment of the real CLI, without a credential and without a way out."""
    env = {name: value for name, value in claude_env.items() if name != "ANTHROPIC_API_KEY"}
    return {**env, "HTTPS_PROXY": REFUSED, "HTTP_PROXY": REFUSED, "NO_PROXY": "127.0.0.1"}


@pytest.fixture
def fake_login(tmp_path):
    """The path of a CLI whose login succeeds, and its environment."""
    return install(tmp_path / "claude"), {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def query_of(link: str) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)


# --- the real CLI -----------------------------------------------------------------------------


async def test_cli_login_offers_both_links_of_real_cli(claude_cli, login_env):
    async with CLILogin(claude_cli, env=login_env) as login:
        links = login.links

    assert links.paste.startswith("https://claude.ai/oauth/")
    redirect = query_of(links.browser)["redirect_uri"][0]
    assert urllib.parse.urlsplit(redirect).hostname == "localhost"
    assert query_of(links.browser)["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize(
    ("arguments", "host", "query"),
    [
        ({"method": "console"}, "platform.claude.com", {}),
        ({"email": "a@b.example"}, "claude.com", {"login_hint": ["a@b.example"]}),
        ({"sso": True}, "claude.com", {"login_method": ["sso"]}),
    ],
)
async def test_cli_login_passes_arguments_to_real_cli(
    arguments, host, query, claude_cli, login_env
):
    async with CLILogin(claude_cli, env=login_env, **arguments) as login:
        link = login.links.browser

    assert urllib.parse.urlsplit(link).hostname == host
    assert {name: query_of(link).get(name) for name in query} == query


async def test_cli_login_asks_again_then_reports_failed_exchange(claude_cli, login_env):
    async with CLILogin(claude_cli, env=login_env) as login:
        assert await login.submit_code("not-the-code") == WRONG_FORM
        assert await login.submit_code("  ") == WRONG_FORM
        assert await login.submit_code("two words") == WRONG_FORM
        assert await login.submit_code("  abcdef#ghijkl \n") == ""
        result = await login.wait()

    assert not result.signed_in
    assert "ECONNREFUSED" in result.problem
    assert result.problem.endswith("Start the sign-in again.")
    assert not living_at(login_env["HOME"])


async def test_cli_login_cancel_leaves_no_process_of_real_cli(claude_cli, login_env):
    async with CLILogin(claude_cli, env=login_env) as login:
        assert living_at(login_env["HOME"])
        results: list[LoginResult] = []
        async with anyio.create_task_group() as tasks:

            async def wait() -> None:
                results.append(await login.wait())

            tasks.start_soon(wait)
            await anyio.sleep(0.1)
            await login.cancel()
            await login.cancel()

    assert results == [LoginResult(False, "The sign-in was canceled.", cancelled=True)]
    assert not living_at(login_env["HOME"])


async def test_cli_login_leaves_nothing_when_its_start_is_cancelled(claude_cli, login_env):
    for seconds in (0.05, 0.3, 0.45):
        with anyio.move_on_after(seconds):
            async with CLILogin(claude_cli, env=login_env) as login:
                await login.wait()
    assert until(lambda: not living_at(login_env["HOME"]))


async def test_cli_login_ends_with_a_killed_program(claude_cli, login_env):
    code = (
        "import anyio, json, os, sys\n"
        "from claude_notebook.auth.cli_login import CLILogin\n"
        "async def main():\n"
        "    async with CLILogin(sys.argv[1], env=json.loads(sys.argv[2])) as login:\n"
        "        print(login.links.paste, flush=True)\n"
        "        await anyio.sleep_forever()\n"
        "anyio.run(main)\n"
    )
    import json

    program = subprocess.Popen(  # noqa: ASYNC220  the pipe is read below
        [sys.executable, "-c", code, claude_cli, json.dumps(login_env)], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    assert await anyio.to_thread.run_sync(program.stdout.readline)
    assert living_at(login_env["HOME"])

    os.kill(program.pid, signal.SIGKILL)
    program.communicate()

    assert until(lambda: not living_at(login_env["HOME"]))


# --- the end of a login -----------------------------------------------------------------------


async def test_cli_login_verifies_account_after_code(fake_login):
    path, env = fake_login
    async with CLILogin(path, env=env) as login:
        assert await login.submit_code("wrong") == WRONG_FORM
        assert await login.submit_code(CODE) == ""
        assert await login.wait() == LoginResult(True, method="claude.ai")


async def test_cli_login_ends_without_code_through_browser_link(fake_login):
    path, env = fake_login
    async with CLILogin(path, env=env) as login:
        Path(env["HOME"], "callback").touch()
        assert (await login.wait()).signed_in


async def test_cli_login_fails_without_account(fake_login):
    path, env = fake_login
    async with CLILogin(path, env={**env, "FAKE_LOGIN": "unverified"}) as login:
        await login.submit_code(CODE)
        result = await login.wait()
    assert not result.signed_in
    assert "`claude-auth login` in a terminal" in result.problem


async def test_cli_login_ignores_other_credentials(fake_login):
    path, env = fake_login
    env = {**env, "FAKE_LOGIN": "unverified", "ANTHROPIC_API_KEY": "k", "CLAUDECODE": "1"}
    async with CLILogin(path, env=env) as login:
        await login.submit_code(CODE)
        assert not (await login.wait()).signed_in


async def test_cli_login_does_not_start_old_cli(tmp_path):
    path = install(tmp_path / "claude")
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "FAKE_LOGIN": "old"}
    with pytest.raises(CLINotUsableError, match="does not have the command"):
        async with CLILogin(path, env=env):
            pass
    assert not Path(tmp_path, "prompted").exists()


async def test_cli_login_reports_missing_binary(tmp_path):
    with pytest.raises(CLINotUsableError, match="cannot be started"):
        async with CLILogin(tmp_path / "none", env={}):
            pass


async def test_cli_login_keeps_code_out_of_repr_and_files(fake_login):
    path, env = fake_login
    async with CLILogin(path, env=env) as login:
        await login.submit_code(CODE)
        await login.wait()
        assert CODE not in repr(vars(login)) + repr(vars(login._process))
    files = [file for file in Path(env["HOME"]).rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if file.name != "claude" and CODE in file.read_text()]
    assert CODE not in "".join(
        " ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])
    )
