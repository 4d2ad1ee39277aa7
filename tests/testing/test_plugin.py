"""The pytest fixtures, and the cost of loading the plugin."""

import json
import os
import subprocess
import sys

import pytest

from claude_notebook.testing import Use, clean_environment, script

PROBE = """
import json, sys
import pytest, lazy_loader
before = set(sys.modules)
import claude_notebook.testing.plugin
print(json.dumps(sorted(set(sys.modules) - before)))
"""

USER_TEST = """
import subprocess
from claude_notebook.testing import script

def test_mine(claude_cli, claude_env, scripted_api):
    subprocess.run([claude_cli, "-p", script("Hello.")], env=claude_env, check=True)
    assert len(scripted_api.turns) == 1
"""


def test_plugin_imports_only_pytest():
    process = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
    )

    assert json.loads(process.stdout) == [
        "claude_notebook",
        "claude_notebook._version",
        "claude_notebook.displayable",
        "claude_notebook.testing",
        "claude_notebook.testing.plugin",
    ]


def test_plugin_fixtures_run_cli(claude_cli, claude_env, scripted_api, tmp_path):
    path = tmp_path / "a.md"
    prompt = script(Use("Write", {"file_path": str(path), "content": "# A"}), "Done.")
    arguments = ["-p", prompt, "--allowedTools", "Write", "--output-format", "json"]
    process = subprocess.run(
        [claude_cli, *arguments], env=claude_env, cwd=tmp_path, capture_output=True, check=True
    )

    assert path.read_text() == "# A"
    assert json.loads(process.stdout)["result"] == "Done."
    assert [request.step for request in scripted_api.turns] == [1, 2]
    assert set(os.listdir(claude_env["HOME"])) >= {"tmp", ".claude"}


def run_users_test(folder, **variables):
    (folder / "test_mine.py").write_text(USER_TEST)
    plugin = ("-p", "claude_notebook.testing.plugin")  # alone: other plugins cost seconds
    environment = {
        **os.environ,
        "CLAUDE_CLI_PATH": "/no/such/claude",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **variables,
    }
    command = [sys.executable, "-m", "pytest", "-q", "-rs", *plugin, "test_mine.py"]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)


def test_claude_cli_fixture_skips_without_cli(tmp_path):
    process = run_users_test(tmp_path, CI="")

    assert "1 skipped" in process.stdout
    assert "/no/such/claude" in process.stdout
    assert process.returncode == 0


def test_claude_cli_fixture_fails_in_ci(tmp_path):
    process = run_users_test(tmp_path, CI="true")

    assert "1 error" in process.stdout
    assert "/no/such/claude" in process.stdout
    assert process.returncode == 1


def test_claude_env_fixture_is_complete_and_isolated(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "secret")
    environment = clean_environment("http://127.0.0.1:1", tmp_path / "new" / "home")

    assert environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:1"
    assert environment["HOME"] == str(tmp_path / "new" / "home")
    assert environment["PATH"] == "/usr/bin:/bin"
    assert os.path.isdir(environment["TMPDIR"])
    assert "CLAUDE_CODE_OAUTH_TOKEN" not in environment


@pytest.mark.anyio
async def test_async_tests_run_on_both_loops(anyio_backend_name):
    assert anyio_backend_name in ("asyncio", "trio")
