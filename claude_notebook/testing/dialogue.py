"""Which step of which script a request asks for. Pure: a request body in, a cue out.

Nothing is remembered between requests: the conversation in the request says where the script
stands. The CLI adds much to what a person wrote (reminders, notes about its tools, questions of its
own such as the name of the session), and none of it may move a script on or be taken for a prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .notation import OPEN, find_script, script
from .steps import Say, Step, Use

if TYPE_CHECKING:
    from ..messages import JSON, JSONObject

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)

# A prompt that is sent while a tool runs arrives like this, after or inside the tool's result.
_STEERING = "The user sent a new message while you were working:"

_STOPPED = "[Request interrupted"

_SUMMARY_REQUEST = "CRITICAL: Respond with TEXT ONLY."

# How texts begin that the CLI writes in the user's place.
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
    """What a request asks for.

    :param kind: `turn` answers a prompt; `side` is a question of the CLI itself (title, summary).
    :param step: what to answer.
    :param number: which step of its script this is, from 1; None without a script.
    :param place: tells this step of this prompt from all others in the same conversation.
    """

    kind: Literal["turn", "side"]
    step: Step
    number: int | None = None
    place: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class _Prompt:
    """The latest prompt, where it stands in the conversation, and how often it was answered."""

    text: str = ""
    index: int = -1
    answered: int = 0


def read_cue(body: JSONObject, *, from_cli: bool) -> Cue:
    """What this request asks for; `from_cli`: it comes from the CLI, not from another client.

    :raises ScriptError: the prompt has a script that cannot be understood.
    """
    aside = _structured(body) or _summary(body)
    if aside is not None:
        return Cue("side", aside)
    prompt = _latest_prompt(body["messages"])
    if from_cli and not (body.get("tools") or body.get("context_management")):
        return Cue("side", _echo(prompt.text))
    steps = find_script(prompt.text)
    if steps is None:
        return Cue("turn", _echo(prompt.text))
    place = (prompt.index, hash(prompt.text), prompt.answered)
    step = steps[prompt.answered] if prompt.answered < len(steps) else Step(END_OF_SCRIPT)
    return Cue("turn", step, prompt.answered + 1, place)


def _echo(text: str) -> Step:
    # A large prompt in small chunks would be many thousand events.
    return Step(f"You said: {text}", chunk=max(Step.chunk, len(text) // 400))


# --- the conversation so far --------------------------------------------------------------------


def _latest_prompt(messages: Sequence[JSONObject]) -> _Prompt:
    prompt = _Prompt()
    for index, message in enumerate(messages):
        if message["role"] == "assistant":
            prompt = _Prompt(prompt.text, prompt.index, prompt.answered + 1)
        elif (text := _spoken(message)) is not None:
            prompt = _Prompt(text, index)
    return prompt


def _spoken(message: JSONObject) -> str | None:
    """The prompt in a message, if a person said one.

    Beside a tool's result, and in notes of the CLI, only a text with a script counts: it takes over
    from the script that is running. A person's other words there are for a model with a mind.
    """
    said = list(_texts(message, results=False))
    if message["role"] != "user" or _has_result(message):
        texts = [_steering(text) for text in _texts(message)]
        steering = next((text for text in reversed(texts) if OPEN in text), None)
        if steering is not None or message["role"] != "user":
            return steering
        said = _after_stop(said)
    texts = [_REMINDER.sub("", text).strip() for text in said]
    return next((text for text in reversed(texts) if _is_prompt(text)), None)


def _after_stop(texts: list[str]) -> list[str]:
    """What was said after a tool was stopped: it stands beside that tool's result."""
    stops = [number for number, text in enumerate(texts) if text.startswith(_STOPPED)]
    return texts[stops[-1] + 1 :] if stops else []


def _is_prompt(text: str) -> bool:
    return OPEN in text or (text != "" and not text.startswith(_CLI_TEXTS))


def _steering(text: str) -> str:
    _, _, words = text.partition(_STEERING)
    return words


def _blocks(message: JSONObject) -> list[JSONObject]:
    content: JSON = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _has_result(message: JSONObject) -> bool:
    return any(block.get("type") == "tool_result" for block in _blocks(message))


def _texts(message: JSONObject, *, results: bool = True) -> Iterator[str]:
    """The texts of a message; with `results` also those inside the results of tools."""
    for block in _blocks(message):
        if block.get("type") == "text":
            yield block["text"]
        elif results and block.get("type") == "tool_result" and block.get("content"):
            yield from _texts({"content": block["content"]})


# --- questions of the CLI itself ----------------------------------------------------------------


def _structured(body: JSONObject) -> Step | None:
    """The answer where the request prescribes a shape: made up to fit."""
    shape = (body.get("output_config") or {}).get("format") or body.get("output_format")
    if shape:
        return Step(Say(json.dumps(_sample(shape.get("schema", {})))))
    name = (body.get("tool_choice") or {}).get("name")
    if name is None:
        return None
    schemas = [tool["input_schema"] for tool in body.get("tools", []) if tool.get("name") == name]
    return Step(Use(name, _sample(schemas[0]) if schemas else {}))


def _sample(schema: JSONObject) -> JSON:
    """A value that fits a JSON schema, as far as simple ones go."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        return {name: _sample(properties.get(name, {})) for name in schema.get("required", [])}
    return _SAMPLES.get(str(schema.get("type")), "Scripted")


_SAMPLES: dict[str, JSON] = {"array": [], "boolean": False, "integer": 0, "number": 0, "null": None}


def _summary(body: JSONObject) -> Step | None:
    """The answer when the CLI wants a summary because its context is full, or for `/compact`.

    In the middle of a turn the summary replaces the prompt: it carries the rest of the script.
    """
    messages = [message for message in body["messages"] if message["role"] != "system"]
    if not any(text.startswith(_SUMMARY_REQUEST) for text in _texts(messages[-1], results=False)):
        return None
    history = messages if _has_result(messages[-1]) else messages[:-1]
    rest = _rest(history) if history and _has_result(history[-1]) else ""
    count = len(history)
    return Step(f"<summary>\nA scripted summary of {count} messages. {rest}\n</summary>")


def _rest(messages: Sequence[JSONObject]) -> str:
    prompt = _latest_prompt(messages)
    return script(*(find_script(prompt.text) or ())[prompt.answered :])
