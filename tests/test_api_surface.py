"""The public names: complete, loaded on first use, and none by accident."""

import dataclasses
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typing_extensions import is_typeddict

import claude_notebook
from claude_notebook import ClaudeAgentOptions, ClaudeCodeOptions, errors

NAMES = {
    "talking": "query QueryStream ClaudeSDKClient ClaudeCodeOptions ClaudeAgentOptions __version__",
    "messages": "Message UserMessage AssistantMessage SystemMessage ResultMessage StreamEvent "
    "TaskStartedMessage TaskProgressMessage TaskUpdatedMessage TaskNotificationMessage "
    "TERMINAL_TASK_STATUSES TaskUsage DeferredToolUse RateLimitEvent RateLimitInfo RateLimitStatus "
    "ConversationResetMessage HookEventMessage ModelUsage AssistantMessageError InitMessage "
    "APIRetryMessage UnknownMessage TaskNotificationStatus TaskUpdatedStatus RateLimitType "
    "MessageOrigin MessageOriginKind TaskNotificationOriginSubkind FastModeState "
    "FastModeDisabledReason SystemInitData",
    "blocks": "ContentBlock TextBlock ThinkingBlock ToolUseBlock ToolResultBlock "
    "ServerToolUseBlock ServerToolResultBlock ServerToolName ImageBlock DocumentBlock UnknownBlock",
    "options": "PermissionMode EffortLevel SettingSource SdkBeta TaskBudget ThinkingConfig "
    "ThinkingConfigAdaptive ThinkingConfigEnabled ThinkingConfigDisabled AgentDefinition "
    "SdkPluginConfig SandboxSettings SandboxNetworkConfig SandboxIgnoreViolations McpServerConfig "
    "McpStdioServerConfig McpSSEServerConfig McpHttpServerConfig McpSdkServerConfig "
    "SystemPromptPreset SystemPromptFile ToolsPreset",
    "permissions": "CanUseTool ToolPermissionContext PermissionResult PermissionResultAllow "
    "PermissionResultDeny PermissionUpdate PermissionRuleValue PermissionBehavior",
    "hooks": "HookEvent HookMatcher HookCallback HookContext HookInput HookJSONOutput "
    "AsyncHookJSONOutput SyncHookJSONOutput HookSpecificOutput",
    "errors": "ClaudeSDKError CLIConnectionError CLINotFoundError ProcessError CLIJSONDecodeError "
    "AuthenticationError RateLimitError OverloadedError ControlTimeoutError OptionsError",
    "replay": "Replay ReplayMode ReplayNote",
    "transports": "Transport ProcessTransport RecordingTransport ReplayTransport",
    "the CLI's subcommands": "update mcp config doctor version",
    "tools": "tool SdkMcpTool create_sdk_mcp_server ToolAnnotations",
    "transcripts": "list_sessions get_session_info get_session_messages rename_session tag_session "
    "delete_session fork_session SDKSessionInfo SessionMessage ForkSessionResult",
    "recovery": "query_with_retry RetryConfig",
    "notebook": "load_ipython_extension unload_ipython_extension",
    "showing": "display_claude_response display_claude_stream render_markdown NotebookDisplay "
    "markdown_to_html format_code_block is_notebook messages_to_html",
}

"""Names promised independently of the official SDK, which another test covers."""

OPTIONS = (
    "system_prompt append_system_prompt max_turns allowed_tools disallowed_tools permission_mode "
    "resume continue_conversation cwd add_dirs dangerously_skip_permissions debug verbose model "
    "mcp_servers max_thinking_tokens output_format input_format tools strict_mcp_config session_id "
    "max_budget_usd fallback_model betas permission_prompt_tool_name cli_path settings env "
    "extra_args max_buffer_size debug_stderr stderr can_use_tool hooks user "
    "include_partial_messages include_hook_events forward_subagent_text verbatim_prompts "
    "fork_session resume_session_at resume_drops_turn agents setting_sources skills sandbox "
    "plugins thinking effort enable_file_checkpointing session_store session_store_flush "
    "load_timeout_ms task_budget client_app"
)

# Positional order that existing code relies on.
FIELDS = {
    "TextBlock": "text",
    "ThinkingBlock": "thinking signature",
    "ToolUseBlock": "id name input",
    "ToolResultBlock": "tool_use_id content is_error",
    "AssistantMessage": "content model parent_tool_use_id error usage message_id",
    "SystemMessage": "subtype data",
    "ResultMessage": "subtype duration_ms duration_api_ms is_error num_turns session_id",
    "StreamEvent": "uuid session_id event parent_tool_use_id",
    "HookMatcher": "matcher hooks timeout",
    "PermissionRuleValue": "tool_name rule_content",
    "PermissionUpdate": "type rules behavior mode directories destination",
    "ToolPermissionContext": "signal suggestions",
}

HEAVY = (
    "ahocorasick_rs mcp jsonschema IPython httpx keyring filelock starlette sqlite3 anyio asyncio "
    "msgspec psutil rich trio"
)


def loaded_by(code: str) -> set[str]:
    """Return the modules that a new interpreter has loaded after `code`."""
    process = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(process.stdout.split())


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_package_exports_names(names):
    for name in names.split():
        assert getattr(claude_notebook, name) is not None
        assert name in claude_notebook.__all__


def test_package_star_import():
    namespace: dict[str, object] = {}
    exec("from claude_notebook import *", namespace)

    assert set(claude_notebook.__all__) <= set(namespace)
    assert {"query", "ClaudeSDKClient", "TextBlock"} <= set(dir(claude_notebook))


def test_package_exports_all_errors():
    for name in errors.__all__:
        if name == "api_error":
            continue
        assert getattr(claude_notebook, name) is getattr(errors, name)
        assert issubclass(getattr(errors, name), errors.ClaudeSDKError)


def test_package_unknown_name_raises_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        claude_notebook.no_such_name  # noqa: B018


def test_options_have_all_fields_and_both_names():
    names = {field.name for field in dataclasses.fields(ClaudeCodeOptions)}

    assert ClaudeAgentOptions is ClaudeCodeOptions
    assert set(OPTIONS.split()) <= names


# --- comparison with the official SDK -------------------------------------------------------------


def fields_of(kind: type) -> set[str] | None:
    """Return the fields of a dataclass or a TypedDict, or None."""
    if dataclasses.is_dataclass(kind):
        return {field.name for field in dataclasses.fields(kind)}
    return set(kind.__annotations__) if is_typeddict(kind) else None


@pytest.fixture
def official() -> ModuleType:
    """The official SDK, which most environments have because its wheel includes the CLI."""
    return pytest.importorskip("claude_agent_sdk", reason="the official SDK is not installed")


def test_package_has_all_official_names(official):
    names = [name for name in official.__all__ if name != "__version__"]

    assert [name for name in names if not hasattr(claude_notebook, name)] == []
    assert [name for name in names if name not in claude_notebook.__all__] == []


def test_package_has_all_official_fields(official):
    missing = {}
    for name in official.__all__:
        fields = fields_of(getattr(official, name))
        if fields:
            missing[name] = fields - (fields_of(getattr(claude_notebook, name)) or set())

    assert {name: fields for name, fields in missing.items() if fields} == {}
    assert len(missing) > 80


def test_package_functions_have_official_signatures(official):
    """Positional arguments must also have the same order."""
    for name in official.__all__:
        theirs = getattr(official, name)
        if not inspect.isfunction(theirs):
            continue
        ours = getattr(claude_notebook, name)
        for number, parameter in enumerate(inspect.signature(theirs).parameters.values()):
            same = list(inspect.signature(ours).parameters.values())
            if parameter.kind is parameter.KEYWORD_ONLY:
                assert parameter.name in inspect.signature(ours).parameters, (name, parameter)
            else:
                assert same[number].name == parameter.name, (name, parameter)
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs), name


def test_types_module_has_official_names(official):
    from claude_notebook import types
    from claude_notebook.types import HookMatcher, SessionKey

    assert (HookMatcher, SessionKey) == (claude_notebook.HookMatcher, claude_notebook.SessionKey)
    names = {name for name in official.__all__ if hasattr(official.types, name)}
    assert names <= set(dir(types))
    with pytest.raises(AttributeError, match="no_such_name"):
        types.no_such_name  # noqa: B018


def test_errors_have_official_base_classes(official):
    for name in official.__all__:
        theirs = getattr(official, name)
        if inspect.isclass(theirs) and issubclass(theirs, Exception):
            ours = {base.__name__ for base in getattr(claude_notebook, name).__mro__}
            assert {base.__name__ for base in theirs.__mro__} <= ours


@pytest.mark.parametrize(("kind", "fields"), FIELDS.items())
def test_message_fields_keep_order(kind, fields):
    names = [field.name for field in dataclasses.fields(getattr(claude_notebook, kind))]

    assert names[: len(fields.split())] == fields.split()


def test_messages_can_be_created_without_arguments():
    for name in claude_notebook.__all__:
        kind = getattr(claude_notebook, name)
        if dataclasses.is_dataclass(kind) and kind.__module__.startswith(
            "claude_notebook.messages"
        ):
            assert kind() == kind()


def test_package_import_loads_nothing_heavy():
    loaded = loaded_by("import claude_notebook")

    assert not loaded & set(HEAVY.split())


@pytest.mark.parametrize(
    "code",
    [
        "from claude_notebook import *",
        "from claude_notebook import query, ClaudeSDKClient, ProcessTransport",
        "from claude_notebook.client import connect",
    ],
)
def test_sdk_imports_no_framework(code):
    loaded = loaded_by(code)

    assert "claude_notebook.client.query" in loaded or "connect" in code
    assert not loaded & {
        "ahocorasick_rs",
        "mcp",
        "jsonschema",
        "httpx",
        "starlette",
        "sqlite3",
        "claude_agent_sdk",
    }
    if "*" not in code:
        assert "IPython" not in loaded


def test_package_is_typed():
    assert (Path(claude_notebook.__file__).parent / "py.typed").exists()


def test_client_loads_what_few_conversations_need_on_first_use():
    loaded = loaded_by("from claude_notebook import query, ClaudeSDKClient")
    assert not loaded & {"httpx", "keyring", "filelock", "ahocorasick_rs", "mcp"}
