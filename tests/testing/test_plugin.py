"""The pytest fixtures, and the cost of loading the plugin."""

import json
import os
import subprocess
import sys

import pytest

from claude_notebook.testing import Use, clean_environment, script

PLUGIN = ("-p", "claude_notebook.testing.plugin")
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


# --- beside other plugins -------------------------------------------------------------------------

OWN_OPTION = """
def pytest_addoption(parser):
    parser.addoption("--claude-record", action="store", default="mine", help="of this project")
"""
OWN_TEST = """
def test_mine(request, claude_replay, monkeypatch):
    import os
    print("option", request.config.getoption("--claude-record"))
    print("mode", os.environ["CLAUDE_NOTEBOOK_REPLAY"])
"""


def run_beside(folder, *arguments, conftest="", test=OWN_TEST, autoload=False, plugin=PLUGIN):
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_mine.py").write_text(test)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    if not autoload:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *plugin, *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)


def test_plugin_steps_back_for_an_option_of_the_project(tmp_path):
    done = run_beside(tmp_path, "--claude-record", "theirs", conftest=OWN_OPTION)

    assert "option theirs" in done.stdout
    assert "mode only" in done.stdout, "the project's option must not record"
    assert "Record with --claude-notebook-record instead." in done.stdout
    assert done.returncode == 0


def test_plugin_records_by_its_other_option(tmp_path):
    done = run_beside(tmp_path, "--claude-notebook-record", conftest=OWN_OPTION)

    assert "option mine" in done.stdout
    assert "mode record" in done.stdout


@pytest.mark.parametrize("option", ["--claude-record", "--claude-notebook-record"])
def test_plugin_records_without_other_plugins(tmp_path, option):
    test = OWN_TEST.replace('getoption("--claude-record")', 'getoption("claude_notebook_record")')
    done = run_beside(tmp_path, option, test=test)

    assert "mode record" in done.stdout
    assert "belongs to another plugin" not in done.stdout


def test_plugin_steps_back_for_an_option_of_another_plugin(tmp_path):
    (tmp_path / "theirs.py").write_text(OWN_OPTION)
    for order in (("-p", "theirs", *PLUGIN), (*PLUGIN, "-p", "theirs")):
        done = run_beside(tmp_path, plugin=order)

        assert "option mine" in done.stdout
        assert "mode only" in done.stdout


def test_plugin_steps_back_for_options_of_a_group_of_its_name(tmp_path):
    conftest = OWN_OPTION.replace("parser.add", 'parser.getgroup("claude_notebook").add')
    done = run_beside(tmp_path, conftest=conftest)

    assert "option mine" in done.stdout
    assert done.returncode == 0


def test_plugin_can_be_loaded_by_a_conftest(tmp_path):
    conftest = 'pytest_plugins = ["claude_notebook.testing.plugin"]' + OWN_OPTION
    done = run_beside(tmp_path, "--claude-notebook-record", conftest=conftest, plugin=())

    assert "option mine" in done.stdout
    assert "mode record" in done.stdout


def test_fixtures_of_the_project_win(tmp_path):
    conftest = """
import pytest

@pytest.fixture
def claude_replay():
    return "mine"
"""
    test = "def test_mine(claude_replay):\n    assert claude_replay == 'mine'"
    done = run_beside(tmp_path, conftest=conftest, test=test)

    assert "1 passed" in done.stdout


def test_help_names_the_options(tmp_path):
    assert "--claude-record, --claude-notebook-record" in run_beside(tmp_path, "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        ([], True),
        (["-n", "1"], True),
        (["-n", "1", "--claude-record", "theirs"], True),
        (["-p", "no:claude_notebook"], False),
    ],
)
def test_installed_plugin_beside_an_option_of_the_project(tmp_path, arguments, passed):
    done = run_beside(tmp_path, *arguments, conftest=OWN_OPTION, autoload=True, plugin=())

    assert ("fixture 'claude_replay' not found" in done.stdout) is not passed
    assert (done.returncode == 0) is passed


def test_installed_plugin_can_be_named_again(tmp_path):
    test = "def test_mine(claude_replay):\n    pass"
    done = run_beside(tmp_path, autoload=True, test=test)

    assert "1 passed" in done.stdout, done.stderr
