"""Cassette transport: replay recorded turns, record the others."""

import anyio
import pytest
from turns import texts, turn

from claude_notebook import (
    ClaudeCodeOptions,
    HookMatcher,
    PermissionResultAllow,
    create_sdk_mcp_server,
    query,
    tool,
)
from claude_notebook.errors import CassetteError, ControlRequestError, ProcessError
from claude_notebook.recording.cassette_transport import CassetteTransport
from claude_notebook.recording.format import Cassette
from claude_notebook.replay import Replay

pytestmark = pytest.mark.anyio


async def test_mode_only_plays_without_process(studio):
    question = await studio.talk("record", ["one", "two"])
    assert studio.asked == ["one", "two"]

    played = await studio.talk("only", ["one", "two"])

    assert studio.started == []
    assert [r.result for r in played] == ["You said: one", "You said: two"]
    assert [r.cost_usd for r in played] == [0.25, 0.25]
    assert [r.uuid for r in played] == [r.uuid for r in question]
    assert [r.session_id for r in played] == ["echo-1", "echo-1"]
    assert len(studio.notes_of_kind("played")) == 2


async def test_mode_auto_records_missing_turns(studio):
    await studio.talk("auto", ["one"])
    assert studio.asked == ["one"]
    await studio.talk("auto", ["one"])
    assert studio.asked == []
    assert len(studio.files) == 1


async def test_mode_record_replaces_recording(studio):
    await studio.talk("record", ["one"])
    studio.session_id = "echo-2"
    await studio.talk("record", ["one"])
    (result,) = await studio.talk("only", ["one"])
    assert result.session_id == "echo-2"
    assert len(studio.files) == 1


async def test_mode_auto_rerecords_from_edited_turn(studio, monkeypatch):
    await studio.talk("record", ["one", "two", "three"])
    with pytest.raises(CassetteError, match="recorded on another machine"):
        await studio.talk("auto", ["one", "2", "three"])
    assert studio.asked == []

    await studio.talk("auto", ["1", "two", "three"])
    assert studio.asked == ["1", "two", "three"]
    assert "“one”" in studio.notes_of_kind("recorded")[0]
    assert len(studio.files) == 6


async def test_repeated_prompt_has_two_recordings(studio):
    await studio.talk("record", ["one", "one"])
    assert len(studio.files) == 2
    headers = [Cassette(path).header for path in studio.files]
    assert headers[1]["continues"] == headers[0]["key"]


async def test_miss_names_prompt_and_nearest_recording(studio):
    with pytest.raises(CassetteError, match="The folder has no recordings"):
        await studio.talk("only", ["tell me a story"])
    await studio.talk("record", ["tell me a story", "shorter"])
    with pytest.raises(CassetteError) as caught:
        await studio.talk("only", ["tell me a tale"])
    message = str(caught.value)
    assert "“tell me a tale” as turn 1" in message
    assert studio.files[0].name in message
    assert "“tell me a story”" in message
    assert studio.started == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model": "opus"}, "model was not set, now 'opus'"),
        ({"allowed_tools": ["Bash"]}, "allowed_tools was not set, now ['Bash']"),
        ({"permission_mode": "plan"}, "permission_mode was 'acceptEdits', now 'plan'"),
    ],
)
async def test_miss_names_differing_option(studio, change, told):
    await studio.talk("record", ["one"])
    options = ClaudeCodeOptions(**{"cwd": studio.cwd, "permission_mode": "acceptEdits", **change})
    with pytest.raises(CassetteError) as caught:
        await studio.talk("only", ["one"], options=options)
    assert told in str(caught.value)


async def test_key_ignores_irrelevant_options(studio, tmp_path):
    await studio.talk("record", ["one"])
    elsewhere = ClaudeCodeOptions(
        cwd=tmp_path,
        permission_mode="acceptEdits",
        env={"A": "b"},
        idle_timeout=3,
        include_partial_messages=True,
    )
    (result,) = await studio.talk("only", ["one"], options=elsewhere)
    assert result.result == "You said: one"


async def test_key_includes_model_and_mode_set_later(studio):
    async def talk(mode: str, model: str | None) -> str:
        async with studio.client(mode) as client:
            await client.set_model(model)
            await client.set_permission_mode("acceptEdits")
            return (await turn(client, "one"))[-1].result

    await talk("record", "opus")
    assert await talk("only", "opus") == "You said: one"
    with pytest.raises(CassetteError, match="model was 'opus', now not set"):
        await talk("only", None)


async def test_recording_replaces_working_directory_by_mark(studio, tmp_path):
    await studio.talk("record", [f"Read {studio.cwd}/a.csv"])
    (file,) = studio.files
    assert str(tmp_path) not in file.read_text()
    other = tmp_path / "elsewhere"
    other.mkdir()
    options = ClaudeCodeOptions(cwd=other, permission_mode="acceptEdits")
    async with studio.client("only", options=options) as client:
        messages = await turn(client, f"Read {other}/a.csv")
    assert texts(messages) == [f"You said: Read {other}/a.csv"]


# --- questions ------------------------------------------------------------------------------------


async def test_playback_repeats_recorded_permissions(studio):
    questions = []

    async def allow(*call):
        questions.append(call)
        return PermissionResultAllow()

    options = ClaudeCodeOptions(cwd=studio.cwd, can_use_tool=allow)
    await studio.talk("record", ["ask"], options=options)
    (result,) = await studio.talk("only", ["ask"], options=options)
    assert result.result == "Bash: allow"
    assert len(questions) == 1
    assert studio.notes_of_kind("approved") == ["Bash: allowed, as recorded."]


def sums(answer: int, about: str = "Adds.") -> ClaudeCodeOptions:
    @tool("add", about, {"a": int, "b": int})
    async def add(args):
        return {"content": [{"type": "text", "text": str(answer)}]}

    return ClaudeCodeOptions(mcp_servers={"sums": create_sdk_mcp_server("sums", tools=[add])})


async def test_run_tools_reports_differing_tool_result(studio):
    await studio.talk("record", ["call"], options=sums(3))
    (same,) = await studio.talk("only", ["call"], options=sums(3), run_tools=True)
    assert '"3"' in same.result
    assert studio.notes_of_kind("differs") == []

    (other,) = await studio.talk("only", ["call"], options=sums(4), run_tools=True)
    assert '"3"' in other.result
    (message,) = studio.notes_of_kind("differs")
    assert message.startswith("The tool add now answers")


async def test_key_includes_tool_descriptions(studio):
    await studio.talk("record", ["call"], options=sums(3))
    with pytest.raises(CassetteError, match="own_tools was"):
        await studio.talk("only", ["call"], options=sums(3, "Adds two numbers."))


async def test_run_tools_reports_differing_hook_output(studio):
    def hooked(answer: dict) -> ClaudeCodeOptions:
        async def hook(*_):
            return answer

        return ClaudeCodeOptions(hooks={"Stop": [HookMatcher(hooks=[hook])]})

    await studio.talk("record", ["hook"], options=hooked({"systemMessage": "a"}))
    await studio.talk("only", ["hook"], options=hooked({"systemMessage": "a"}), run_tools=True)
    assert studio.notes_of_kind("differs") == []
    await studio.talk("only", ["hook"], options=hooked({"systemMessage": "b"}), run_tools=True)
    (message,) = studio.notes_of_kind("differs")
    assert message.startswith("The hook Stop_0 now answers")
    # A hook that no longer exists cannot answer, but the turn continues.
    (result,) = await studio.talk("only", ["hook"], options=ClaudeCodeOptions(), run_tools=True)
    assert "systemMessage" in result.result


# --- control --------------------------------------------------------------------------------------


async def test_interrupt_stops_playback(studio):
    await studio.talk("record", ["one", "two"])
    async with studio.client("only", speed=1e-6) as client:
        await client.query("one")
        await client.interrupt()
        messages = [message async for message in client.receive_response()]
        assert messages[-1].terminal_reason == "aborted_streaming"
        assert (await turn_at_once(client, studio, "two")).result == "You said: two"


async def turn_at_once(client, studio, prompt):
    client._connected.transport._replay = Replay(studio.folder, "only")
    return (await turn(client, prompt))[-1]


async def test_playback_refuses_requests_that_need_cli(studio):
    await studio.talk("record", ["one"])
    async with studio.client("only") as client:
        assert (await client.get_usage())["session"]["total_cost_usd"] == 0
        await turn(client, "one")
        assert (await client.get_usage())["session"]["total_cost_usd"] == 0.25
        with pytest.raises(ControlRequestError, match="played from a recording"):
            await client.get_context_usage()
        assert client.pid is None
        assert (await client.get_server_info())["hook_on_failure_supported"]


async def test_playback_repeats_process_failure(studio):
    with pytest.raises(ProcessError):
        await studio.talk("record", ["die"])
    with pytest.raises(ProcessError) as caught:
        await studio.talk("only", ["die"])
    assert caught.value.exit_code == 3
    assert caught.value.stderr == "it died"
    assert studio.started == []


async def test_resume_continues_recorded_conversation_in_new_client(studio):
    replay = Replay(studio.folder, "record")

    async def ask(replay, prompt, resume=None):
        options = ClaudeCodeOptions(cwd=studio.cwd, resume=resume)
        tape = CassetteTransport(replay, options, studio._launch)
        return [m async for m in query(prompt=prompt, options=options, transport=tape)][-1]

    for replay in (Replay(studio.folder, "record"), Replay(studio.folder, "only")):
        first = await ask(replay, "one")
        second = await ask(replay, "two", first.session_id)
        assert second.result == "You said: two"
    assert studio.asked == ["one", "two"]
    headers = [Cassette(path).header for path in studio.files]
    assert [header["number"] for header in headers] == [1, 2]


async def test_several_prompts_of_a_stream_are_played(studio):
    async def prompts():
        for text in ("one", "two", "three"):
            yield {"type": "user", "message": {"role": "user", "content": text}}

    async def ask(mode):
        replay = Replay(studio.folder, mode)
        options = ClaudeCodeOptions(cwd=studio.cwd)
        tape = CassetteTransport(replay, options, studio._launch)
        with anyio.fail_after(30):
            stream = query(prompt=prompts(), options=options, transport=tape)
            return [message async for message in stream]

    output = texts(await ask("record"))
    assert output == ["You said: one", "You said: two", "You said: three"]
    count = len(studio.asked)
    assert texts(await ask("only")) == output
    assert len(studio.asked) == count
