"""The CLI's subcommands: on the real CLI, and never a question to the model."""

import json
import re
import subprocess
from pathlib import Path

import anyio
import pytest

from claude_notebook.cli.subcommands.functions import (
    config,
    doctor,
    mcp,
    update,
    version,
)
from claude_notebook.errors import CLINotFoundError, CLINotUsableError, OptionsError, ProcessError

pytestmark = pytest.mark.anyio


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def make_cli(folder: Path, body: str) -> Path:
    """A program in the place of the CLI, for what the real one must not do in a test."""
    path = folder / "claude"
    words = "x\\nCommands:\\n  mcp\\n  doctor\\n  update|upgrade\\n"
    path.write_text(f'#!/bin/sh\nif [ "$1" = --help ]; then printf "{words}"; exit; fi\n{body}\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def where(claude_cli, claude_env, project: Path) -> dict:
    """The real CLI, in its clean environment, in a folder of its own."""
    return {"cli_path": claude_cli, "env": claude_env, "cwd": project}


# --- on the real CLI ------------------------------------------------------------------------------


async def test_version(claude_cli) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", await version(claude_cli))


async def test_doctor(where: dict, scripted_api) -> None:
    health = await doctor(**where)
    assert health.ok
    assert "Claude Code doctor" in health
    assert scripted_api.turns == []


async def test_servers_are_added_listed_shown_and_removed(where: dict, scripted_api) -> None:
    assert "No MCP servers configured" in await mcp(["list"], **where)
    # -p behind the bare -- belongs to the server.
    added = await mcp(["add", "mine", "-e", "A=b", "--", "sh", "-c", "exit 0", "-p", "x"], **where)
    assert added.ok
    assert "Added stdio MCP server mine" in added
    assert "mine: sh -c exit 0 -p x" in await mcp(["list"], **where)
    assert "Command: sh" in await mcp(["get", "mine"], **where)
    assert (await mcp(["remove", "mine", "--scope", "local"], **where)).ok
    assert "No MCP servers configured" in await mcp(["list"], **where)
    assert scripted_api.turns == []


async def test_a_server_as_json_in_the_project(where: dict, project: Path) -> None:
    server = {"type": "http", "url": "http://127.0.0.1:9/mcp"}
    assert (await mcp(["add-json", "-s", "project", "web", json.dumps(server)], **where)).ok
    assert json.loads((project / ".mcp.json").read_text())["mcpServers"]["web"] == server


async def test_what_the_cli_refuses_is_told(where: dict) -> None:
    output = await mcp(["add", "my-server"], **where)
    assert (output.ok, output) == (False, "error: missing required argument 'commandOrUrl'")
    with pytest.raises(ProcessError, match='No MCP server named "nope"'):
        await mcp(["get", "nope"], **where, check=True)


@pytest.mark.parametrize("subcommand", [None, [], ["help"], ["--help"], ["-h"]])
async def test_help(where: dict, subcommand: list[str] | None) -> None:
    output = await mcp(subcommand, **where)
    assert "Usage: claude mcp" in output
    assert output.ok


# --- never a question -----------------------------------------------------------------------------

QUESTIONS = [
    ["list", "-p", "hello"],
    ["list", "--print", "hello"],
    ["-p", "hello"],
    ["get", "-p"],
    ["add", "name", "echo", "-p"],
    ["add", "-p", "echo"],
    ["add-json", "name", "-p"],
    ["remove", "-p", "--", "x"],
]


@pytest.mark.parametrize("subcommand", QUESTIONS)
async def test_the_cli_would_ask_and_we_do_not(
    where: dict, scripted_api, subcommand: list[str]
) -> None:
    with pytest.raises(OptionsError):
        await mcp(subcommand, **where)
    assert scripted_api.turns == []


async def test_that_danger_is_real(claude_cli, claude_env, scripted_api, project: Path) -> None:
    """Without our check. If this fails, the CLI has become safer, and the check is still right."""
    words = [claude_cli, "mcp", "list", "-p", "hello"]
    await anyio.run_process(words, stdin=subprocess.DEVNULL, env=claude_env, cwd=project)
    assert len(scripted_api.turns) == 1


@pytest.mark.parametrize(
    ("subcommand", "message"),
    [
        (["what is this?"], "mcp has no subcommand 'what is this?'"),
        (["serve"], "choose one of add, add-json"),
        (["login", "x"], "belongs in a terminal"),
        (["list", "--bg"], "`mcp list` has no option '--bg' (it has --help, -h)"),
        (["add", "x", "npx", "-y", "server"], 'put "--" in front of that command'),
        (["add", "-cp", "x"], "no option '-cp'"),
        (["add", "--print=1", "x"], "no option '--print=1'"),
        (["remove", "x", "-e", "A=b"], "no option '-e'"),
        (["add-json", "x", "-"], "no option '-'"),
        ("list", "A subcommand is a list of strings, not 'list'"),
        (["get", 1], "A subcommand is a list of strings"),
    ],
)
async def test_what_is_refused_before_anything_runs(subcommand: object, message: str) -> None:
    with pytest.raises(OptionsError) as error:
        await mcp(subcommand, cli_path="/nowhere/claude")
    assert message in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "--transport", "http", "x", "http://127.0.0.1:9", "--header=A: b"],
        ["add", "-s", "user", "-t", "stdio", "-e", "A=b", "x", "--", "c", "-p", "--print"],
        ["get", "--", "-p"],
        ["reset-project-choices"],
    ],
)
async def test_what_is_let_through_arrives_as_it_is(tmp_path: Path, arguments: list[str]) -> None:
    path = make_cli(tmp_path, 'for word in "$@"; do echo "$word"; done')
    assert (await mcp(arguments, path)).split("\n") == ["mcp", *arguments]


# --- the others -----------------------------------------------------------------------------------


async def test_update_runs_the_clis_own_word(tmp_path: Path) -> None:
    assert await update(make_cli(tmp_path, 'echo "did: $*"')) == "did: update"


async def test_a_binary_from_a_wheel_is_updated_by_pip(tmp_path: Path) -> None:
    folder = tmp_path / "claude_agent_sdk" / "_bundled"
    folder.mkdir(parents=True)
    path, ran = folder / "claude", tmp_path / "ran"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 9.8.7 || touch {ran}\n')
    path.chmod(0o755)
    answer = await update(path)
    assert answer.ok
    assert "9.8.7" in answer
    assert "pip install --upgrade claude-agent-sdk" in answer
    assert not ran.exists()


async def test_config_is_told_where_to_look(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path / "home")}
    project = tmp_path / "project"
    assert await config(["get", "model"], cwd=project, env=environment) == ""
    told = await config(["set", "model", "claude-opus-4"], cwd=project, env=environment)
    assert told == f"Set model in {project}/.claude/settings.local.json"
    await config(["set", "-g", "cleanupPeriodDays", "30"], cwd=project, env=environment)
    assert await config(["get", "model"], cwd=project, env=environment) == "claude-opus-4"
    assert json.loads(await config(cwd=project, env=environment)) == {
        "cleanupPeriodDays": 30,
        "model": "claude-opus-4",
    }
    assert (tmp_path / "home/.claude/settings.json").exists()


async def test_config_never_runs_a_binary(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="no subcommand 'hello'"):
        await config(["hello"], cli_path="/nowhere/claude", cwd=tmp_path)
    assert await config(["get", "x"], "/nowhere/claude", cwd=tmp_path, env={}) == ""


async def test_without_a_cli(tmp_path: Path) -> None:
    for call in (version, update, doctor, lambda path: mcp(["list"], path)):
        with pytest.raises(CLINotFoundError):
            await call(tmp_path / "nowhere")


async def test_a_binary_without_a_version(tmp_path: Path) -> None:
    path = tmp_path / "claude"
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    with pytest.raises(CLINotUsableError, match="does not say its version"):
        await version(path)


async def test_a_relative_path_is_meant_from_here(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cli(tmp_path, "pwd")
    monkeypatch.chdir(tmp_path)
    assert await doctor("./claude", cwd=project) == str(project)
