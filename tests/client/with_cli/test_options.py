"""Effects of options on requests to the model and on the CLI's messages."""

import dataclasses
import getpass
import json
from pathlib import Path

import pydantic
import pytest
from turns import texts, turn

from claude_notebook import (
    AgentDefinition,
    ClaudeSDKClient,
    InitMessage,
    PermissionResultDeny,
    ResultMessage,
    ToolResultBlock,
    UserMessage,
    query,
)
from claude_notebook.errors import CLIJSONDecodeError, ControlRequestError
from claude_notebook.permissions import allow_list, inside
from claude_notebook.testing import Status, Step, Use, script

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


async def ask(prompt: str, options: object) -> list:
    return [message async for message in query(prompt=prompt, options=options)]


def results(messages: list) -> list[ToolResultBlock]:
    return [
        block
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    ]


def system_of(request: object) -> str:
    return json.dumps(request.body["system"])


# --- requests to the model ------------------------------------------------------------------------


async def test_options_shape_the_request_to_the_model(real_options, scripted_api):
    options = real_options(
        model="claude-opus-4-8",
        effort="high",
        betas=["context-1m-2025-08-07"],
        task_budget={"total": 50_000},
        system_prompt="YOU ARE A TEST",
        append_system_prompt="AND BRIEF",
        tools=["Bash", "Read"],
        disallowed_tools=["Bash"],
        permission_mode="plan",
        client_app="my-app/1.0",
        settings='{"env": {"FROM_SETTINGS": "1"}}',
    )
    messages = await ask("hello", options)

    (request,) = scripted_api.turns
    assert request.body["model"] == "claude-opus-4-8"
    assert request.body["output_config"]["effort"] == "high"
    assert request.body["output_config"]["task_budget"]["total"] == 50_000
    assert "YOU ARE A TEST\\n\\nAND BRIEF" in system_of(request)
    names = [tool["name"] for tool in request.body["tools"]]
    assert ("Read" in names, "Bash" in names, "Write" in names) == (True, False, False)
    assert "context-1m-2025-08-07" in request.headers["anthropic-beta"]
    assert "my-app/1.0" in request.headers["user-agent"]
    assert isinstance(messages[0], InitMessage)
    assert messages[0].data["permissionMode"] == "plan"


async def test_system_prompt_is_read_from_a_file(real_options, scripted_api, tmp_path):
    (tmp_path / "prompt.md").write_text("FROM A FILE")
    prompt_file = {"type": "file", "path": str(tmp_path / "prompt.md")}
    await ask("hello", real_options(system_prompt=prompt_file))

    assert "FROM A FILE" in system_of(scripted_api.turns[0])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, ("enabled", 2048)),
        ({"thinking": {"type": "disabled"}, "max_thinking_tokens": 2048}, ("disabled", None)),
        ({"max_thinking_tokens": 3000}, ("enabled", 3000)),
    ],
)
async def test_thinking_options_reach_the_model(fields, expected, real_options, scripted_api):
    await ask("hello", real_options(model="claude-haiku-4-5", **fields))

    thinking = scripted_api.turns[0].body.get("thinking") or {"type": "disabled"}
    assert (thinking["type"], thinking.get("budget_tokens")) == expected


async def test_fallback_model_replaces_an_overloaded_model(real_options, scripted_api):
    overloaded = script(Step("At last.", fails=Status(529, times=3)))
    options = real_options(model="claude-opus-4-8", fallback_model="claude-haiku-4-5")
    messages = await ask(overloaded, options)

    models = [request.body["model"] for request in scripted_api.turns]
    assert (models[0], models[-1]) == ("claude-opus-4-8", "claude-haiku-4-5")
    assert texts(messages)[-1] == "At last."


# --- features of Claude Code ----------------------------------------------------------------------


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def test_options_provide_skills_plugins_and_folders(
    real_options, scripted_api, project, tmp_path
):
    write(project / "CLAUDE.md", "OF THE PROJECT")
    write(project / ".claude" / "settings.json", '{"model": "claude-haiku-4-5"}')
    write(project / ".claude/skills/greet/SKILL.md", "---\ndescription: Greet.\n---\nSay hello.")
    write(tmp_path / "plug/.claude-plugin/plugin.json", '{"name": "plug", "version": "1.0.0"}')
    write(tmp_path / "plug/commands/shout.md", "Shout.")
    write(tmp_path / "beside" / "note.txt", "BESIDE THE PROJECT")
    options = real_options(
        system_prompt={"type": "preset", "preset": "claude_code", "append": "APPENDED"},
        setting_sources=["project"],
        skills=["greet"],
        plugins=[{"type": "local", "path": str(tmp_path / "plug")}],
        add_dirs=[tmp_path / "beside"],
        agents={"critic": AgentDefinition("Finds faults.", "You are a critic.", tools=["Read"])},
        sandbox={"enabled": False, "excludedCommands": ["docker"]},
        env={"OF_THE_CALLER": "yes"},
        allowed_tools=["Bash"],
        user=getpass.getuser(),
    )
    read = Use("Read", {"file_path": f"{tmp_path}/beside/note.txt"})
    async with ClaudeSDKClient(options) as client:
        call = Use("Bash", {"command": "echo $OF_THE_CALLER"})
        messages = await turn(client, script([read, call], "Done."))
        settings = await client.get_settings()

    body = json.dumps(scripted_api.turns[0].body)
    assert "APPENDED" in body
    assert "OF THE PROJECT" in body
    assert scripted_api.turns[0].body["model"] == "claude-haiku-4-5"
    blocks, echoed = results(messages)
    assert "BESIDE THE PROJECT" in blocks.content
    assert echoed.content == "yes"
    init = messages[0].data
    assert "critic" in init["agents"]
    assert "greet" in init["skills"]
    assert "plug:shout" in init["slash_commands"]
    assert "plug" in [plugin["name"] for plugin in init["plugins"]]
    assert settings["effective"]["sandbox"]["excludedCommands"] == ["docker"]


async def test_empty_setting_sources_ignore_the_project(real_options, scripted_api, project):
    write(project / "CLAUDE.md", "OF THE PROJECT")
    write(project / ".claude" / "settings.json", '{"model": "claude-haiku-4-5"}')
    write(project / "own.json", '{"model": "claude-opus-4-8"}')
    await ask("hello", real_options(setting_sources=[], settings="own.json"))

    assert "OF THE PROJECT" not in json.dumps(scripted_api.turns[0].body)
    assert scripted_api.turns[0].body["model"] == "claude-opus-4-8"


async def test_bypass_permissions_allows_every_tool(real_options, project):
    prompt = script(Use("Bash", {"command": "touch a"}), "Done.")
    options = real_options(dangerously_skip_permissions=True, env={"IS_SANDBOX": "1"})
    messages = await ask(prompt, options)

    assert messages[0].data["permissionMode"] == "bypassPermissions"
    assert (project / "a").exists()


# --- reports --------------------------------------------------------------------------------------


async def test_stderr_callback_receives_the_debug_log_by_line(real_options):
    lines: list[str] = []
    options = real_options(debug=True, stderr=lines.append, extra_args={"name": "--a name"})

    assert texts(await ask("hello", options)) == ["You said: hello"]
    assert len(lines) > 10
    assert not any(line.endswith("\n") for line in lines)


async def test_max_buffer_size_limits_a_line(real_options):
    with pytest.raises(ControlRequestError, match=r"'initialize': .* max_buffer_size, 500 bytes"):
        await ask("hello", real_options(max_buffer_size=500))

    async with ClaudeSDKClient(real_options(max_buffer_size=200_000)) as client:
        await client.query(script("x" * 300_000))
        with pytest.raises(CLIJSONDecodeError, match="max_buffer_size, 200000 bytes"):
            async for _ in client.receive_response():
                pass


# --- structured output ---------------------------------------------------------------------------


@dataclasses.dataclass
class Place:
    name: str
    people: int = 0


@dataclasses.dataclass
class Trip:
    title: str
    places: list[Place]


class City(pydantic.BaseModel):
    name: str
    people: int


VALUE = {"title": "North", "places": [{"name": "Oslo", "people": 7}]}
CITY_SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
OUTPUTS = [
    ({"type": "json_schema", "schema": CITY_SCHEMA}, {"name": "Oslo"}, {"name": "Oslo"}),
    (Trip, VALUE, Trip("North", [Place("Oslo", 7)])),
    (City, {"name": "Oslo", "people": 7}, City(name="Oslo", people=7)),
]


@pytest.mark.parametrize(("form", "value", "expected"), OUTPUTS, ids=["dict", "dataclass", "model"])
async def test_output_format_returns_structured_output(
    form, value, expected, real_options, scripted_api
):
    prompt = script(Use("StructuredOutput", value), "Done.")
    *_, result = await ask(prompt, real_options(output_format=form))

    assert isinstance(result, ResultMessage)
    assert result.structured_output == expected
    assert type(result.structured_output) is type(expected)
    (tool,) = (t for t in scripted_api.turns[0].body["tools"] if t["name"] == "StructuredOutput")
    assert "name" in json.dumps(tool["input_schema"])


# --- resume ---------------------------------------------------------------------------------------


async def test_resume_session_at_continues_from_a_message(real_options, scripted_api):
    async with ClaudeSDKClient(real_options()) as client:
        first = await turn(client, "The word is plum.")
        await turn(client, "The word is pear.")
    at = next(message.uuid for message in first if texts([message]))
    where = {"resume": first[-1].session_id, "resume_session_at": at}
    *_, result = await ask("Which word?", real_options(**where, fork_session=True))

    request = json.dumps(scripted_api.turns[-1].body["messages"])
    assert ("plum" in request, "pear" in request) == (True, False)
    assert result.session_id != first[-1].session_id


# --- policies ------------------------------------------------------------------------------------


async def test_policies_deny_files_and_commands(real_options, scripted_api, project, tmp_path):
    # The attempts reach for files outside of the folder, and for a second command.
    write(tmp_path / "outside" / "secret.txt", "TOP SECRET")
    write(project / "src" / "a.txt", "inside")
    (project / "src" / "link").symlink_to(tmp_path / "outside")
    outside = f"{tmp_path}/outside/secret.txt"
    ways = [
        *(outside, f" {outside}", f"{outside} ", "../outside/secret.txt", "src/link/secret.txt"),
        *("src/../../outside/secret.txt", f"//{outside}", f"{outside}/", f"{outside}\n"),
    ]
    reads = [Use("Read", {"file_path": way}) for way in ways]
    commands = [f"cat {outside}", f"echo a; cat {outside}", f"echo $(cat {outside})"]
    commands += [f"echo a\ncat {outside}", f"echo a && cat {outside}", f"echo `cat {outside}`"]
    runs = [Use("Bash", {"command": command}) for command in commands]
    writes = [
        Use("Write", {"file_path": path, "content": "x"})
        for path in ("src/b.txt", "src/link/b.txt", "c.txt", f"{tmp_path}/outside/b.txt")
    ]
    tools: list[str] = []

    async def refused(tool, tool_input, context):
        tools.append(tool)
        return PermissionResultDeny("Not that one.")

    policy = inside(
        "src", cwd=project, otherwise=allow_list("Bash(echo *)", cwd=project, otherwise=refused)
    )
    async with ClaudeSDKClient(real_options(can_use_tool=policy)) as client:
        steps = [*reads, *runs, *writes, Use("Bash", {"command": "echo fine > /dev/null"})]
        messages = await turn(client, script(*steps, Use("Bash", {"command": "echo a"}), "Done."))

    assert texts(messages) == ["Done."]
    blocks = results(messages)
    assert [block.content for block in blocks if "TOP SECRET" in str(block.content)] == []
    assert all("TOP SECRET" not in json.dumps(request.body) for request in scripted_api.turns)
    assert sum(block.content == "Not that one." for block in blocks) == len(tools)
    assert tools.count("Read") == len(reads)
    assert tools.count("Bash") >= len(commands)
    assert (project / "src" / "b.txt").exists()
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["secret.txt"]
    assert not (project / "c.txt").exists()
    assert blocks[-1].content == "a"
