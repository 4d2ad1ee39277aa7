"""The CLI's subcommands as functions, on the real CLI, without any prompt to the model."""

import json
import re
import subprocess
from pathlib import Path

import anyio
import pytest

from claude_notebook.cli.subcommands.commands import (
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
    """Create a fake CLI for actions that the real one must not perform in a test."""
    path = folder / "claude"
    words = "x\\nCommands:\\n  mcp\\n  doctor\\n  update|upgrade\\n"
    path.write_text(f'#!/bin/sh\nif [ "$1" = --help ]; then printf "{words}"; exit; fi\n{body}\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def real_cli(claude_cli, claude_env, project: Path) -> dict:
    """Arguments that select the real CLI with a clean environment and folder."""
    return {"cli_path": claude_cli, "env": claude_env, "cwd": project}


# --- on the real CLI ------------------------------------------------------------------------------


async def test_version_of_real_cli(claude_cli) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", await version(claude_cli))


async def test_doctor_of_real_cli(real_cli: dict, scripted_api) -> None:
    health = await doctor(**real_cli)
    assert health.ok
    assert "Claude Code doctor" in health
    assert scripted_api.turns == []


async def test_mcp_adds_lists_shows_and_removes_servers(real_cli: dict, scripted_api) -> None:
    assert "No MCP servers configured" in await mcp(["list"], **real_cli)
    # -p after a bare -- belongs to the server.
    added = await mcp(
        ["add", "mine", "-e", "A=b", "--", "sh", "-c", "exit 0", "-p", "x"], **real_cli
    )
    assert added.ok
    assert "Added stdio MCP server mine" in added
    assert "mine: sh -c exit 0 -p x" in await mcp(["list"], **real_cli)
    assert "Command: sh" in await mcp(["get", "mine"], **real_cli)
    assert (await mcp(["remove", "mine", "--scope", "local"], **real_cli)).ok
    assert "No MCP servers configured" in await mcp(["list"], **real_cli)
    assert scripted_api.turns == []


async def test_mcp_adds_json_server_to_project(real_cli: dict, project: Path) -> None:
    server = {"type": "http", "url": "http://127.0.0.1:9/mcp"}
    assert (await mcp(["add-json", "-s", "project", "web", json.dumps(server)], **real_cli)).ok
    assert json.loads((project / ".mcp.json").read_text())["mcpServers"]["web"] == server


async def test_mcp_reports_errors_of_cli(real_cli: dict) -> None:
    output = await mcp(["add", "my-server"], **real_cli)
    assert (output.ok, output) == (False, "error: missing required argument 'commandOrUrl'")
    with pytest.raises(ProcessError, match='No MCP server named "nope"'):
        await mcp(["get", "nope"], **real_cli, check=True)


@pytest.mark.parametrize("subcommand", [None, [], ["help"], ["--help"], ["-h"]])
async def test_mcp_help(real_cli: dict, subcommand: list[str] | None) -> None:
    output = await mcp(subcommand, **real_cli)
    assert "Usage: claude mcp" in output
    assert output.ok


# --- no accidental prompts -----------------------------------------------------------------------

PROMPTS = [
    ["list", "-p", "hello"],
    ["list", "--print", "hello"],
    ["-p", "hello"],
    ["get", "-p"],
    ["add", "name", "echo", "-p"],
    ["add", "-p", "echo"],
    ["add-json", "name", "-p"],
    ["remove", "-p", "--", "x"],
]


@pytest.mark.parametrize("subcommand", PROMPTS)
async def test_mcp_rejects_arguments_that_become_prompts(
    real_cli: dict, scripted_api, subcommand: list[str]
) -> None:
    with pytest.raises(OptionsError):
        await mcp(subcommand, **real_cli)
    assert scripted_api.turns == []


async def test_real_cli_sends_unchecked_arguments_as_prompt(
    claude_cli, claude_env, scripted_api, project: Path
) -> None:
    """Bypass our check. A failure means that the CLI is safer now; the check stays valid."""
    words = [claude_cli, "mcp", "list", "-p", "hello"]
    await anyio.run_process(words, stdin=subprocess.DEVNULL, env=claude_env, cwd=project)
    assert len(scripted_api.turns) == 1


@pytest.mark.parametrize(
    ("subcommand", "message"),
    [
        (["what is this?"], "mcp has no subcommand 'what is this?'"),
        (["serve"], "Choose one of add, add-json"),
        (["login", "x"], "in a terminal"),
        (["list", "--bg"], "`mcp list` has no option '--bg' (it has --help, -h)"),
        (["add", "x", "npx", "-y", "server"], 'insert "--" before that command'),
        (["add", "-cp", "x"], "no option '-cp'"),
        (["add", "--print=1", "x"], "no option '--print'"),
        (["remove", "x", "-e", "A=b"], "no option '-e'"),
        (["add-json", "x", "-"], "no option '-'"),
        ("list", "A subcommand must be a list of strings, not 'list'"),
        (["get", 1], "A subcommand must be a list of strings"),
    ],
)
async def test_mcp_rejects_unknown_words_and_options(subcommand: object, message: str) -> None:
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
async def test_mcp_passes_arguments_unchanged(tmp_path: Path, arguments: list[str]) -> None:
    path = make_cli(tmp_path, 'for word in "$@"; do echo "$word"; done')
    assert (await mcp(arguments, path)).split("\n") == ["mcp", *arguments]


# --- other subcommands ----------------------------------------------------------------------------


async def test_update_runs_cli_subcommand(tmp_path: Path) -> None:
    assert await update(make_cli(tmp_path, 'echo "did: $*"')) == "did: update"


async def test_update_recommends_pip_for_wheel(tmp_path: Path) -> None:
    folder = tmp_path / "claude_agent_sdk" / "_bundled"
    folder.mkdir(parents=True)
    path, ran = folder / "claude", tmp_path / "ran"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 9.8.7 || touch {ran}\n')
    path.chmod(0o755)
    output = await update(path)
    assert output.ok
    assert "9.8.7" in output
    assert "pip install --upgrade claude-agent-sdk" in output
    assert not ran.exists()


async def test_config_uses_folder_and_environment(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path / "home")}
    project = tmp_path / "project"
    assert await config(["get", "model"], cwd=project, env=environment) == ""
    result = await config(["set", "model", "claude-opus-4"], cwd=project, env=environment)
    assert result == f"Set model in {project}/.claude/settings.local.json"
    await config(["set", "-g", "cleanupPeriodDays", "30"], cwd=project, env=environment)
    assert await config(["get", "model"], cwd=project, env=environment) == "claude-opus-4"
    assert json.loads(await config(cwd=project, env=environment)) == {
        "cleanupPeriodDays": 30,
        "model": "claude-opus-4",
    }
    assert (tmp_path / "home/.claude/settings.json").exists()


async def test_config_never_runs_binary(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="no subcommand 'hello'"):
        await config(["hello"], cli_path="/nowhere/claude", cwd=tmp_path)
    assert await config(["get", "x"], "/nowhere/claude", cwd=tmp_path, env={}) == ""


async def test_subcommands_report_missing_cli(tmp_path: Path) -> None:
    for call in (version, update, doctor, lambda path: mcp(["list"], path)):
        with pytest.raises(CLINotFoundError):
            await call(tmp_path / "nowhere")


async def test_version_rejects_binary_without_one(tmp_path: Path) -> None:
    path = tmp_path / "claude"
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    with pytest.raises(CLINotUsableError, match="does not report its version"):
        await version(path)


async def test_doctor_resolves_relative_path_from_current_folder(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cli(tmp_path, "pwd")
    monkeypatch.chdir(tmp_path)
    assert await doctor("./claude", cwd=project) == str(project)
