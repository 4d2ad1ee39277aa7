"""Selects the script step for a request. This is pure: a request body in, a cue out.

No state is kept between requests, because the conversation in the request shows the position in the
script. The CLI adds a lot to a user's prompts (reminders, notes about its tools, its own requests
such as one for the session's name). These additions must neither advance a script nor count as
prompts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..messages.json_fields import Fields, as_object
from .notation import OPEN, find_script, script
from .steps import Say, Step, Use

if TYPE_CHECKING:
    from ..messages import JSON, JSONObject

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)

# A prompt sent while a tool is running arrives in this form, either after or inside the tool's
# result.
_STEERING = "The user sent a new message while you were working:"

_STOPPED = "[Request interrupted"

_SUMMARY_REQUEST = "CRITICAL: Respond with TEXT ONLY."

# Prefixes of texts that the CLI writes in the user's name.
_CLI_TEXTS = (
    _SUMMARY_REQUEST,
    "<bash-input>",
    "<bash-stdout>",
    "<command-args>",
    "<command-message>",
    "<command-name>",
    "<local-command-caveat>",
    "<local-command-stderr>",
    "<local-command-stdout>",
    "<task-notification>",
    "Base directory for this skill:",
    "Output token limit hit",
    "Stop hook feedback",
    "This session is being continued from a previous conversation",
    "Your previous response was cut off",
    "Your response above was cut off mid-stream",
    "Your response above was stopped by a safety classifier",
    _STOPPED,
    "[structured-output-enforce]",
)

END_OF_SCRIPT = "The script ends here."


@dataclass(frozen=True)
class Cue:
    """The response that a request calls for.

    :param kind: `turn` for a prompt, `side` for one of the CLI's own requests (title, summary).
    :param step: the step to respond with.
    :param number: the step's position in its script, starting at 1; None if there is no script.
    :param place: a key that is unique to this step of this prompt in the conversation.
    """

    kind: Literal["turn", "side"]
    step: Step
    number: int | None = None
    place: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class _Prompt:
    """The latest prompt, its index in the conversation, and the number of answers to it."""

    text: str = ""
    index: int = -1
    answered: int = 0


def read_cue(body: JSONObject, *, from_cli: bool) -> Cue:
    """Select the step for a request.

    :param body: the request's body.
    :param from_cli: whether the request was sent by the CLI rather than another client.
    :raises ScriptError: if the prompt contains a malformed script
    """
    aside = _structured_answer(body) or _summary_answer(body)
    if aside is not None:
        return Cue("side", aside)
    prompt = _latest_prompt(Fields(body).objects("messages"))
    if from_cli and not (body.get("tools") or body.get("context_management")):
        return Cue("side", _echo(prompt.text))
    steps = find_script(prompt.text)
    if steps is None:
        return Cue("turn", _echo(prompt.text))
    place = (prompt.index, hash(prompt.text), prompt.answered)
    step = steps[prompt.answered] if prompt.answered < len(steps) else Step(END_OF_SCRIPT)
    return Cue("turn", step, prompt.answered + 1, place)


def _echo(text: str) -> Step:
    # A large prompt in small chunks would produce thousands of events.
    return Step(f"You said: {text}", chunk=max(Step.chunk, len(text) // 400))


# --- prompts ------------------------------------------------------------------------------------


def _latest_prompt(messages: Sequence[Fields]) -> _Prompt:
    prompt = _Prompt()
    for index, message in enumerate(messages):
        if message.raw["role"] == "assistant":
            prompt = _Prompt(prompt.text, prompt.index, prompt.answered + 1)
        elif (text := _prompt_text(message)) is not None:
            prompt = _Prompt(text, index)
    return prompt


def _prompt_text(message: Fields) -> str | None:
    """Return the prompt in a message if a person wrote one.

    Next to a tool's result and in the CLI's notes, only a text with a script counts, and it
    replaces the running script. Any other words there would need a real model.
    """
    candidates = list(_texts(message, results=False))
    is_user = message.text("role") == "user"
    if not is_user or _has_result(message):
        steering = _latest_steering(message)
        if steering is not None or not is_user:
            return steering
        candidates = _after_stop(candidates)
    texts = [_REMINDER.sub("", text).strip() for text in candidates]
    return next((text for text in reversed(texts) if _is_prompt(text)), None)


def _latest_steering(message: Fields) -> str | None:
    texts = [_steering(text) for text in _texts(message)]
    return next((text for text in reversed(texts) if OPEN in text), None)


def _after_stop(texts: list[str]) -> list[str]:
    """Return the texts that accompany a tool's result after the tool was stopped."""
    stops = [number for number, text in enumerate(texts) if text.startswith(_STOPPED)]
    return texts[stops[-1] + 1 :] if stops else []


def _is_prompt(text: str) -> bool:
    return OPEN in text or (text != "" and not text.startswith(_CLI_TEXTS))


def _steering(text: str) -> str:
    _, _, words = text.partition(_STEERING)
    return words


def _blocks(message: Fields) -> list[Fields]:
    content = message.text("content")
    text_block = Fields({"type": "text", "text": content})
    return [text_block] if content else message.objects("content")


def _has_result(message: Fields) -> bool:
    return any(block.text("type") == "tool_result" for block in _blocks(message))


def _texts(message: Fields, *, results: bool = True) -> Iterator[str]:
    """Yield the texts of a message, with `results` also those in tool results."""
    for block in _blocks(message):
        if block.text("type") == "text":
            yield block.text("text")
        elif results and block.text("type") == "tool_result":
            yield from _texts(block)


# --- the CLI's own requests ---------------------------------------------------------------------


def _structured_answer(body: JSONObject) -> Step | None:
    """Respond to a request for structured output with a matching sample."""
    request = Fields(body)
    shape = request.obj("output_config").obj("format").raw or request.obj("output_format").raw
    if shape:
        return Step(Say(json.dumps(_sample(Fields(shape).obj("schema")))))
    name = request.obj("tool_choice").text("name")
    if not name:
        return None
    tools = [tool for tool in request.objects("tools") if tool.text("name") == name]
    return Step(Use(name, as_object(_sample(tools[0].obj("input_schema"))) if tools else {}))


def _sample(schema: Fields) -> JSON:
    """Return a value that matches a simple JSON schema."""
    if choices := schema.items("enum"):
        return choices[0]
    if schema.text("type") == "object":
        properties = schema.obj("properties")
        return {str(name): _sample(properties.obj(str(name))) for name in schema.items("required")}
    return _SAMPLES.get(schema.text("type"), "Scripted")


_SAMPLES: dict[str, JSON] = {"array": [], "boolean": False, "integer": 0, "number": 0, "null": None}


def _summary_answer(body: JSONObject) -> Step | None:
    """Respond to a request for a summary (because the context is full, or for `/compact`).

    In the middle of a turn, the summary replaces the prompt, so it includes the rest of the script.
    """
    messages = [m for m in Fields(body).objects("messages") if m.text("role") != "system"]
    if not any(text.startswith(_SUMMARY_REQUEST) for text in _texts(messages[-1], results=False)):
        return None
    history = messages if _has_result(messages[-1]) else messages[:-1]
    rest = _remaining_script(history) if history and _has_result(history[-1]) else ""
    count = len(history)
    return Step(f"<summary>\nA scripted summary of {count} messages. {rest}\n</summary>")


def _remaining_script(messages: Sequence[Fields]) -> str:
    prompt = _latest_prompt(messages)
    return script(*(find_script(prompt.text) or ())[prompt.answered :])
