"""Questions from MCP servers, for which a JSON schema is turned into a form and back."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from ...messages import JSON, JSONObject
from ...permissions.decisions import Decision
from ...permissions.elicitation import Elicitation, ElicitationResult
from ..content import Piece
from ..html.sanitizer import one_line, reveal
from ..model import (
    AskPanel,
    Choice,
    FormPanel,
    FormQuestion,
    Part,
    QuestionOption,
)

SEND, DECLINE, CANCEL = "send", "decline", "cancel"

_URL_CHOICES = (
    Choice(SEND, "I have opened it", shortcut="a", look="primary"),
    Choice(DECLINE, "Decline", shortcut="d", look="danger"),
    Choice(CANCEL, "Cancel", shortcut="c"),
)


@dataclass(frozen=True)
class _Property:
    """A requested value, and the labels of its choices."""

    name: str
    spec: JSONObject
    question: FormQuestion
    values: dict[str, JSON]

    def value(self, text: str) -> JSON:
        """Convert an answer to the type in the schema.

        :raises ValueError: if the answer has another type.
        """
        if self.question.multiple:
            return [self.values.get(label, label) for label in text.split(", ") if label]
        if text in self.values:
            return self.values[text]
        return _READERS.get(str(self.spec.get("type")), str)(text.strip())


_READERS: dict[str, Callable[[str], JSON]] = {"integer": int, "number": float}


@dataclass(frozen=True)
class ElicitationQuestion:
    """A question from an MCP server, for a page or a text prompt."""

    elicitation: Elicitation

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the full address to open, if there is one."""
        return (Piece("text", self.elicitation.url, whole=True),) if self.elicitation.url else ()

    @cached_property
    def _properties(self) -> dict[str, _Property]:
        """Return the requested values, by question text."""
        schema = self.elicitation.schema
        specs = schema.get("properties")
        required = schema.get("required")
        properties: dict[str, _Property] = {}
        for name, spec in specs.items() if isinstance(specs, dict) else ():
            needed = isinstance(required, list) and name in required
            item = _property(
                name, spec if isinstance(spec, dict) else {}, needed, used_labels=properties
            )
            properties[item.question.text] = item
        return properties

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel | FormPanel:
        """Return the question as a panel."""
        title = one_line(f"The MCP server {self.elicitation.server} asks", 400)
        if self.elicitation.url:
            reason = reveal(self.elicitation.message)
            return AskPanel(
                panel_id, icon="plug", title=f"{title} you to open an address", reason=reason,
                detail=detail, choices=_URL_CHOICES,
            )  # fmt: skip
        questions = tuple(item.question for item in self._properties.values())
        text = f"{title}: {reveal(self.elicitation.message)}"
        return FormPanel(panel_id, title=text, questions=questions, can_decline=True)

    def problem(self, answer: Decision) -> str:
        """Return the problem with an answer, or "" if it is valid."""
        if answer.choice != SEND or self.elicitation.url:
            return ""
        try:
            return _schema_violation(self._content(answer), self.elicitation.schema)
        except ValueError as error:
            return one_line(str(error), 300)

    def allows(self, answer: Decision) -> bool:
        """Return whether the answer is sent to the server."""
        return answer.choice == SEND and not self.problem(answer)

    def decided(self, answer: Decision) -> str:
        """Describe the answer."""
        if self.elicitation.url:
            return "Opened" if answer.choice == SEND else "Not opened"
        if not self.allows(answer):
            return "Declined" if answer.choice == DECLINE else "Not answered"
        replies = [f"{text}: {reveal(value)}" for text, value in answer.answers.items() if value]
        return "; ".join(replies) or "Sent"

    def result(self, answer: Decision) -> ElicitationResult:
        """Return the reply to send to the server."""
        if not self.allows(answer):
            return ElicitationResult("decline" if answer.choice == DECLINE else "cancel")
        return ElicitationResult("accept", None if self.elicitation.url else self._content(answer))

    def answers_from_content(self, content: JSONObject) -> dict[str, str]:
        """Return the values in a reply as answers, by question text."""
        return {
            text: _words(content[item.name], item.values)
            for text, item in self._properties.items()
            if item.name in content
        }

    def _content(self, answer: Decision) -> JSONObject:
        known = self._properties
        content: JSONObject = {}
        for text, reply in answer.answers.items():
            if text not in known or not reply.strip():
                continue
            try:
                content[known[text].name] = known[text].value(reply)
            except ValueError:
                kind = known[text].spec.get("type")
                raise ValueError(f"{text}: {reply!r} is not a valid {kind}") from None
        return content


def _schema_violation(content: JSONObject, schema: JSONObject) -> str:
    """Return why the values violate the schema, or "" if they are valid."""
    from jsonschema import Draft202012Validator, ValidationError

    try:
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(content)
    except ValidationError as error:
        path = ".".join(str(part) for part in error.path)
        return one_line(f"{path}: {error.message}" if path else error.message, 300)
    except Exception:  # noqa: BLE001  the server sent an invalid schema and must validate itself
        return ""
    return ""


def _property(
    name: str, spec: JSONObject, required: bool, used_labels: Container[str]
) -> _Property:
    words = one_line(str(spec.get("title") or name), 200)
    text = next(label for label in _names(words, name) if label not in used_labels)
    multiple = spec.get("type") == "array"
    values = _values(spec.get("items") if multiple else spec)
    default = spec.get("default")
    question = FormQuestion(
        text,
        options=tuple(QuestionOption(word) for word in values),
        multiple=multiple,
        about=reveal(str(spec.get("description") or "")),
        value=_words(default, values),
        required=required,
        own_words=not values,
        number=spec.get("type") in ("integer", "number"),
    )
    return _Property(name, spec, question, values)


def _names(words: str, name: str) -> Iterator[str]:
    """Iterate over possible labels for a value. Labels are unique within a form."""
    yield words
    yield f"{words} ({one_line(name)})"
    yield from (f"{words} ({number})" for number in count(2))


def _values(spec: JSON) -> dict[str, JSON]:
    """Return the values that can be selected, by label.

    The result is empty if any value is allowed.
    """
    if not isinstance(spec, dict):
        return {}
    if spec.get("type") == "boolean":
        return {"Yes": True, "No": False}
    titled = spec.get("oneOf") or spec.get("anyOf")
    pairs = _titled_pairs(titled) if isinstance(titled, list) else _enum_pairs(spec)
    return {one_line(str(value if name is None else name), 200): value for name, value in pairs}


def _titled_pairs(titled: list[JSON]) -> list[tuple[JSON, JSON]]:
    return [(item.get("title"), item.get("const")) for item in titled if isinstance(item, dict)]


def _enum_pairs(spec: JSONObject) -> list[tuple[JSON, JSON]]:
    values = spec.get("enum")
    values = values if isinstance(values, list) else []
    names = spec.get("enumNames")
    names = names if isinstance(names, list) and len(names) == len(values) else values
    return list(zip(names, values, strict=True))


def _words(default: JSON, values: dict[str, JSON]) -> str:
    """Return a default value as a label."""
    if default is None:
        return ""
    if isinstance(default, list):
        return ", ".join(_words(item, values) for item in default)
    return next((word for word, value in values.items() if value == default), str(default))
