"""Values that stand beside a name: after "=", in the next line, as an argument, in a tag."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .context.shapes import is_peculiar
from .gaps import CLOSE, ENTITY, FLAG, LINE, SPACE, SUFFIX, Gap, gaps_at
from .marks import MARK, MarkedSpan
from .names import BARE, Name, row_of
from .rules import is_chosen, looks_random
from .tables import column_values

__all__ = ["named_values"]

# After the name: a type as in `password: str = ...`, and the sign between name and value.
_TYPE = (
    r"(?::[ \t]?(?:Optional\[|Final\[)?(?:str|bytes|[Ss]tring|SecretStr|Final)\b[\]| \w]{0,20})?"
)
_TAGS = r"(?:!{1,2}[\w/-]{1,40}[ \t]{1,8}|&\w{1,40}[ \t]{1,8})?"  # of YAML
_SIGN = r"(?:=>|:=|[:=]{1,3}|%3[dDaA]|[\uff1a\uff1d])"
# Marks of Markdown, and the quotes of other languages, between the sign and the value.
_MARKUP = r"(?:\*\*?(?=[ \t]))?"
_QUOTES = r"(?:[\u00ab\u2039\u201c\u201e\u2018\u300c\u300e][ \xa0\u202f]?)?"
_GAP = rf"[ \t\xa0\u202f]{{0,8}}{_SIGN}{_MARKUP}[ \t]{{0,40}}{_TAGS}(?:{ENTITY})?{_QUOTES}"
_WRAPPER = (
    r"(?:(?:\w{1,20}\.)?(?:Secret(?:Str|Bytes)?|[Qq]uote(?:_plus)?|str|bytes)\([ \t]{0,8}|[(\[])?"
)
_OPEN = re.compile(rf"{_WRAPPER}(?:[bBrRfFuUNE]{{0,2}}|[uU]&)(?P<open>\\*(?:\"\"\"|'''|[\"'`]))")

_SPACES = rf"{SPACE}*"
# Behind the text "Password: " in JSON comes no value, but the string's end and the next token.
_STRUCTURE = re.compile(
    rf"{_SPACES}(?:[\]}})]|\Z|[,:]{_SPACES}(?:\\*[\"'`]|[\[{{(]|-?\d|(?i:true|false|null|none)\b))"
    r"|\s+(?:[+%]|in\b|not\b|and\b|or\b|if\b|else\b|is\b)"
)
# Words of code and templates that only say where the secret comes from.
_NOT_A_SECRET = re.compile(
    r"(?:[A-Za-z_]\w{0,60}(?:\.\w{1,60}){0,8}[(\[]"
    r"|(?:self|cls|this|args|opts|options|config|settings|os|env|process|request|req)\.\w"
    r"|\{|\$\{|\$[A-Z_]{2}|\$\(|%\w{1,60}%|%[sr]\b|\*{3}"
    r"|(?:None|null|nil|undefined|[Tt]rue|[Ff]alse|str|string|bytes|int|bool|Any|Optional|required)"
    r"(?:[\s\"'`,;&<>)}\]\\]|\Z))"
)
_PROSE = re.compile(
    r"(?i:the|an?|your|his|its|their|this|that|these|those|is|are|was|to|of|for|if|when|must|should"
    r"|may|can|will|used|optional|which|with|and|or|not|no|set|see|use|any|whether)[ \t,]+\w"
)
_CODE_NAME = re.compile(
    r"(?=[\w.]*(?i:pass|pwd|secret|token|key|auth|cred|cookie))[A-Za-z_]+(?:\.[A-Za-z_]+){0,8}"
)
_SETTING = re.compile(r"(?:\A|\n|\\n)(?:export[ \t])?(?P<name>[\w.-]{1,80})=\Z")
_LINE_END = re.compile(r"[ \t]*(?:\r?\n|\\n|\Z)")
_BRACED = (
    re.compile(r"\{(?P<secret>[^{}\n\"]{1,200})\}(?=[;\"'\s\\]|\Z)"),
    re.compile(r"\[(?P<secret>[^{}()\[\],\s\"']{1,200})\](?=[;\"'\s\\]|\Z)"),
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z_.\[\]()\"']*(?:![rs])?(?::[^}]*)?")
_RANDOM = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=-]{20,256}")
# A token that a person chose: "lab-token-for-ann-1"
_OF_WORDS = re.compile(r"(?=.{14})[a-z]+(?:-[a-z]+)+-\d{1,4}")
_OWNER = re.compile(
    r"(?:(?<![a-z])|(?<=\\[nrt]))"
    r"(?i:admin|db|ftp|ldap|mail|my|mysql|pg|proxy|root|smtp|sql|ssh|user)\Z"
)
# Templates, variables of shells, and texts that ask for a value.
_PLACEHOLDER = re.compile(
    r"\$\{?(?:env:)?[A-Za-z_]\w*\}?|<[\w .-]{1,60}>|\{\{[^{}]{1,80}\}\}|%\w{1,60}%|\*{3,}|\.{3,}"
    r"|\\u2026|\u2026|[xX]{4,}|(?i:your|my|insert|enter|replace|change)[-_ ](?:[A-Za-z]+[-_ ]?)*"
    r"(?:here|key|token|password|secret)(?:[-_ ]here)?"
)
_MARKED = re.compile(rf"{MARK}[\w-]+")
_DIGIT = re.compile(r"\d")
_FARTHEST_DIGIT = 400
_LONGEST_WORD = 2000
_UNSURE_LIMIT = 256
_NEARBY = 120


# Every way begins with one of these characters; "tokens" and "keyboard" are no names.
_CAN_FOLLOW = re.compile(
    SUFFIX
    + "[\\s\\\\\"'`&\\]:=%,(<>|*\u2502\u2503\uff1a\uff1d\u662f\u4e3a\u70ba\u306f\ub294\uc740]"
)
_CLOSED = re.compile(CLOSE)

# A name alone in its line of YAML; the next line, or the block of lines that belong to it.
_KEY_OF_YAML = re.compile(r"(?:\An?|\n|\\+n|[\"'])[ \t]{0,40}(?:-[ \t]{1,8})?[\"']?[\w.-]{0,60}\Z")
_NEXT_LINE = re.compile(
    rf"{CLOSE}[ \t]{{0,8}}:[ \t]{{0,8}}{_TAGS}(?P<block>[|>][-+\d]{{0,2}})?[ \t]{{0,8}}"
    rf"(?:#[^\n\\]{{0,200}})?(?P<line>{LINE})(?P<indent>[ \t]{{1,40}})"
)
_SCALAR = re.compile(
    r"(?:\\*[\"'])?(?P<secret>(?![-#{}\[\],|>&*!?%@])[^\s\"'\\]+)(?:\\*[\"'])?[ \t]*"
    r"(?=\r|\n|\\+n|\\*\"|\Z)"
)


@functools.lru_cache(maxsize=64)
def _block(indent: str, escaped: bool) -> re.Pattern[str]:
    line = r"(?:[^\n\\\"]|\\+(?![n\"\\]))*" if escaped else r"[^\n]*"
    end = r"\\{1,8}n" if escaped else r"\n"
    return re.compile(rf"(?P<secret>{line}(?:(?:{end})+{indent}{line})*)")


_MOST_OF_SHORT_KEY = 12


def _is_short_key(secret: str) -> bool:
    """Return whether a short text is rather a key than a name with a number."""
    return len(secret) <= _MOST_OF_SHORT_KEY and " " not in secret and is_peculiar(secret)


# --- from a name to its value ---------------------------------------------------------------------


@functools.lru_cache(maxsize=32)
def _terminator(opening: str) -> re.Pattern[str]:
    """Return a pattern of the end of a string, or of the string of JSON that holds it.

    In n nested strings of JSON a quote has 2^n - 1 backslashes; one that is in the secret has more.
    """
    quotes = opening.lstrip("\\")
    count, quote = len(opening) - len(quotes), quotes[-1]
    ends = [rf"(?:\\{{{2 * (count + 1)}}})*\\{{{count}}}{quote}"]
    if count:
        ends.append(rf"\\{{0,{count - 1}}}\"")
    if quote != '"':
        ends.append(rf"\\*\"(?={_SPACES}(?:[,:\]}}]|\\*\"|\Z))")
    if len(quotes) == 3:
        return re.compile(rf"{quotes}|\Z")
    return re.compile(rf"(?<!\\)(?:{'|'.join(ends)})|\n|\Z")


@functools.lru_cache(maxsize=32)
def _after(gap: str, typed: bool) -> re.Pattern[str]:
    return re.compile(CLOSE + (_TYPE if typed else "") + gap)


@functools.lru_cache(maxsize=32)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def named_values(text: str, lowered: str, spans: Sequence[tuple[int, int]]) -> Iterator[MarkedSpan]:
    """Return the values of names, from left to right.

    :param lowered: the text in lower case
    :param spans: the last parts of names in the text
    """
    position = 0
    columns = list(column_values(text, lowered, spans))
    if columns:  # All others follow in the next round.
        yield from columns
        return
    for start, end in spans:
        if start < position or not _CAN_FOLLOW.match(text, end):
            continue
        name = row_of(lowered, start, end)
        cut = name and _Place(text, start, end, name).value()
        if cut:
            yield cut
            position = cut.end


@dataclass(frozen=True)
class _Place:
    """A name in a text.

    :param start: where the name starts
    :param end: where it ends
    """

    text: str
    start: int
    end: int
    name: Name

    def value(self) -> MarkedSpan | None:
        """Return the value of the name, if it has a secret one."""
        if self.name.whole and not self._begins_a_part():
            return None
        return self._after_sign() or self._elsewhere()

    def _begins_a_part(self) -> bool:
        before, first = self.text[self.start - 1 : self.start], self.text[self.start]
        return (
            not before.isalnum()
            or (before in "nrt" and self.text[self.start - 2 : self.start - 1] == "\\")
            or (before.islower() and first.isupper())
            or _OWNER.search(self._before()) is not None
        )

    def _before(self) -> str:
        return self.text[max(0, self.start - _NEARBY) : self.start]

    # --- after a sign

    def _after_sign(self) -> MarkedSpan | None:
        name = self.name
        after = _after(name.gap or _GAP, name.gap is None).match(self.text, self.end)
        if after is None:
            return None
        opening = _OPEN.match(self.text, after.end())
        if opening is not None:
            return self._quoted(after, opening)
        return self._unquoted(after)

    def _quoted(self, after: re.Match[str], opening: re.Match[str]) -> MarkedSpan | None:
        start, name = opening.end(), self.name
        if self._ends_a_string(after, opening):
            return None
        limit = len(self.text) if name.sure else min(len(self.text), start + _UNSURE_LIMIT)
        ending = _terminator(opening["open"]).search(self.text, start, limit)
        end = ending.start() if ending else limit
        secret = self.text[start:end]
        if opening.group()[0] in "([" and " " in secret:  # A text in several parts.
            return None
        if name.whole and not self._is_password(secret, after.group()):
            return None
        if not name.sure and not self._is_random(secret):
            return None
        return self._cut(start, end)

    def _ends_a_string(self, after: re.Match[str], opening: re.Match[str]) -> bool:
        """Return whether a quote is the end of the string of JSON that holds the name."""
        if not after["close"]:
            return _STRUCTURE.match(self.text, opening.end()) is not None
        return bool(after["close"].count("\\") > opening["open"].count("\\"))

    def _unquoted(self, after: re.Match[str]) -> MarkedSpan | None:
        braced = self._in_braces(after.end())
        if braced is not None:
            return braced
        if _NOT_A_SECRET.match(self.text, after.end()) or self._is_prose(after):
            return None
        value = self._bare_value(after)
        if value is None:
            return None
        start, secret = value.start("secret"), value["secret"].rstrip(")]}.,:| \t\r")
        if not self._is_bare_secret(start, secret, after):
            return None
        # A number in JSON becomes a string.
        close = after["close"] or ""
        return self._cut(start, start + len(secret), "" if close.startswith("&") else close)

    def _in_braces(self, start: int) -> MarkedSpan | None:
        """Return the value in braces or brackets, unless it is a variable."""
        found = (pattern.match(self.text, start) for pattern in _BRACED)
        braced = next(filter(None, found), None)
        if braced is None or not self.name.sure or _VARIABLE.fullmatch(braced["secret"]):
            return None
        return self._cut(*braced.span("secret"))

    def _is_of_environment(self, after: re.Match[str]) -> bool:
        """Return whether the name is a variable of an environment."""
        return self.text[self.start : self.end].isupper() and after.group().endswith("=")

    def _bare_value(self, after: re.Match[str]) -> re.Match[str] | None:
        sure = self.name.sure or self._is_of_environment(after)
        limit = len(self.text) if sure else min(len(self.text), after.end() + _UNSURE_LIMIT)
        # A number, or a word of code, behind a quoted name.
        pattern = BARE if after["close"] else self.name.bare
        return _compiled(pattern).match(self.text, after.end(), limit)

    def _is_bare_secret(self, start: int, secret: str, after: re.Match[str]) -> bool:
        """Return whether a value without quotes is a secret rather than a name of code."""
        environment, name = self._is_of_environment(after), self.name
        if not environment and _CODE_NAME.fullmatch(secret) and not self._is_setting(start, secret):
            return False
        if name.whole and not self._is_password(secret, after.group()):
            return False
        return name.sure or environment or self._is_random(secret)

    def _is_setting(self, start: int, secret: str) -> bool:
        """Return whether a whole line is `name=value`, as in files of settings."""
        line = _SETTING.search(self._before() + self.text[self.start : start])
        end = start + len(secret)
        return (
            line is not None
            and line["name"].lower() not in secret.lower()
            and _LINE_END.match(self.text, end) is not None
        )

    def _is_prose(self, after: re.Match[str]) -> bool:
        return "=" not in after.group() and _PROSE.match(self.text, after.end()) is not None

    def _is_random(self, secret: str) -> bool:
        if self.name.whole:
            return looks_random(secret) or _is_short_key(secret)
        if _OF_WORDS.fullmatch(secret) and self.text[self.start : self.end].lower() == "token":
            return True
        least = 12 if self.text[self.end - 3 : self.end].lower() != "key" else 20
        return len(secret) >= least and _RANDOM.fullmatch(secret) is not None

    def _is_password(self, secret: str, gap: str) -> bool:
        """Return whether the value of "pass" or "pwd" is one."""
        if self._is_in_connection_string():
            return True
        if re.match(r"[/~.\\]|[A-Za-z]:[\\/]|\$", secret) or not is_chosen(secret):
            return False
        if re.fullmatch(r"-?[\d.]+%?", secret):
            return len(secret) > 3 and "." not in secret and ":" not in gap
        written_plainly = "=" in gap and " " not in gap
        return written_plainly or re.fullmatch(r"[a-z ]*|\w+\.\w+", secret) is None

    def _is_in_connection_string(self) -> bool:
        before = self._before().lower()
        words = (
            "uid=",
            "user id",
            "user=",
            "user:",
            "user =",
            "username =",
            "login =",
            "username=",
            "driver=",
            "server=",
            "source=",
            "dsn=",
        )
        return any(word in before for word in words)

    # --- elsewhere

    def _elsewhere(self) -> MarkedSpan | None:
        if self.name.gap is not None:
            return None
        closed = _CLOSED.match(self.text, self.end)
        place = closed.end() if closed else self.end
        cut = self._in_next_line()
        if cut is not None:
            return cut
        digit = _DIGIT.search(self.text, place, place + _FARTHEST_DIGIT) is not None
        gaps = (
            gap for gap in gaps_at(self.text[place : place + 1]) if digit or not gap.needs_digit
        )
        return next(filter(None, map(self._after_gap, gaps)), None)

    def _after_gap(self, gap: Gap) -> MarkedSpan | None:
        after = gap.follows.match(self.text, self.end)
        span = None if after is None else self._span_after_gap(gap, after)
        if span is None:
            return None
        secret = self.text[slice(*span)]
        of_token = self.text[self.end - 1] in "nN"
        sure = self.name.sure or ((gap is FLAG or gap.sure) and of_token)
        if not gap.judge(secret) or not (sure or self._is_random(secret)):
            return None
        # The slowest check comes last.
        return self._cut(*span) if gap.precedes.search(self._before()) else None

    def _span_after_gap(self, gap: Gap, after: re.Match[str]) -> tuple[int, int] | None:
        opening = _OPEN.match(self.text, after.end())
        if opening is not None and gap.value is BARE:
            return self._quoted_after_gap(gap, after, opening)
        if gap.quoted or _NOT_A_SECRET.match(self.text, after.end()):
            return None
        limit = after.end() + _LONGEST_WORD  # each name would judge the rest of the line
        value = _compiled(gap.value).match(self.text, after.end(), limit)
        if value is None or _PROSE.match(self.text, after.end()):
            return None
        start = value.start("secret")
        return start, start + len(value["secret"].rstrip(")]}.,:| \t\r\n"))

    def _quoted_after_gap(
        self, gap: Gap, after: re.Match[str], opening: re.Match[str]
    ) -> tuple[int, int] | None:
        if self._ends_a_string(after, opening) or not gap.precedes.search(self._before()):
            return None
        start = opening.end()
        ending = _terminator(opening["open"]).search(self.text, start, start + 4000)
        return start, ending.start() if ending else start

    def _in_next_line(self) -> MarkedSpan | None:
        after = _NEXT_LINE.match(self.text, self.end)
        if after is None or not _KEY_OF_YAML.search(self._before()):
            return None
        if after["block"] and self.name.sure:
            escaped = after["line"][0] == "\\"
            value = _block(after["indent"], escaped).match(self.text, after.end())
        else:
            value = _SCALAR.match(self.text, after.end())
        if value is None or _NOT_A_SECRET.match(value["secret"]) or value["secret"].endswith(":"):
            return None
        if not self.name.sure and not self._is_random(value["secret"]):
            return None
        return self._cut(*value.span("secret"))

    def _cut(self, start: int, end: int, quote: str = "") -> MarkedSpan | None:
        if start >= end or _MARKED.fullmatch(self.text, start, end):
            return None
        if _PLACEHOLDER.fullmatch(self.text, start, end):
            return None
        return MarkedSpan(start, end, f"{quote}{MARK}{self.name.kind}{quote}")
