"""Tests of `query()`: prompts, messages, failures, and cleanup after leaving the loop."""

import gc
from dataclasses import replace

import anyio
import pytest
from peer import Peer, has_no_running_tasks

from claude_notebook import ClaudeCodeOptions, query
from claude_notebook.errors import (
    ClaudeSDKError,
    OptionsError,
    ProcessError,
    RateLimitError,
    TransportClosedError,
)
from claude_notebook.messages import (
    CommandLifecycleMessage,
    Message,
    ResultMessage,
    StatusMessage,
    SystemMessage,
)

pytestmark = pytest.mark.anyio

STATUS = SystemMessage("status")
RESULT = ResultMessage(result="done")


class Answering(Peer):
    """A peer that answers every prompt like the CLI, and exits at the end of its input."""

    def __init__(self, *answers: Message, reports: bool = True, **peer_options: object) -> None:
        super().__init__(**peer_options)
        self._answers = answers or (STATUS, RESULT)
        self._reports = reports
        self.on_line = self._answer
        self._seen = set()

    def _answer(self, line: dict) -> None:
        if line["type"] != "user" or line["uuid"] in self._seen:
            return
        self._seen.add(line["uuid"])
        report = CommandLifecycleMessage(line["uuid"], "started")
        lines = (report, *self._answers, replace(report, state="completed"))
        self.say(*(lines if self._reports else self._answers))

    async def send_eof(self) -> None:
        await super().send_eof()
        self.end()


async def of(*messages: dict | Exception):
    """Yield a stream of prompts."""
    for message in messages:
        if isinstance(message, Exception):
            raise message
        yield message


async def for_ever(message: dict):
    yield message
    await anyio.sleep_forever()


def user(text: object, **fields: object) -> dict:
    return {"type": "user", "message": {"role": "user", "content": text}, **fields}


# --- prompts --------------------------------------------------------------------------------------

PROMPTS = {
    "text": (lambda: "hi", ["hi"]),
    "odd text": (lambda: "{x} $HOME \u2028\x00\ud800 🎉", ["{x} $HOME \u2028\x00? 🎉"]),
    "blocks": (lambda: [{"type": "text", "text": "a"}], [[{"type": "text", "text": "a"}]]),
    "a tuple": (lambda: ({"type": "text", "text": "a"},), [[{"type": "text", "text": "a"}]]),
    "a stream": (lambda: of(user("a"), user("b"), user([{"x": 1}])), ["a", "b", [{"x": 1}]]),
    "1 MB": (lambda: "é" * 1_000_000, ["é" * 1_000_000]),
}


@pytest.mark.parametrize("reports", [True, False])
@pytest.mark.parametrize(("prompt", "sent"), PROMPTS.values(), ids=PROMPTS)
async def test_query_sends_prompts_and_yields_answers(prompt, sent, reports):
    peer = Answering(reports=reports)

    messages = [message async for message in query(prompt=prompt(), transport=peer)]

    heard = [line for line in peer.heard if line["type"] == "user"]
    assert [line["message"]["content"] for line in heard] == sent
    assert all(line["session_id"] == "default" for line in heard)
    assert len({line["uuid"] for line in heard}) == len(sent)
    kinds = [type(m) for m in messages]
    assert kinds.count(ResultMessage) == kinds.count(StatusMessage) == len(sent)
    assert isinstance(messages[-1], ResultMessage)
    assert peer.eof
    assert await has_no_running_tasks()


async def test_query_sends_verbatim_prompts():
    peer = Answering()
    async for _ in query(
        prompt="/clear @x", transport=peer, options=ClaudeCodeOptions(verbatim_prompts=True)
    ):
        pass

    assert peer.heard[1]["client_composed"] is True


async def test_query_keeps_and_reports_the_callers_prompt_ids():
    peer = Answering()
    prompt = of(user("a", uuid="u1", session_id="s"), user("again", uuid="u1"))

    messages = [message async for message in query(prompt=prompt, transport=peer)]

    assert (peer.heard[1]["uuid"], peer.heard[1]["session_id"]) == ("u1", "s")
    states = [m.state for m in messages if isinstance(m, CommandLifecycleMessage)]
    assert states == ["started", "completed"]


async def test_query_with_an_empty_prompt_stream_ends():
    assert [m async for m in query(prompt=of(), transport=Answering())] == []


@pytest.mark.parametrize("prompt", ["", "  \n", [], (), 5, None, {"a": 1}, b"bytes"], ids=repr)
def test_query_rejects_an_invalid_prompt_at_once(prompt):
    with pytest.raises(OptionsError, match="prompt") as caught:
        query(prompt=prompt)

    assert caught.value.field == "prompt"
    assert isinstance(caught.value, ValueError)


def test_query_rejects_an_invalid_option_at_once():
    with pytest.raises(OptionsError):
        query(prompt="x", options=ClaudeCodeOptions(max_turns="many"))


@pytest.mark.parametrize(
    ("item", "kind", "reason"),
    [
        ("text", OptionsError, "each item of a prompt stream"),
        ({"type": "user"}, OptionsError, "each item of a prompt stream"),
        (user(""), OptionsError, "empty"),
        (user(7), OptionsError, "not int"),
        (user([object]), OptionsError, "cannot be sent as JSON"),
        (
            RuntimeError("my own"),
            ClaudeSDKError,
            r"the prompt stream failed: RuntimeError\('my own",
        ),
    ],
    ids=repr,
)
async def test_query_raises_a_prompt_stream_failure_in_the_loop(item, kind, reason):
    peer = Answering()
    seen = []

    async def read() -> None:
        async for message in query(prompt=of(user("a"), item), transport=peer):
            seen.append(message)

    with pytest.raises(kind, match=reason) as caught:
        await read()

    if isinstance(item, Exception):
        assert caught.value.__cause__ is item
    assert all(isinstance(message, (SystemMessage, ResultMessage)) for message in seen)
    assert await has_no_running_tasks()


# --- failures -------------------------------------------------------------------------------------


async def test_query_raises_an_api_failure_after_its_result():
    failed = ResultMessage(
        is_error=True, api_error_status=429, result="slow down", total_cost_usd=0.5
    )
    peer = Answering(failed)
    seen = []

    async def read() -> None:
        async for message in query(prompt="hi", transport=peer):
            seen.append(message)

    with pytest.raises(RateLimitError, match="slow down") as caught:
        await read()

    assert caught.value.result_message is seen[-1]
    assert seen[-1].cost_usd == 0.5
    assert await has_no_running_tasks()


@pytest.mark.parametrize("answered", [True, False])
async def test_query_raises_an_exit_before_the_answer(answered):
    peer = Peer(exit_code=1)
    peer.on_line = lambda line: (
        line["type"] == "user"
        and (
            peer.say(RESULT) if answered else None,
            peer.end(),
        )
    )
    seen = []

    async def read() -> None:
        async for message in query(prompt="hi", transport=peer):
            seen.append(message)

    if answered:
        await read()
        assert isinstance(seen[0], ResultMessage)
    else:
        with pytest.raises(ProcessError):
            await read()
        assert seen == []


async def test_query_stays_exhausted_after_the_end():
    stream = query(prompt="hi", transport=Answering())
    assert len([m async for m in stream]) == 2

    assert [m async for m in stream] == []
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


# --- leaving the loop -----------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", [lambda: "hi", lambda: for_ever(user("hi"))], ids=["text", "on"])
async def test_query_break_leaves_no_process(prompt):
    peer = Answering(STATUS, STATUS)

    async for _ in query(prompt=prompt(), transport=peer):
        break
    gc.collect()

    assert "kill" in peer.life
    assert await has_no_running_tasks()


@pytest.mark.parametrize("prompt", [lambda: "hi", lambda: for_ever(user("hi"))], ids=["text", "on"])
async def test_query_exception_in_the_loop_leaves_no_process(prompt):
    peer = Answering(STATUS, STATUS)

    async def read() -> None:
        async for _ in query(prompt=prompt(), transport=peer):
            raise KeyError("mine")

    with pytest.raises(KeyError):
        await read()
    gc.collect()

    assert "kill" in peer.life
    assert await has_no_running_tasks()


@pytest.mark.parametrize("at", ["initialize", "user", "messages"])
async def test_query_cancelled_loop_leaves_no_process(at):
    peer = Peer(greets=at != "initialize")
    peer.on_line = lambda line: line["type"] == "user" and peer.say(STATUS)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:

            async def cancel() -> None:
                await peer.hear("initialize" if at == "initialize" else "user")
                if at == "messages":
                    await anyio.wait_all_tasks_blocked()
                scope.cancel()

            group.start_soon(cancel)
            async for _ in query(prompt="hi", transport=peer):
                pass

    assert scope.cancelled_caught
    assert "aclose 0" in peer.life
    assert await has_no_running_tasks()


async def test_query_context_manager_ends_it_at_once():
    peer = Answering(STATUS, STATUS)
    async with query(prompt="hi", transport=peer) as stream:
        assert isinstance(await anext(stream), SystemMessage)

    assert "aclose 0" in peer.life
    assert "kill" not in peer.life
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert await has_no_running_tasks()


async def test_query_that_is_never_read_starts_nothing():
    peer = Answering()
    stream = query(prompt="hi", transport=peer)
    del stream
    gc.collect()

    assert peer.life == []


async def test_query_raises_a_failed_transport_open():
    class Shut(Peer):
        async def open(self) -> None:
            raise TransportClosedError("not today")

    stream = query(prompt="hi", transport=Shut())
    with pytest.raises(TransportClosedError, match="not today"):
        await anext(stream)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_query_delivers_all_messages_in_order():
    lines = [SystemMessage("x", {"n": n}) for n in range(5000)]
    peer = Answering(*lines, RESULT)

    numbers = [
        message.data["n"]
        async for message in query(prompt="hi", transport=peer)
        if isinstance(message, SystemMessage)
    ]

    assert numbers == list(range(5000))


# --- fields of prompt streams ---------------------------------------------------------------------


def user(content: str, **fields: object) -> dict:
    return {"type": "user", "message": {"role": "user", "content": content}, **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"parent_tool_use_id": "toolu_1"},
        {"priority": "now", "shouldQuery": False},
        {"isSynthetic": True},
        {"origin": {"kind": "human"}, "timestamp": "2026-01-02T03:04:05Z"},
        {"tool_use_result": {"a": [1]}},
        {"field_of_tomorrow": None},
    ],
)
async def test_query_passes_on_fields_of_prompt_streams(fields):
    peer = Answering()

    [_ async for _ in query(prompt=of(user("hi", session_id="s", **fields)), transport=peer)]

    sent = next(line for line in peer.heard if line["type"] == "user")
    assert {name: sent[name] for name in fields} == fields
    assert (sent["session_id"], sent["message"]["content"]) == ("s", "hi")
