"""Tests of the command line, environment, and first request, row by row."""

import dataclasses
import gc
import getpass
import json
import os
from pathlib import Path

import pytest

from claude_notebook import AgentDefinition, ClaudeCodeOptions, HookMatcher
from claude_notebook.client.launch.command_line import (
    FLAGS,
    READS_SESSION_STATE,
    STREAM_JSON,
    Launch,
    build_argv,
    build_env,
    build_initialize,
)
from claude_notebook.client.launch.secret_files import JSON_FLAGS
from claude_notebook.client.launch.validation import CLASHES, check_options
from claude_notebook.errors import CLIConnectionError, OptionsError

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


async def some_handler(*arguments: object) -> None:
    """Placeholder for a callback; never called."""


@dataclasses.dataclass
class Point:
    x: int


# (field, value, added arguments)
IN_ARGV = [
    ("model", "opus", ["--model=opus"]),
    ("model", "", []),
    ("fallback_model", "sonnet,haiku", ["--fallback-model=sonnet,haiku"]),
    ("thinking", {"type": "adaptive"}, ["--thinking=adaptive"]),
    ("thinking", {"type": "disabled"}, ["--thinking=disabled"]),
    ("thinking", {"type": "enabled", "budget_tokens": 9}, ["--max-thinking-tokens=9"]),
    ("thinking", {"type": "adaptive", "display": "omitted"},
     ["--thinking=adaptive", "--thinking-display=omitted"]),
    ("max_thinking_tokens", 0, ["--max-thinking-tokens=0"]),
    ("effort", "high", ["--effort=high"]),
    ("betas", ["a", "b"], ["--betas=a,b"]),
    ("tools", [], ["--tools="]),
    ("tools", ["Bash", "Read"], ["--tools=Bash,Read"]),
    ("tools", {"type": "preset", "preset": "claude_code"}, ["--tools=default"]),
    ("allowed_tools", ["Read", "Bash(git *)"], ["--allowedTools=Read,Bash(git *)"]),
    ("disallowed_tools", ["Bash"], ["--disallowedTools=Bash"]),
    ("permission_mode", "plan", ["--permission-mode=plan"]),
    ("dangerously_skip_permissions", True, ["--dangerously-skip-permissions"]),
    ("can_use_tool", some_handler, ["--permission-prompt-tool=stdio"]),
    ("permission_prompt_tool_name", "mcp__a__b", ["--permission-prompt-tool=mcp__a__b"]),
    ("add_dirs", ["/a", Path("/b"), "/c/../d"], ["--add-dir=/a", "--add-dir=/b", "--add-dir=/d"]),
    ("max_turns", 3, ["--max-turns=3"]),
    ("max_budget_usd", 0.5, ["--max-budget-usd=0.5"]),
    ("task_budget", {"total": 1000}, ["--task-budget=1000"]),
    ("continue_conversation", True, ["--continue"]),
    ("resume", "abc", ["--resume=abc"]),
    ("fork_session", True, ["--fork-session"]),
    ("session_id", "0e0e0e0e-1111-4222-8333-444444444444",
     ["--session-id=0e0e0e0e-1111-4222-8333-444444444444"]),
    ("resume_session_at", "m1", ["--resume-session-at=m1"]),
    ("resume_drops_turn", "p1", ["--resume-drops-turn=p1"]),
    ("mcp_servers", {"a": {"command": "x"}},
     ['--mcp-config={"mcpServers": {"a": {"command": "x"}}}']),
    ("mcp_servers", "/a/mcp.json", ["--mcp-config=/a/mcp.json"]),
    ("mcp_servers", Path("/a/mcp.json"), ["--mcp-config=/a/mcp.json"]),
    ("mcp_servers", {"a": {"type": "sdk", "name": "a", "instance": object()}}, []),
    ("strict_mcp_config", True, ["--strict-mcp-config"]),
    ("plugins", [{"type": "local", "path": "/p"}, {"type": "local", "path": Path("/q")}],
     ["--plugin-dir=/p", "--plugin-dir=/q"]),
    ("skills", "all", ["--allowedTools=Skill"]),
    ("skills", ["pdf"], ["--allowedTools=Skill"]),
    ("skills", [], []),
    ("settings", '{"a": 1}', ['--settings={"a": 1}']),
    ("settings", Path("/a/settings.json"), ["--settings=/a/settings.json"]),
    ("sandbox", {"enabled": True}, ['--settings={"sandbox": {"enabled": true}}']),
    ("setting_sources", ["user", "local"], ["--setting-sources=user,local"]),
    ("setting_sources", [], ["--setting-sources="]),
    ("system_prompt", {"type": "file", "path": "/a.md"}, ["--system-prompt-file=/a.md"]),
    ("system_prompt", {"type": "file", "path": Path("/a.md")}, ["--system-prompt-file=/a.md"]),
    ("include_partial_messages", True, ["--include-partial-messages"]),
    ("include_hook_events", True, ["--include-hook-events"]),
    ("debug", True, ["--debug-to-stderr"]),
    ("extra_args", {"name": "x", "--other": None, "n": 3}, ["--name=x", "--other", "--n=3"]),
]  # fmt: skip

# (field, value, added fields of the `initialize` request)
IN_INITIALIZE = [
    ("system_prompt", "Be brief.", {"systemPrompt": "Be brief."}),
    ("system_prompt", "", {"systemPrompt": ""}),
    ("system_prompt", {"type": "custom", "prompt": "Hm.", "snapshot": True},
     {"systemPrompt": "Hm.", "systemPromptSnapshot": True}),
    ("system_prompt", {"type": "preset", "preset": "claude_code"}, {}),
    ("system_prompt",
     {"type": "preset", "preset": "claude_code", "append": "A.", "exclude_dynamic_sections": True},
     {"appendSystemPrompt": "A.", "excludeDynamicSections": True}),
    ("append_system_prompt", "Add this.", {"appendSystemPrompt": "Add this."}),
    ("output_format", {"type": "json_schema", "schema": SCHEMA}, {"jsonSchema": SCHEMA}),
    ("output_format", Point, {"jsonSchema": {"title": "Point", "type": "object",
     "properties": {"x": {"type": "integer"}}, "required": ["x"]}}),
    ("output_format", "json", {}),
    ("agents", {"a": AgentDefinition("d", "p", tools=["Read"])},
     {"agents": {"a": {"description": "d", "prompt": "p", "tools": ["Read"]}}}),
    ("skills", ["pdf"], {"skills": ["pdf"]}),
    ("skills", [], {"skills": []}),
    ("skills", "all", {}),
    ("forward_subagent_text", True, {"forwardSubagentText": True}),
]  # fmt: skip

# (field, value, added environment variables)
IN_ENVIRONMENT = [
    ("env", {"A": "1"}, {"A": "1"}),
    ("env", {"PWD": "/x", "CLAUDE_CODE_ENTRYPOINT": "mine"},
     {"PWD": "/x", "CLAUDE_CODE_ENTRYPOINT": "mine"}),
    ("cwd", "/a/../b", {"PWD": "/b"}),
    ("client_app", "my-app/1", {"CLAUDE_AGENT_SDK_CLIENT_APP": "my-app/1"}),
    ("enable_file_checkpointing", True, {"CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING": "true"}),
]  # fmt: skip

TESTED_ELSEWHERE = {
    "use_oauth": "of the credential: test_credentials_with_cli.py",
    "api_key": "of the credential: test_credentials_with_cli.py",
    "auth_token": "of the credential: test_credentials_with_cli.py",
    "hooks": "the ids of the callbacks are announced: test_connect_announces_hooks",
    "cli_path": "the program itself: test_launch_transport_uses_the_options",
    "user": "of the process: with_cli/test_options.py",
    "stderr": "of the process: with_cli/test_options.py",
    "max_buffer_size": "of the reader: test_misbehaving_cli.py, with_cli/test_options.py",
    "idle_timeout": "of the reader: test_turns.py",
    "total_timeout": "of the reader: test_turns.py",
    "load_timeout_ms": "of the reader: test_session.py",
    "verbatim_prompts": "of each prompt: test_query.py",
    "on_elicitation": "of the handlers: test_handlers.py",
    "replay": "of the transport: test_cassette.py",
    "session_store": "of the transcripts",
    "session_store_flush": "of the transcripts",
    "session_store_timeout": "of the transcripts",
    "input_format": "prompts are always sent as stream-json",
    "verbose": "the stream needs it",
    "debug_stderr": "not used",
}
"""Fields without effect on the start of the CLI, and the places of their tests."""


def options(**fields: object) -> ClaudeCodeOptions:
    return ClaudeCodeOptions(**fields)


PLAIN = ["claude", *STREAM_JSON]


@pytest.mark.parametrize(("field", "value", "added"), IN_ARGV, ids=lambda value: repr(value)[:20])
def test_build_argv_encodes_each_option(field, value, added):
    given_options = options(**{field: value})

    assert build_argv(given_options, "claude") == [*PLAIN, *added]
    if field not in {clash for clash, *_ in CLASHES}:  # some fields require another one
        check_options(given_options)


@pytest.mark.parametrize(("field", "value", "added"), IN_INITIALIZE, ids=lambda v: repr(v)[:60])
def test_build_initialize_encodes_each_option(field, value, added):
    payload = build_initialize(options(**{field: value}), {})

    assert payload == {"hooks": None, **added}
    assert json.loads(json.dumps(payload)) == payload
    in_argv = [row for row in IN_ARGV if row[:2] == (field, value)]
    assert in_argv or build_argv(options(**{field: value}), "claude") == PLAIN


@pytest.mark.parametrize(("field", "value", "added"), IN_ENVIRONMENT, ids=lambda v: repr(v)[:60])
def test_build_env_encodes_each_option(field, value, added):
    before = {"PATH": "/bin", "A": "0", "CLAUDECODE": "1"}
    usual = build_env(options(), before)

    assert build_env(options(**{field: value}), before) == {**usual, **added}
    assert build_argv(options(**{field: value}), "claude") == PLAIN


def test_every_option_is_covered_by_a_row():
    fields = {field.name for field in dataclasses.fields(ClaudeCodeOptions)}
    rows = {field for field, *_ in (*IN_ARGV, *IN_INITIALIZE, *IN_ENVIRONMENT)}

    assert fields - rows - set(TESTED_ELSEWHERE) == set()
    assert rows <= fields
    assert {row.field for row in FLAGS} - set(TESTED_ELSEWHERE) <= {field for field, *_ in IN_ARGV}


def test_default_options_add_nothing():
    assert build_argv(options(), "claude") == PLAIN
    assert build_initialize(options(), {}) == {"hooks": None}
    env = build_env(options(), {"PATH": "/bin", "CLAUDECODE": "1"})
    assert env.pop("CLAUDE_AGENT_SDK_CLIENT_APP").startswith("claude-notebook/")
    assert env.pop(READS_SESSION_STATE) == "1"
    assert env == {"PATH": "/bin", "CLAUDE_CODE_ENTRYPOINT": "sdk-py"}


@pytest.mark.parametrize("name", [READS_SESSION_STATE, READS_SESSION_STATE.lower()])
def test_build_env_keeps_the_callers_session_state_setting(name):
    for env in (build_env(options(env={name: "0"}), {}), build_env(options(), {name: "0"})):
        assert [v for k, v in env.items() if k.upper() == READS_SESSION_STATE] == ["0"]


def test_build_argv_accepts_none_for_every_field():
    nothing = options(**{field.name: None for field in dataclasses.fields(ClaudeCodeOptions)})

    check_options(nothing)
    assert build_argv(nothing, "claude") == PLAIN
    assert build_initialize(nothing, {}) == {"hooks": None}
    assert build_env(nothing, {}) == build_env(options(), {})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # Both fields contribute.
        ({"thinking": {"type": "adaptive"}, "max_thinking_tokens": 5}, ["--thinking=adaptive"]),
        ({"skills": "all", "allowed_tools": ["Read"]}, ["--allowedTools=Read,Skill"]),
        ({"skills": "all", "allowed_tools": ["Skill"]}, ["--allowedTools=Skill"]),
        (
            {"settings": '{"a": 1, "sandbox": 2}', "sandbox": {"enabled": False}},
            ['--settings={"a": 1, "sandbox": {"enabled": false}}'],
        ),
    ],
)
def test_build_argv_combines_two_fields_for_one_flag(fields, expected):
    assert build_argv(options(**fields), "claude") == [*PLAIN, *expected]


def test_build_initialize_combines_two_prompt_fields():
    preset = {"type": "preset", "preset": "claude_code", "append": "First."}
    both = options(system_prompt=preset, append_system_prompt="Second.")

    assert build_initialize(both, {})["appendSystemPrompt"] == "First.\n\nSecond."


def test_build_argv_merges_a_settings_file_with_a_sandbox(tmp_path):
    (tmp_path / "s.json").write_text('{"model": "opus"}')
    both = options(settings="s.json", cwd=tmp_path, sandbox={"enabled": True})

    (argument,) = build_argv(both, "claude")[len(PLAIN) :]
    assert json.loads(argument.removeprefix("--settings=")) == {
        "model": "opus",
        "sandbox": {"enabled": True},
    }


@pytest.mark.parametrize("content", [None, "{", "[1]", '"text"', b"\xff\xfe", '{"a":' * 100_000])
def test_build_argv_rejects_unreadable_settings_with_a_sandbox(content, tmp_path):
    path = tmp_path / "s.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(OptionsError, match="settings") as caught:
        build_argv(options(settings=path, sandbox={}), "claude")
    assert caught.value.field == "settings"


def test_build_argv_does_not_wait_for_a_pipe_of_settings(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OptionsError, match="not a regular file"):
        build_argv(options(settings=tmp_path / "pipe", sandbox={}), "claude")


def test_build_argv_resolves_folders_against_cwd(tmp_path):
    argv = build_argv(options(add_dirs=["a", "../b"], cwd=tmp_path), "claude")

    assert argv[len(PLAIN) :] == [f"--add-dir={tmp_path}/a", f"--add-dir={tmp_path.parent}/b"]


# --- hostile values -------------------------------------------------------------------------------

TEXT_FIELDS = [
    "model", "fallback_model", "resume", "resume_session_at", "resume_drops_turn",
    "permission_prompt_tool_name", "mcp_servers", "settings",
]  # fmt: skip
LIST_FIELDS = ["betas", "tools", "allowed_tools", "disallowed_tools"]
TRICK = "--dangerously-skip-permissions"


@pytest.mark.parametrize("field", TEXT_FIELDS + LIST_FIELDS)
def test_build_argv_never_turns_a_value_into_a_flag(field):
    for value in (TRICK, "-p", "--", "- x", f"a {TRICK}", f"a\n{TRICK}"):
        given_options = [value, value] if field in LIST_FIELDS else value
        argv = build_argv(options(**{field: given_options}), "claude")

        (added,) = argv[len(PLAIN) :]
        flags = {row.flag for row in FLAGS if row.field == field}
        assert added.partition("=")[0] in flags


def test_build_argv_never_turns_a_nested_value_into_a_flag():
    given_options = options(
        plugins=[{"type": "local", "path": TRICK}],
        system_prompt={"type": "file", "path": TRICK},
        add_dirs=[TRICK],
        extra_args={"name": TRICK},
        agents={TRICK: AgentDefinition(TRICK, TRICK)},
        append_system_prompt=TRICK,
    )

    added = build_argv(given_options, "claude")[len(PLAIN) :]
    assert {argument.partition("=")[0] for argument in added} == {
        *("--plugin-dir", "--system-prompt-file", "--add-dir", "--name"),
    }


def test_launch_keeps_large_values_and_secrets_out_of_argv(tmp_path):
    large = "s3cret " * 100_000
    given_options = options(
        cli_path=_program(tmp_path),
        system_prompt=large,
        append_system_prompt=large,
        agents={"a": AgentDefinition(large, large)},
        output_format={"type": "json_schema", "schema": {"description": large}},
        settings=json.dumps({"env": {"X": large}}),
        mcp_servers={"m": {"command": "x", "env": {"TOKEN": large}}},
        sandbox={"excludedCommands": [large]},
        hooks={"PreToolUse": [HookMatcher(large, [some_handler])]},
    )
    transport = Launch.of(given_options, {}).transport(given_options)

    assert max(map(len, transport.argv)) < 1000
    assert "s3cret" not in " ".join(transport.argv)
    paths = [
        Path(argument.partition("=")[2])
        for argument in transport.argv
        if argument.partition("=")[0] in JSON_FLAGS
    ]
    mcp, settings = (json.loads(path.read_text()) for path in paths)
    assert mcp["mcpServers"]["m"]["env"] == {"TOKEN": large}
    assert settings == {"env": {"X": large}, "sandbox": {"excludedCommands": [large]}}
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600, 0o600]
    assert paths[0].parent.stat().st_mode & 0o777 == 0o700

    # The files are removed with the transport.
    folder = paths[0].parent
    del transport
    gc.collect()
    assert not folder.exists()


def test_launch_files_belong_to_the_configured_user(tmp_path):
    mine = options(cli_path=_program(tmp_path), settings="{}", user=getpass.getuser())
    transport = Launch.of(mine, {}).transport(mine)

    (path,) = [a.partition("=")[2] for a in transport.argv if a.startswith("--settings")]
    assert Path(path).owner() == getpass.getuser()

    nobody = options(cli_path=_program(tmp_path), settings="{}", user="nobody-of-that-name")
    before = sorted(os.listdir(Path(path).parent.parent))
    with pytest.raises(CLIConnectionError, match="`user`"):
        Launch.of(nobody, {}).transport(nobody)
    assert sorted(os.listdir(Path(path).parent.parent)) == before


# --- the process ---------------------------------------------------------------------------------


def _program(folder: Path) -> Path:
    path = folder / "claude"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_launch_transport_uses_the_options(tmp_path):
    given_options = options(cli_path=_program(tmp_path), cwd=tmp_path, env={"B": "2"})
    launch = Launch.of(given_options, {"A": "1"})
    transport = launch.transport(given_options)

    assert launch.argv[0] == transport.argv[0] == str(tmp_path / "claude")
    assert launch.cwd == str(tmp_path)
    assert (launch.env["A"], launch.env["B"]) == ("1", "2")
    assert "B" not in repr(launch), "an environment has secrets"


def test_connect_announces_hooks():
    announced = {"PreToolUse": [{"matcher": "Bash", "hookCallbackIds": ["PreToolUse_0"]}]}

    assert build_initialize(options(), announced) == {"hooks": announced}
