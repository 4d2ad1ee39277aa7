"""Commands of `config()`, and the real CLI's view of the written files."""

import json
import subprocess
from pathlib import Path

import pytest

from claude_notebook.cli.settings.commands import configure, parse_key, parse_value
from claude_notebook.cli.settings.files import Settings
from claude_notebook.errors import OptionsError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "project").mkdir()
    return Settings.locate(tmp_path / "project", {"HOME": str(tmp_path)})


def content(path: Path) -> dict:
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("model", ("model",)),
        ("permissions.allow", ("permissions", "allow")),
        (' a . "b.c" . d ', ("a", "b.c", "d")),
        ('enabledPlugins."x@y.example"', ("enabledPlugins", "x@y.example")),
        (r'"a\"b"', ('a"b',)),
        ("env.MY KEY", ("env", "MY KEY")),
    ],
)
def test_parse_key_splits_parts(text: str, path: tuple[str, ...]) -> None:
    assert parse_key(text) == path


@pytest.mark.parametrize("text", ["", " ", ".", "a.", "a. ", ".a", "a..b", '"a', 'a"b', '"a"b'])
def test_parse_key_rejects_malformed_text(text: str) -> None:
    with pytest.raises(OptionsError, match="is not a key"):
        parse_key(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("claude-opus-4", "claude-opus-4"),
        ("true", True),
        ("30", 30),
        ("null", None),
        ('"30"', "30"),
        ('["Bash(git *)"]', ["Bash(git *)"]),
        ('{"a": 1}', {"a": 1}),
        ("Bash(git *)", "Bash(git *)"),
        ("NaN", "NaN"),
        ("", ""),
        ("two words", "two words"),
    ],
)
def test_parse_value_prefers_json(text: str, value: object) -> None:
    assert parse_value(text, ("key",)) == value


def test_parse_value_keeps_environment_variables_as_strings() -> None:
    assert parse_value("1", ("env", "DEBUG")) == "1"
    assert parse_value('{"A": "1"}', ("env",)) == {"A": "1"}


@pytest.mark.parametrize("text", ['{"a": 1', "[1, 2", "{a: 1}"])
def test_parse_value_rejects_incomplete_json(text: str) -> None:
    with pytest.raises(OptionsError, match="is not valid JSON"):
        parse_value(text, ("key",))


# --- commands -------------------------------------------------------------------------------------


def test_configure_sets_gets_and_unsets(settings: Settings) -> None:
    path = settings.local[0]
    assert configure(settings, ["get", "model"]) == ""
    assert configure(settings, ["set", "model", "opus"]) == f"Set model in {path}"
    assert configure(settings, ["get", "model"]) == "opus"
    assert configure(settings, ["set", "permissions.defaultMode", "plan"]).startswith("Set")
    assert configure(settings, ["get", "permissions"]) == '{\n  "defaultMode": "plan"\n}'
    assert configure(settings, ["unset", "model"]) == f"Removed model from {path}"
    assert content(path) == {"permissions": {"defaultMode": "plan"}}
    assert configure(settings, ["remove", "model"]) == f"model is not set in {path}"


@pytest.mark.parametrize(
    ("flags", "scope"),
    [
        ([], "local"),
        (["-g"], "user"),
        (["--global"], "user"),
        (["--scope", "project"], "project"),
        (["--scope=user"], "user"),
        (["-s", "local"], "local"),
    ],
)
@pytest.mark.parametrize("index", [0, 1, 3])
def test_configure_selects_scope(
    settings: Settings, flags: list[str], scope: str, index: int
) -> None:
    words = ["set", "includeCoAuthoredBy", "false"]
    configure(settings, [*words[:index], *flags, *words[index:]])
    assert content(settings.paths(scope)[0]) == {"includeCoAuthoredBy": False}
    assert [path.exists() for path in settings.paths()].count(True) == 1
    assert configure(settings, ["get", *flags, "includeCoAuthoredBy"]) == "false"


def test_configure_accepts_flag_as_value_after_separator(settings: Settings) -> None:
    configure(settings, ["set", "--", "x", "-g"])
    assert content(settings.local[0]) == {"x": "-g"}


def test_configure_adds_to_and_removes_from_lists(settings: Settings) -> None:
    path = settings.local[0]
    configure(settings, ["add", "permissions.allow", "Bash(git *)", "Read", "Read"])
    configure(settings, ["add", "permissions.allow", "Read"])
    assert content(path) == {"permissions": {"allow": ["Bash(git *)", "Read"]}}
    configure(settings, ["remove", "permissions.allow", "Bash(git *)", "Never"])
    assert content(path) == {"permissions": {"allow": ["Read"]}}
    configure(settings, ["remove", "permissions.allow"])
    assert content(path) == {"permissions": {}}


def test_configure_add_rejects_other_values(settings: Settings) -> None:
    configure(settings, ["set", "model", "opus"])
    with pytest.raises(OptionsError, match="model is not a list"):
        configure(settings, ["add", "model", "x"])
    assert content(settings.local[0]) == {"model": "opus"}


def test_configure_list_hides_secrets(settings: Settings) -> None:
    key = "sk-ant-" + "a1" * 20
    configure(settings, ["set", "-g", "env", json.dumps({"ANTHROPIC_API_KEY": key, "A": "b"})])
    configure(settings, ["set", "model", "opus"])
    values = json.loads(configure(settings, ["list"]))
    assert values["model"] == "opus"
    assert values["env"]["A"] == "b"
    assert key not in configure(settings, ["list"])
    assert key not in configure(settings, ["get", "env"])
    assert configure(settings, ["get", "env.ANTHROPIC_API_KEY"]) == key
    assert json.loads(configure(settings, ["list", "--scope", "local"])) == {"model": "opus"}


def test_configure_edits_file_with_comments_and_warns(settings: Settings) -> None:
    path = settings.local[0]
    path.parent.mkdir()
    path.write_text('{\n  "a": 1 // one\n}\n')
    result = configure(settings, ["set", "model", "opus"])
    assert path.read_text() == '{\n  "a": 1, // one\n  "model": "opus"\n}\n'
    assert "Claude Code 2.1 ignores such a file" in result


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show the weather"], "no subcommand 'show the weather'"),
        (["-p", "hello"], "no subcommand '-p'"),
        (["get"], "config get takes KEY, but got 0"),
        (["get", "a", "b"], "config get takes KEY, but got 2"),
        (["set", "a"], "config set takes KEY VALUE"),
        (["set", "a", "two", "words"], "config set takes KEY VALUE, but got 3"),
        (["list", "x"], "config list takes no arguments"),
        (["add", "a"], "config add takes KEY VALUE..."),
        (["set", "a", "1", "--scope", "galaxy"], "Unknown scope 'galaxy'"),
        (["set", "a", "1", "--scope"], "Unknown scope ''"),
        (["set", "a..b", "1"], "is not a key"),
    ],
)
def test_configure_rejects_wrong_usage(settings: Settings, words: list[str], message: str) -> None:
    with pytest.raises(OptionsError) as error:
        configure(settings, words)
    assert message in str(error.value)
    assert not any(path.exists() for path in settings.paths())


# --- settings in the real CLI ---------------------------------------------------------------------

FIRST, SECOND = "claude-sonnet-4-5", "claude-opus-4-5"


def requested_model(claude_cli, claude_env, scripted_api, cwd: Path) -> str:
    """Return the model that the CLI requests in this folder."""
    subprocess.run(
        [claude_cli, "-p", "hello"],
        env=claude_env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return scripted_api.turns[-1].body["model"]


@pytest.mark.parametrize("scope", ["user", "project", "local"])
def test_real_cli_uses_configured_model(
    claude_cli, claude_env, scripted_api, tmp_path: Path, scope: str
) -> None:
    settings = Settings.locate(tmp_path, claude_env)
    configure(settings, ["set", "model", FIRST, "--scope", scope])
    assert requested_model(claude_cli, claude_env, scripted_api, tmp_path) == FIRST


def test_real_cli_agrees_on_precedence_in_repository(
    claude_cli, claude_env, scripted_api, tmp_path: Path
) -> None:
    """In a repository, local settings of the root win over those of the folder below."""
    folder = tmp_path / "below"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    settings = Settings.locate(folder, claude_env)
    here, root = settings.paths("local")
    configure(settings, ["set", "model", FIRST])
    assert content(here) == {"model": FIRST}
    assert requested_model(claude_cli, claude_env, scripted_api, folder) == FIRST

    root.parent.mkdir()
    root.write_text(json.dumps({"model": SECOND}))
    assert configure(settings, ["get", "model"]) == SECOND
    assert requested_model(claude_cli, claude_env, scripted_api, folder) == SECOND

    # `set` changes the effective file, `unset` changes both.
    configure(settings, ["set", "model", FIRST])
    assert content(root) == {"model": FIRST}
    assert requested_model(claude_cli, claude_env, scripted_api, folder) == FIRST
    configure(settings, ["unset", "model"])
    assert content(here) == content(root) == {}


def test_real_cli_ignores_file_with_comments(
    claude_cli, claude_env, scripted_api, tmp_path: Path
) -> None:
    """Our warning about such files depends on it."""
    path = Settings.locate(tmp_path, claude_env).local[0]
    path.parent.mkdir()
    path.write_text(f'{{"model": "{FIRST}"}}')
    assert requested_model(claude_cli, claude_env, scripted_api, tmp_path) == FIRST
    path.write_text(f'{{"model": "{FIRST}"}} // why')
    assert requested_model(claude_cli, claude_env, scripted_api, tmp_path) != FIRST
