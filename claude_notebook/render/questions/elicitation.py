"""Questions of MCP servers: a JSON schema -> a form, and the person's answers -> its values."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from ...messages import JSON, JSONObject
from ...permissions.decisions import Decision
from ...permissions.elicitation import Elicitation, ElicitationResult
from ..content import Piece
from ..html.sanitize import one_line, reveal
from ..model import (
    AskPanel,
    Choice,
    FormPanel,
    Part,
    Question,
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
    """One value that is asked for, and the words of its choices."""

    name: str
    spec: JSONObject
    question: Question
    values: dict[str, JSON]

    def value(self, said: str) -> JSON:
        """What was said, as the schema wants it. Raises ValueError if it is no such thing."""
        if self.question.multiple:
            return [self.values.get(one, one) for one in said.split(", ") if one]
        if said in self.values:
            return self.values[said]
        return _READERS.get(str(self.spec.get("type")), str)(said.strip())


_READERS: dict[str, Callable[[str], JSON]] = {"integer": int, "number": float}


@dataclass(frozen=True)
class Elicited:
    """A question of an MCP server, as something that can be asked on a page or at a prompt."""

    asked: Elicitation

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The address that should be opened, in full."""
        return (Piece("text", self.asked.url, whole=True),) if self.asked.url else ()

    @cached_property
    def _properties(self) -> dict[str, _Property]:
        """What is asked for, by the words that are shown."""
        schema = self.asked.schema
        specs = schema.get("properties")
        required = schema.get("required")
        found: dict[str, _Property] = {}
        for name, spec in specs.items() if isinstance(specs, dict) else ():
            needed = isinstance(required, list) and name in required
            one = _property(name, spec if isinstance(spec, dict) else {}, needed, taken=found)
            found[one.question.text] = one
        return found

    def panel(self, panel_id: str, detail: tuple[Part, ...] = ()) -> AskPanel | FormPanel:
        """The question as a panel."""
        title = one_line(f"The MCP server {self.asked.server} asks", 400)
        if self.asked.url:
            reason = reveal(self.asked.message)
            return AskPanel(
                panel_id, icon="plug", title=f"{title} you to open an address", reason=reason,
                detail=detail, choices=_URL_CHOICES,
            )  # fmt: skip
        questions = tuple(one.question for one in self._properties.values())
        said = f"{title}: {reveal(self.asked.message)}"
        return FormPanel(panel_id, title=said, questions=questions, can_decline=True)

    def problem(self, answer: Decision) -> str:
        """What is wrong with an answer, in words; "" if it can be sent."""
        if answer.choice != SEND or self.asked.url:
            return ""
        try:
            return _misfit(self._content(answer), self.asked.schema)
        except ValueError as error:
            return one_line(str(error), 300)

    def allows(self, answer: Decision) -> bool:
        """Whether the server gets its answer."""
        return answer.choice == SEND and not self.problem(answer)

    def decided(self, answer: Decision) -> str:
        """What was answered, in words."""
        if self.asked.url:
            return "Opened" if answer.choice == SEND else "Not opened"
        if not self.allows(answer):
            return "Declined" if answer.choice == DECLINE else "Not answered"
        said = [f"{text}: {reveal(value)}" for text, value in answer.answers.items() if value]
        return "; ".join(said) or "Sent"

    def result(self, answer: Decision) -> ElicitationResult:
        """What the server is told."""
        if not self.allows(answer):
            return ElicitationResult("decline" if answer.choice == DECLINE else "cancel")
        return ElicitationResult("accept", None if self.asked.url else self._content(answer))

    def words_of(self, content: JSONObject) -> dict[str, str]:
        """Values that the server was told, by the words of their questions."""
        return {
            text: _words(content[one.name], one.values)
            for text, one in self._properties.items()
            if one.name in content
        }

    def _content(self, answer: Decision) -> JSONObject:
        known = self._properties
        content: JSONObject = {}
        for text, said in answer.answers.items():
            if text not in known or not said.strip():
                continue
            try:
                content[known[text].name] = known[text].value(said)
            except ValueError:
                kind = known[text].spec.get("type")
                raise ValueError(f"{text}: {said!r} is no {kind}") from None
        return content


def _misfit(content: JSONObject, schema: JSONObject) -> str:
    """Why the values do not fit the schema, in words; "" if they do."""
    from jsonschema import Draft202012Validator, ValidationError

    try:
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(content)
    except ValidationError as error:
        where = ".".join(str(one) for one in error.path)
        return one_line(f"{where}: {error.message}" if where else error.message, 300)
    except Exception:  # noqa: BLE001  the schema is the server's: it must cope with what comes
        return ""
    return ""


def _property(name: str, spec: JSONObject, required: bool, taken: Container[str]) -> _Property:
    words = one_line(str(spec.get("title") or name), 200)
    text = next(one for one in _names(words, name) if one not in taken)
    multiple = spec.get("type") == "array"
    values = _values(spec.get("items") if multiple else spec)
    default = spec.get("default")
    question = Question(
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
    """What a value may be called; two of a form must not have the same name."""
    yield words
    yield f"{words} ({one_line(name)})"
    yield from (f"{words} ({number})" for number in count(2))


def _values(spec: JSON) -> dict[str, JSON]:
    """The values to choose from, by their words; none where anything may be said."""
    if not isinstance(spec, dict):
        return {}
    if spec.get("type") == "boolean":
        return {"Yes": True, "No": False}
    titled = spec.get("oneOf") or spec.get("anyOf")
    if isinstance(titled, list):
        pairs = [(one.get("title"), one.get("const")) for one in titled if isinstance(one, dict)]
    else:
        values = spec.get("enum")
        values = values if isinstance(values, list) else []
        names = spec.get("enumNames")
        names = names if isinstance(names, list) and len(names) == len(values) else values
        pairs = list(zip(names, values, strict=True))
    return {one_line(str(value if name is None else name), 200): value for name, value in pairs}


def _words(default: JSON, values: dict[str, JSON]) -> str:
    """A default as it is shown."""
    if default is None:
        return ""
    if isinstance(default, list):
        return ", ".join(_words(one, values) for one in default)
    return next((word for word, value in values.items() if value == default), str(default))
