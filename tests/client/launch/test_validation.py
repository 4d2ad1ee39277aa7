"""Tests of option validation: invalid options raise an error with their name before the start."""

import contextlib
import dataclasses
import json
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook import (
    AgentDefinition,
    CanUseToolShadowedWarning,
    ClaudeCodeOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    query,
)
from claude_notebook.client.launch.command_line import build_argv, build_env, build_initialize
from claude_notebook.client.launch.validation import CLASHES, RULES, check_and_warn, check_options
from claude_notebook.errors import OptionsError

FIELDS = [field.name for field in dataclasses.fields(ClaudeCodeOptions)]
UUID = "0e0e0e0e-1111-4222-8333-444444444444"


async def allow(tool, tool_input, context):
    return PermissionResultAllow()


def options(**fields: object) -> ClaudeCodeOptions:
    return ClaudeCodeOptions(**fields)


# --- single options -------------------------------------------------------------------------------

AGENT = AgentDefinition("d", "p")
NO_TEXT = [7, True, b"x", ["x"], {"x": 1}, "nul\0", "\ud800"]
NO_FLAG = [1, 0, "True", "", []]
NO_COUNT = [0, -1, 1.0, "1", True, [1], 2**60]
NO_AMOUNT = [0, -0.5, "1", True, float("inf"), float("nan"), 10**400]
NO_LIST = ["x", 7, [7], [None], ["a", b"x"], {"a": 1}, ["nul\0"], {"a"}]
NO_PATH = ["", 7, True, b"/a", ["/a"], "nul\0"]

WRONG: dict[str, list[object]] = {
    "use_oauth": NO_FLAG,
    "api_key": [5, "two words", "with\nline"],
    "auth_token": [5, "Bearer x", b"bytes"],
    "system_prompt": [
        7, b"x", ["x"], {}, {"type": "mine"}, {"type": "preset"}, {"type": "custom"},
        {"type": "file"}, {"type": "file", "path": ""}, {"type": "custom", "prompt": 7},
        {"type": "preset", "preset": "claude_code", "append": 7},
        {"type": "preset", "preset": "claude_code", "snapshot": "yes"}, {"type": ["custom"]},
    ],
    "append_system_prompt": [7, True, b"x", ["x"]],
    "model": NO_TEXT,
    "fallback_model": NO_TEXT,
    "thinking": [
        "adaptive", True, {}, {"type": "much"}, {"type": "enabled"}, {"type": ["adaptive"]},
        {"type": "enabled", "budget_tokens": "9"}, {"type": "enabled", "budget_tokens": -1},
        {"type": "adaptive", "display": "none"}, {"type": "adaptive", "display": 7},
    ],
    "max_thinking_tokens": [-1, 1.5, "9", True, 2**60],
    "effort": ["very high", "", 7, True, ["high"]],
    "betas": NO_LIST,
    "output_format": [
        "yaml", "", 7, True, [], {}, {"type": "json_schema"}, {"type": "text", "schema": {}},
        {"type": "json_schema", "schema": "x"}, int, dict, AGENT,
    ],
    "input_format": ["json", "", 7, True],
    "verbatim_prompts": NO_FLAG,
    "tools": [*NO_LIST, {"type": "preset"}, {"type": "all"}, {}],
    "allowed_tools": NO_LIST,
    "disallowed_tools": NO_LIST,
    "permission_mode": ["a b", "", "--plan", 7, True, ["plan"]],
    "dangerously_skip_permissions": NO_FLAG,
    "can_use_tool": ["allow", True, 7, [allow]],
    "permission_prompt_tool_name": NO_TEXT,
    "hooks": [
        "x", [], {"-x": []}, {"Stop": HookMatcher()}, {"Stop": [allow]}, {7: []},
        {"Stop": [HookMatcher(hooks=["x"])]}, {"Stop": [None]},
    ],
    "sandbox": [True, "on", [], {"enabled": {1}}, {7: True}, {"enabled": float("nan")}],
    "add_dirs": ["/a", [7], [b"/a"], [""], ["nul\0"], {"a": "/a"}, [None]],
    "enable_file_checkpointing": NO_FLAG,
    "max_turns": NO_COUNT,
    "max_budget_usd": NO_AMOUNT,
    "task_budget": [7, {}, {"total": 0}, {"total": "9"}, {"total": True}, [1]],
    "resume": NO_TEXT,
    "continue_conversation": NO_FLAG,
    "fork_session": NO_FLAG,
    "session_id": [7, True, "", "mine", UUID[:-1], UUID.replace("-", ""), f"{{{UUID}}}"],
    "resume_session_at": NO_TEXT,
    "resume_drops_turn": NO_TEXT,
    "mcp_servers": [
        7, True, "", ["a"], {"a": "command"}, {7: {}}, {"a": {"command": {1}}}, {"a": None},
        {"nul\0": {}},
    ],
    "strict_mcp_config": NO_FLAG,
    "agents": [
        [AGENT], AGENT, {"a": {"description": "d", "prompt": "p"}}, {7: AGENT}, {"a": None},
        *({"a": dataclasses.replace(AGENT, **{name: value})} for name, value in [
            ("description", 7), ("prompt", None), ("tools", "Read"), ("tools", [7]),
            ("disallowedTools", {}), ("model", 7), ("skills", "all"), ("memory", "mine"),
            ("mcpServers", "x"), ("mcpServers", [7]), ("mcpServers", [{"a": {1}}]),
            ("initialPrompt", 7), ("maxTurns", 0), ("background", "yes"), ("effort", "huge"),
            ("effort", True), ("permissionMode", "ask"),
        ]),
    ],
    "skills": ["none", "", 7, True, ["*"], ["a,b"], [" a"], [""], [7], {"a": 1}],
    "plugins": [
        "/p", ["/p"], [{}], [{"type": "local"}], [{"type": "remote", "path": "/p"}],
        [{"type": "local", "path": 7}], [7], {"type": "local", "path": "/p"},
    ],
    "settings": [*NO_PATH, {"model": "opus"}],
    "setting_sources": ["user", ["my,own"], [7], [""], [["user"]], {"user": 1}],
    "include_partial_messages": NO_FLAG,
    "include_hook_events": NO_FLAG,
    "forward_subagent_text": NO_FLAG,
    "verbose": NO_FLAG,
    "debug": NO_FLAG,
    "stderr": ["x", True, 7, [print]],
    "cwd": NO_PATH,
    "cli_path": NO_PATH,
    "env": ["A=1", ["A"], {"A": 1}, {7: "x"}, {"": "x"}, {"A=B": "x"}, {"A": "nul\0"}, {"A": None}],
    "extra_args": [
        "x", ["x"], {"x": True}, {"": None}, {"--": None}, {7: "x"}, {"a b": None}, {"a=b": None},
        {"x": ["y"]}, {"x": "nul\0"}, {"---x": None}, {"-": "x"}, {"a\n": None},
    ],
    "user": NO_TEXT,
    "max_buffer_size": NO_COUNT,
    "client_app": NO_TEXT,
    "idle_timeout": NO_AMOUNT,
    "total_timeout": NO_AMOUNT,
    "load_timeout_ms": [-1, *(value for value in NO_COUNT if value != 0)],
}  # fmt: skip

ELSEWHERE = {"debug_stderr", "on_elicitation", "replay"} | {
    field for field in FIELDS if field.startswith("session_store")
}
"""Fields that are unused, or tested elsewhere."""


@pytest.mark.parametrize("field", WRONG)
def test_check_options_rejects_invalid_values_by_field(field):
    for value in WRONG[field]:
        with pytest.raises(OptionsError, match=field) as caught:
            check_options(options(**{field: value}))
        assert caught.value.field == field, value


def test_every_option_has_invalid_examples():
    assert set(FIELDS) - set(WRONG) - ELSEWHERE == set()
    assert set(WRONG) <= {rule.field for rule in RULES} | {"output_format"}


def test_check_options_error_names_value_and_expectation():
    with pytest.raises(OptionsError) as caught:
        check_options(options(max_turns="3"))
    assert str(caught.value) == "max_turns must be a whole number, 1 or more, not '3'"

    with pytest.raises(OptionsError) as caught:
        check_options(options(betas="x" * 10_000))
    assert len(str(caught.value)) < 200

    with pytest.raises(OptionsError, match="ClaudeCodeOptions"):
        check_options({"model": "opus"})  # type: ignore[arg-type]  # an intended mistake


# --- combinations ---------------------------------------------------------------------------------

CLASHING = {
    "resume": {"resume": "a", "continue_conversation": True},
    "session_id": {"session_id": UUID, "resume": "a"},
    "fork_session": {"fork_session": True},
    "resume_session_at": {"resume_session_at": "m"},
    "resume_drops_turn": {"resume": "a", "resume_drops_turn": "p"},
    "permission_prompt_tool_name": {"can_use_tool": allow, "permission_prompt_tool_name": "x"},
    "fallback_model": {"model": "opus", "fallback_model": "haiku,opus"},
    "use_oauth": {"use_oauth": True, "api_key": "k"},
}

FITTING = [
    {"resume": "a", "fork_session": True, "session_id": UUID},
    {"continue_conversation": True, "fork_session": True},
    {"resume": "a", "resume_session_at": "m", "resume_drops_turn": "p"},
    {"model": "opus", "fallback_model": "haiku"},
    {"session_id": UUID.upper()},
]


@pytest.mark.parametrize("field", CLASHING)
def test_check_options_rejects_contradictions(field):
    with pytest.raises(OptionsError, match=field) as caught:
        check_options(options(**CLASHING[field]))
    assert caught.value.field == field


def test_every_contradiction_has_an_example():
    assert {field for field, _, _ in CLASHES} - ELSEWHERE == set(CLASHING)


@pytest.mark.parametrize("fields", FITTING, ids=repr)
def test_check_options_accepts_compatible_options(fields):
    check_options(options(**fields))


# --- random values --------------------------------------------------------------------------------

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["preset", "custom", "local", "enabled", "file", "all", "user", "plan"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=4) | st.sampled_from(["type", "path", "append", "schema", "command"]),
        inner,
        max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=40, deadline=None)  # a busy machine is not a failure
@given(value=JSON_VALUES)
def test_check_options_accepts_or_rejects_any_value_by_field(field, value):
    given_options = options(**{field: value})
    try:
        check_options(given_options)
        argv = build_argv(given_options, "claude")
        initialize = build_initialize(given_options, {})
    except OptionsError as error:
        assert error.field == field  # noqa: PT017  an error is optional here
        return
    assert all(isinstance(item, str) and "\0" not in item for item in argv)
    assert json.dumps(initialize)
    assert all("\0" not in item for pair in build_env(given_options, {}).items() for item in pair)


# --- time of the check ----------------------------------------------------------------------------


def started(folder: Path) -> Path:
    """Create a program that leaves a file when it starts."""
    program = folder / "claude"
    program.write_text(f'#!/bin/sh\ntouch "{folder}/started"\n')
    program.chmod(0o755)
    return program


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_invalid_options_start_no_process(tmp_path, anyio_backend):
    wrong = options(cli_path=started(tmp_path), max_turns=0)

    with pytest.raises(OptionsError, match="max_turns"):
        query(prompt="x", options=wrong)
    with pytest.raises(OptionsError, match="max_turns"):
        await ClaudeSDKClient(wrong).connect()
    unreadable = dataclasses.replace(wrong, max_turns=1, settings="/nowhere.json", sandbox={})
    with pytest.raises(OptionsError, match="settings"):
        await ClaudeSDKClient(unreadable).connect()
    assert not (tmp_path / "started").exists()


# --- shadowed callbacks ---------------------------------------------------------------------------

SHADOWED = [
    ({"allowed_tools": ["Read", "Bash(git *)"]}, "Read"),
    ({"allowed_tools": ["Bash(*)", "Edit()"]}, r"Bash\(\*\), Edit\(\)"),
    ({"permission_mode": "bypassPermissions"}, "any tool"),
    ({"dangerously_skip_permissions": True}, "any tool"),
]


@pytest.mark.parametrize(("fields", "tools"), SHADOWED)
def test_query_warns_of_a_shadowed_can_use_tool_at_the_callers_line(fields, tools):
    shadowed = options(can_use_tool=allow, **fields)

    with pytest.warns(CanUseToolShadowedWarning, match=tools) as caught:
        query(prompt="x", options=shadowed)
    assert [item.filename for item in caught] == [__file__]
    assert "query(prompt=" in line_of(caught[0])


def line_of(warning: warnings.WarningMessage) -> str:
    return Path(warning.filename).read_text().splitlines()[warning.lineno - 1]


@pytest.mark.anyio
async def test_client_warns_at_the_line_of_connect(tmp_path):
    shadowed = options(
        can_use_tool=allow, allowed_tools=["Read"], cli_path=tmp_path, cwd=tmp_path, env={"A": "1"}
    )

    async def connect() -> None:
        await ClaudeSDKClient(shadowed).connect()

    async def enter() -> None:
        async with ClaudeSDKClient(shadowed):
            pass

    for start, line in ((connect, ".connect()"), (enter, "async with")):
        with pytest.warns(CanUseToolShadowedWarning) as caught, contextlib.suppress(Exception):
            await start()
        assert [item.filename for item in caught] == [__file__]
        assert line in line_of(caught[0])


@pytest.mark.parametrize(
    "fields",
    [
        {"allowed_tools": ["Bash(git *)", "Edit(src/*)"], "can_use_tool": allow},
        {"allowed_tools": ["Read"]},
        {"permission_mode": "bypassPermissions"},
        {"can_use_tool": allow, "permission_mode": "plan"},
    ],
)
def test_query_does_not_warn_without_a_reason(fields):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        query(prompt="x", options=options(**fields))
    assert caught == []


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("permission_mode", "acceptAll", "acceptAll"),
        ("permission_mode", "Plan", "Plan"),
        ("effort", "extreme", "extreme"),
        ("setting_sources", ["user", "team"], "team"),
        ("hooks", {"SessionEnded": [HookMatcher()]}, "SessionEnded"),
        ("hooks", {"Stop": [HookMatcher()], "PostCompact": []}, "PostCompact"),
    ],
)
def test_check_and_warn_passes_unknown_words_with_a_warning(field, value, word):
    with pytest.warns(UserWarning, match=f"{field}: '{word}' is unknown") as caught:
        check_and_warn(options(**{field: value}))
    assert len(caught) == 1


def test_check_and_warn_is_silent_about_known_words():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_and_warn(options(permission_mode="plan", effort="high", setting_sources=["user"]))
