"""Requests of the CLI: each gets exactly one answer, even if its handler misbehaves."""

import asyncio
import logging
import re

import anyio
import pytest
from peer import Peer, connected, has_no_running_tasks

from claude_notebook import (
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
)
from claude_notebook.concurrency.tasks import BackgroundTask, spawn
from claude_notebook.messages import ResultMessage
from claude_notebook.protocol.control import ControlCancel

pytestmark = pytest.mark.anyio

RESULT = ResultMessage(result="done")


async def answer_to(peer: Peer, **request: object) -> dict:
    """Send a request of the CLI and return the client's answer."""
    peer.ask("q1", **request)
    return (await peer.hear("control_response"))["response"]


async def allow(tool: str, tool_input: dict, context: object) -> PermissionResultAllow:
    return PermissionResultAllow()


def returns(value: object):
    async def handler(*_: object) -> object:
        return value

    return handler


def raises(error: BaseException):
    async def handler(*_: object) -> object:
        raise error

    return handler


UPDATE = PermissionUpdate(
    "addRules", [PermissionRuleValue("Bash", "ls")], "allow", destination="session"
)

PERMISSIONS = [
    (allow, {"behavior": "allow", "updatedInput": {"command": "ls"}}),
    (
        returns(PermissionResultAllow(updated_input={"command": "pwd"})),
        {"behavior": "allow", "updatedInput": {"command": "pwd"}},
    ),
    (
        returns(PermissionResultAllow(updated_input={})),
        {"behavior": "allow", "updatedInput": {}},
    ),
    (
        returns(PermissionResultAllow(updated_permissions=[UPDATE])),
        {
            "behavior": "allow",
            "updatedInput": {"command": "ls"},
            "updatedPermissions": [
                {
                    "type": "addRules",
                    "rules": [{"toolName": "Bash", "ruleContent": "ls"}],
                    "behavior": "allow",
                    "destination": "session",
                }
            ],
        },
    ),
    (
        returns(PermissionResultDeny("no", interrupt=True)),
        {"behavior": "deny", "message": "no", "interrupt": True},
    ),
    (returns(None), "can_use_tool must return .* not NoneType"),
    (returns(True), "not bool"),
    (returns(PermissionResultAllow(updated_input={"x": object()})), "cannot be sent as JSON"),
    (raises(RuntimeError("blew up")), "blew up"),
    (raises(KeyError()), r"KeyError\(\)"),
    (None, "set can_use_tool"),
]


@pytest.mark.parametrize(("handler", "answer"), PERMISSIONS)
async def test_can_use_tool_results_are_encoded(handler, answer):
    peer = Peer()
    async with connected(peer, can_use_tool=handler) as client:
        response = await answer_to(
            peer, subtype="can_use_tool", tool_name="Bash", input={"command": "ls"}
        )
        assert len(client._connected.connection.requests_received) == 0

    assert response["request_id"] == "q1"
    if isinstance(answer, dict):
        assert (response["subtype"], response["response"]) == ("success", answer)
    else:
        assert response["subtype"] == "error"
        assert re.search(answer, response["error"])


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_can_use_tool_that_cancels_its_own_work_is_refused():
    async def handler(*_):
        dialog = asyncio.ensure_future(asyncio.sleep(60))
        dialog.cancel()
        await dialog

    peer = Peer()
    async with connected(peer, can_use_tool=handler):
        response = await answer_to(peer, subtype="can_use_tool", tool_name="Bash", input={})

    assert (response["subtype"], response["error"]) == ("error", "the handler was cancelled")


async def test_can_use_tool_receives_the_whole_context():
    calls = []

    async def handler(tool, tool_input, context):
        calls.append((tool, tool_input, context))
        return PermissionResultDeny()

    peer = Peer()
    async with connected(peer, can_use_tool=handler):
        await answer_to(
            peer,
            subtype="can_use_tool",
            tool_name="Write",
            input={"file_path": "x"},
            tool_use_id="t",
            agent_id="a",
            blocked_path="/x",
            decision_reason="because",
            title="Write?",
            requires_user_interaction=True,
            permission_suggestions=[
                {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
                UPDATE.to_dict(),
            ],
        )

    tool, tool_input, context = calls[0]
    assert (tool, tool_input) == ("Write", {"file_path": "x"})
    assert (context.tool_use_id, context.agent_id, context.title) == ("t", "a", "Write?")
    assert (context.blocked_path, context.decision_reason) == ("/x", "because")
    assert context.requires_user_interaction is True
    assert context.suggestions == [
        PermissionUpdate("setMode", mode="acceptEdits", destination="session"),
        UPDATE,
    ]


async def test_withdrawn_request_cancels_its_handler_without_an_answer():
    began, ended = anyio.Event(), anyio.Event()

    async def handler(*_):
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    peer = Peer()
    async with connected(peer, can_use_tool=handler) as client:
        peer.ask("q1", "can_use_tool", tool_name="Bash", input={})
        await began.wait()
        assert client._connected.has_open_requests
        peer.say(ControlCancel("never asked"))
        peer.withdraw("q1")
        await ended.wait()
        await anyio.wait_all_tasks_blocked()

        assert not client._connected.has_open_requests
        assert [line["type"] for line in peer.heard] == ["control_request"]


async def test_disconnect_cancels_open_requests():
    began, ended = anyio.Event(), anyio.Event()

    async def handler(*_):
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    peer = Peer()
    async with connected(peer, can_use_tool=handler):
        peer.ask("q1", "can_use_tool", tool_name="Bash", input={})
        await began.wait()

    assert ended.is_set()
    assert await has_no_running_tasks()


async def test_open_request_blocks_neither_messages_nor_other_requests():
    release = anyio.Event()

    async def handler(tool, *_):
        if tool == "slow":
            await release.wait()
        return PermissionResultAllow()

    peer = Peer()
    async with connected(peer, can_use_tool=handler) as client:
        peer.ask("q1", "can_use_tool", tool_name="slow", input={})
        peer.ask("q2", "can_use_tool", tool_name="quick", input={})
        peer.say(RESULT)
        assert [type(m) async for m in client.receive_response()] == [ResultMessage]
        quick = await peer.hear("control_response")
        release.set()
        slow = await peer.hear("control_response", 2)

    assert [line["response"]["request_id"] for line in (quick, slow)] == ["q2", "q1"]


@pytest.mark.parametrize(
    ("output", "wire"),
    [
        ({}, {}),
        (None, {}),
        ({"continue_": False, "stopReason": "x"}, {"continue": False, "stopReason": "x"}),
        ({"async_": True, "asyncTimeout": 5}, {"async": True, "asyncTimeout": 5}),
        ({"hookSpecificOutput": {"hookEventName": "Stop"}}, None),
    ],
)
async def test_hook_outputs_are_encoded(output, wire):
    calls = []

    async def hook(hook_input, tool_use_id, context):
        calls.append((hook_input, tool_use_id, context))
        return output

    peer = Peer()
    hooks = {"PreToolUse": [HookMatcher("Bash", [hook], timeout=5, on_failure="block")]}
    async with connected(peer, hooks=hooks):
        (matcher,) = peer.heard[0]["request"]["hooks"]["PreToolUse"]
        (hook_id,) = matcher.pop("hookCallbackIds")
        assert matcher == {"matcher": "Bash", "timeout": 5, "onFailure": "block"}
        response = await answer_to(
            peer, subtype="hook_callback", callback_id=hook_id, input={"a": 1}, tool_use_id="t"
        )

    assert calls == [({"a": 1}, "t", {"signal": None})]
    assert response["response"] == (output if wire is None else wire)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"subtype": "hook_callback", "callback_id": "Stop_9"}, "no hook has the id 'Stop_9'"),
        ({"subtype": "hook_callback", "callback_id": "Stop_0"}, "the hook blew up"),
        ({"subtype": "made_up"}, "does not answer 'made_up'"),
        ({"subtype": "mcp_message", "server_name": "x", "message": {}}, "mcp_message"),
    ],
)
async def test_unanswerable_request_is_refused_and_logged(request_, reason, caplog):
    hooks = {"Stop": [HookMatcher(None, [raises(RuntimeError("the hook blew up"))])]}
    peer = Peer()
    with caplog.at_level(logging.DEBUG):
        async with connected(peer, hooks=hooks) as client:
            response = await answer_to(peer, **request_)
            peer.say(RESULT)
            *notices, last = [m async for m in client.receive_response()]

    assert type(last) is ResultMessage
    assert response["subtype"] == "error"
    assert reason in response["error"]
    assert reason in caplog.text
    assert all(reason in notice.content for notice in notices)
    assert len(notices) == (request_.get("callback_id") == "Stop_0")


# --- exits and eager tasks ------------------------------------------------------------------------

REQUESTS = {
    "can_use_tool": {"tool_name": "Bash", "input": {}},
    "hook_callback": {"callback_id": "hook_0", "input": {"hook_event_name": "Stop"}},
}


@pytest.mark.parametrize("anyio_backend", ["trio"])
@pytest.mark.parametrize("exit_kind", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("subtype", ["can_use_tool", "hook_callback"])
async def test_exit_in_a_callback_under_trio_reaches_the_reader(subtype, exit_kind):
    async def leave(*_: object) -> object:
        raise exit_kind(3)

    peer = Peer()
    hooks = {"Stop": [HookMatcher(hooks=[leave])]}
    async with connected(peer, can_use_tool=leave, hooks=hooks) as client:
        request = dict(REQUESTS[subtype])
        if subtype == "hook_callback":
            sent = peer.heard[0]["request"]["hooks"]["Stop"][0]
            request["callback_id"] = sent["hookCallbackIds"][0]
        peer.ask("q1", subtype, **request)
        with anyio.fail_after(5), pytest.raises(exit_kind) as caught:
            [_ async for _ in client.receive_messages()]

    assert caught.value.args == (3,)


def test_exit_in_a_callback_under_trio_ends_the_program():
    async def leave(*_: object) -> object:
        raise SystemExit(7)

    async def main() -> None:
        peer = Peer()
        async with connected(peer, can_use_tool=leave) as client:
            peer.ask("q1", "can_use_tool", tool_name="Bash", input={})
            async for _ in client.receive_messages():
                pass

    with pytest.raises(SystemExit) as caught:
        anyio.run(main, backend="trio")
    assert caught.value.code == 7


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("waits", [0, 1, 3])
async def test_request_answered_during_its_start_is_no_longer_open(waits, monkeypatch):
    # Eager tasks run up to their first wait while they are created.
    def eager_spawn(function, name):
        coroutine = function()
        try:
            coroutine.send(None)  # to the first `sleep(0)`, if there is one
        except StopIteration:
            task = BackgroundTask(function, name)
            task.done = True
            return task

        async def rest() -> None:
            while True:
                try:
                    coroutine.send(None)
                except StopIteration:
                    return
                await asyncio.sleep(0)

        return spawn(rest, name)

    async def allow_later(*_: object) -> PermissionResultAllow:
        for _number in range(waits):
            await asyncio.sleep(0)
        return PermissionResultAllow()

    monkeypatch.setattr("claude_notebook.client.callbacks.answers.spawn", eager_spawn)
    peer = Peer()
    async with connected(peer, can_use_tool=allow_later) as client:
        answer = await answer_to(peer, subtype="can_use_tool", tool_name="Bash", input={})
        await anyio.wait_all_tasks_blocked()
        assert answer["subtype"] == "success"
        assert not client._session.has_open_requests
