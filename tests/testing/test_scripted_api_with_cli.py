"""The scripted API under the real CLI, without failures."""

import json
import uuid
from pathlib import Path

import pytest
from raw_cli import RawCLI, deltas, systems, texts, tool_results

from claude_notebook.testing import ScriptedAPI, Step, Think, Use, clean_environment, script

ALLOWED = ("--allowedTools", "Bash Read Write Agent", "--include-partial-messages")


@pytest.fixture(scope="module")
def api():
    with ScriptedAPI() as api:
        yield api


@pytest.fixture(scope="module")
def cli(claude_cli, api, tmp_path_factory):
    """One process for all tests of this module; each test is a turn of its conversation."""
    home = tmp_path_factory.mktemp("home")
    environment = clean_environment(api.url, home)
    with RawCLI(claude_cli, *ALLOWED, env=environment, cwd=home / "project") as cli:
        yield cli


def result(messages: list[dict]) -> dict:
    assert messages[-1]["type"] == "result"
    return messages[-1]


def test_scripted_api_echoes_plain_prompt(cli):
    messages = cli.turn('What is {x}? 100 % $HOME "quoted" 🎉')

    assert texts(messages) == ['You said: What is {x}? 100 % $HOME "quoted" 🎉']
    assert result(messages)["is_error"] is False


def test_scripted_api_streams_chunks_of_step(cli):
    messages = cli.turn(script(Step("abcdefgh", chunk=3)))

    assert deltas(messages) == ["abc", "def", "gh"]
    assert result(messages)["result"] == "abcdefgh"


def test_scripted_tools_run_step_by_step(cli):
    path = str(cli.cwd / "notes é.txt")
    messages = cli.turn(
        script(
            Use("Write", {"file_path": path, "content": "naïve 🎉\n"}),
            Use("Read", {"file_path": path}),
            ["Now count it.", Use("Bash", {"command": f"wc -c < '{path}'"})],
            "Written, read and counted.",
        )
    )

    assert Path(path).read_text(encoding="utf-8") == "naïve 🎉\n"
    written, read, counted = tool_results(messages)
    assert not written.get("is_error")
    assert "naïve 🎉" in read["content"]
    assert counted["content"].strip() == "12"
    assert texts(messages) == ["Now count it.", "Written, read and counted."]


def test_scripted_step_with_several_tools_is_one_answer(cli, api):
    before = len(api.turns)
    messages = cli.turn(
        script([Use("Bash", {"command": f"echo {name}"}) for name in "abc"], "All three.")
    )

    assert sorted(block["content"] for block in tool_results(messages)) == ["a", "b", "c"]
    assert [request.step for request in api.turns[before:]] == [1, 2]


def test_scripted_blocks_keep_order(cli):
    messages = cli.turn(
        script([Think("I wonder."), "Let me see.", Use("Bash", {"command": "true"})], "Seen.")
    )

    kinds = [
        block["type"]
        for message in messages
        if message["type"] == "assistant"
        for block in message["message"]["content"]
    ]
    assert kinds == ["thinking", "text", "tool_use", "text"]


def test_scripted_subagent_has_own_script(cli):
    agent = Use(
        "Agent",
        {
            "description": "Look around",
            "prompt": script(Use("Bash", {"command": "echo from below"}), "I looked around."),
            "subagent_type": "general-purpose",
            "run_in_background": False,
        },
    )
    messages = cli.turn(script(agent, "The agent is back."))

    below = [message for message in messages if message.get("parent_tool_use_id")]
    assert [block["content"] for block in tool_results(below)] == ["from below"]
    above = [message for message in messages if not message.get("parent_tool_use_id")]
    (report,) = tool_results(above)
    assert "I looked around." in json.dumps(report["content"])
    assert texts(messages) == ["The agent is back."]


def test_earlier_script_does_not_continue_in_later_turn(cli):
    cli.turn(script("one", "never spoken", "never spoken either"))
    again = cli.turn(script("two"))
    plain = cli.turn("and now?")

    assert texts(again) == ["two"]
    assert texts(plain) == ["You said: and now?"]


def steer(cli, words: str, *steps) -> list[dict]:
    """Send `words` while the first step's tool runs, and return the remaining messages."""
    gate = cli.cwd / f"gate-{len(cli.messages)}"
    wait = f"until [ -e '{gate}' ]; do sleep 0.05; done; echo open"
    cli.prompt(script(Use("Bash", {"command": wait}), *steps))
    cli.until(lambda message: message["type"] == "assistant")
    cli.prompt(words, uuid=str(uuid.uuid4()))
    cli.until(lambda message: message["type"] == "command_lifecycle")
    gate.touch()
    return cli.until_result()


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "opus"])
def test_steering_words_do_not_advance_script(cli, api, model):
    # An older model receives such words in the tool's result, a newer one in a separate message.
    assert cli.control("set_model", model=model)["subtype"] == "success"
    messages = steer(cli, "Hurry, please.", "The script's second step.", "not reached")

    assert "Hurry, please." in json.dumps(api.turns[-1].body["messages"][-2:])
    assert texts(messages) == ["The script's second step."]
    assert texts(cli.turn("still there?")) == ["You said: still there?"]


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "opus"])
def test_steering_script_replaces_running_one(cli, model):
    assert cli.control("set_model", model=model)["subtype"] == "success"
    messages = steer(cli, script("Steered."), "not spoken")

    assert texts(messages) == ["Steered."]


def test_interrupted_script_does_not_continue(cli):
    cli.prompt(script(Step("word " * 400, chunk=5, delay=0.02), "not reached"))
    cli.until(lambda message: message["type"] == "stream_event" and "text_delta" in str(message))
    assert cli.control("interrupt")["subtype"] == "success"
    stopped = cli.until_result()

    assert result(stopped)["subtype"] == "error_during_execution"
    assert texts(cli.turn("go on")) == ["You said: go on"]


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded", "refusal"])
def test_script_continues_after_early_stop(cli, reason):
    messages = cli.turn(script(Step("cut off", stop_reason=reason), "and resumed"))

    assert texts(messages)[-1] == "and resumed"
    assert result(messages)["is_error"] is False


def test_script_survives_compaction(cli):
    full = Step(Use("Bash", {"command": "echo full"}), usage={"input_tokens": 2_000_000})
    messages = cli.turn(
        script(
            Use("Bash", {"command": "echo first"}),
            full,
            Use("Bash", {"command": "echo after"}),
            "Finished.",
        )
    )

    assert systems(messages, "compact_boundary")
    assert [block["content"] for block in tool_results(messages)] == ["first", "full", "after"]
    assert texts(messages) == ["Finished."]


def test_background_agent_returns_to_same_script(cli):
    gate = cli.cwd / "agent-gate"
    wait = f"until [ -e '{gate}' ]; do sleep 0.05; done; echo open"
    below = script(Use("Bash", {"command": wait}), "Looked.")
    agent = {"description": "Look", "prompt": below, "subagent_type": "general-purpose"}
    started = cli.turn(script(Use("Agent", agent), "Started.", "It came back."))
    gate.touch()
    messages = cli.until(lambda message: "It came back." in texts([message]))
    messages += cli.until_result()

    assert texts(started) == ["Started."]
    assert texts(messages) == ["It came back."]


def test_scripted_usage_is_reported(cli):
    messages = cli.turn(script(Step("ok", usage={"input_tokens": 1234, "output_tokens": 56})))

    assert result(messages)["usage"]["input_tokens"] == 1234
    assert result(messages)["usage"]["output_tokens"] == 56


def test_session_title_and_summary_do_not_affect_script(cli, api):
    title = cli.control("generate_session_title", description=script("not a title"), persist=False)
    compacted = cli.turn("/compact")
    after = cli.turn(script("after"))

    assert title["response"] == {"title": "Scripted"}
    assert systems(compacted, "compact_boundary")
    assert texts(after) == ["after"]
    assert {request.kind for request in api.requests} >= {"turn", "side"}
