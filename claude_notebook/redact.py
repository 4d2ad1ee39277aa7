"""What looks like a secret, and the mark that stands in its place. No I/O.

`redact(text)` replaces keys, tokens, passwords and the like by `REDACTED-<kind>`. The mark is a
bare word: what was JSON, a URL, YAML or a line of shell before still is one afterwards. Done twice
it changes nothing more, and it takes time in proportion to the length of the text.

Two tables say what a secret is: `KEYS` has those with a form of their own, wherever they stand;
`NAMES` has the names under which all others are written down (`password=`, `"api_key": ...`).
Neither can be sure, so rather too much is hidden than too little.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

__all__ = ["KEYS", "NAMES", "Key", "Name", "redact"]

_MARK = "REDACTED-"

# --- secrets with a form of their own -------------------------------------------------------------


def _has_digit(secret: str) -> bool:
    return any(map(str.isdigit, secret))


def _has_dot(secret: str) -> bool:
    return "." in secret


def _is_key_material(secret: str) -> bool:
    return re.search(r"[A-Za-z0-9+/=]{20}", secret) is not None


@dataclass(frozen=True)
class Key:
    """One row: how a secret begins, and what follows.

    To keep the time linear, a pattern takes in all that may belong to the secret, and fails only
    within a bounded distance; `judge` then says whether it was one.

    :param kind: stands in the mark.
    :param prefix: how it begins, to the letter; a text without it is not searched.
    :param rest: a pattern for what follows. A group `secret` is replaced alone, otherwise
        everything.
    :param judge: whether what was found is a secret.
    :param anywhere: also in the midst of a word.
    """

    kind: str
    prefix: str
    rest: str
    judge: Callable[[str], bool] = field(default=bool, repr=False)
    anywhere: bool = False

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The whole pattern. Its literal beginning comes first: that is what makes it fast."""
        prefix = re.escape(self.prefix)
        # A word may begin after an escape of JSON, but not with the escape's own letter.
        edges = (rf"<![A-Za-z0-9\\]{prefix}", rf"<=\\[nrt]{prefix}", rf"<=\\u[0-9a-f]{{4}}{prefix}")
        edge = "" if self.anywhere else f"(?:(?{')|(?'.join(edges)}))"
        return re.compile(prefix + edge + self.rest, re.ASCII)


_PEM = (
    r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=:,.\s]+|-(?!-)|\\+[nrt]){0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?"
)
_LOGIN = r"[^\s/?#\"'`<>\\:@]*:(?!\d{1,5}[,;)\]}])(?P<secret>[^\s/\"'`<>\\]+)@"

KEYS: tuple[Key, ...] = (
    Key("private-key", "-----BEGIN ", _PEM, _is_key_material, anywhere=True),
    Key("url-password", "://", _LOGIN, anywhere=True),
    Key("url-token", "://", r"(?P<secret>[A-Za-z0-9_.~-]{20,})@", _has_digit, anywhere=True),
    Key("anthropic-key", "sk-ant-", r"[A-Za-z0-9_-]{8,}", anywhere=True),
    Key("openai-key", "sk-", r"[A-Za-z0-9_-]{20,}", _has_digit),
    Key("stripe-key", "sk_live_", r"[A-Za-z0-9]{10,}"),
    Key("stripe-key", "sk_test_", r"[A-Za-z0-9]{10,}"),
    Key("stripe-key", "rk_live_", r"[A-Za-z0-9]{10,}"),
    Key("stripe-key", "whsec_", r"[A-Za-z0-9]{20,}"),
    Key("aws-key", "AKIA", r"[A-Z0-9]{16}"),
    Key("aws-key", "ASIA", r"[A-Z0-9]{16}"),
    Key("github-token", "github_pat_", r"[A-Za-z0-9_]{20,}"),
    Key("github-token", "ghp_", r"[A-Za-z0-9]{20,}"),
    Key("github-token", "gho_", r"[A-Za-z0-9]{20,}"),
    Key("github-token", "ghu_", r"[A-Za-z0-9]{20,}"),
    Key("github-token", "ghs_", r"[A-Za-z0-9]{20,}"),
    Key("github-token", "ghr_", r"[A-Za-z0-9]{20,}"),
    Key("gitlab-token", "glpat-", r"[A-Za-z0-9_-]{16,}"),
    Key("slack-token", "xox", r"[abeoprs]-[A-Za-z0-9-]{10,}"),
    Key("slack-token", "xapp-", r"[A-Za-z0-9-]{10,}"),
    Key("slack-webhook", "hooks.slack.com/", r"[a-z]{1,20}/(?P<secret>[A-Za-z0-9/]{20,})"),
    Key("google-key", "AIza", r"[A-Za-z0-9_-]{35,}"),
    Key("google-token", "ya29.", r"[A-Za-z0-9_-]{20,}"),
    Key("google-token", "1//0", r"[A-Za-z0-9_-]{20,}", _has_digit),
    Key("google-secret", "GOCSPX-", r"[A-Za-z0-9_-]{20,}"),
    Key("jwt", "eyJ", r"[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,8}", _has_dot),
    Key("huggingface-token", "hf_", r"[A-Za-z0-9]{30,}"),
    Key("npm-token", "npm_", r"[A-Za-z0-9]{30,}"),
    Key("pypi-token", "pypi-", r"[A-Za-z0-9_-]{50,}"),
    Key("sendgrid-key", "SG.", r"[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)?"),
    Key("digitalocean-token", "dop_v1_", r"[a-f0-9]{40,}"),
    Key("databricks-token", "dapi", r"[a-f0-9]{32,}"),
    Key("groq-key", "gsk_", r"[A-Za-z0-9]{30,}"),
    Key("xai-key", "xai-", r"[A-Za-z0-9]{40,}"),
    Key("age-key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{20,}"),
)

# --- secrets that have a name ---------------------------------------------------------------------


@dataclass(frozen=True)
class Name:
    """One row: names of one kind. What stands before them in a longer name does not matter.

    :param kind: stands in the mark.
    :param words: in lower case; a space stands for "_", "-" or nothing.
    :param bare: a pattern for a value without quotes; of it the group `secret` is replaced.
    :param sure: whether every value is a secret. If not, it must look random, or the whole be a
        line of an environment.
    :param gap: what stands between name and value instead of ":" or "=".
    """

    kind: str
    words: Sequence[str]
    bare: str
    sure: bool = True
    gap: str | None = None


_BARE = r"(?P<secret>[^\s\"'`,;&<>\\(){}\[\]|][^\s\"'`,;&<>\\]*)"
_SCHEMES = r"(?i:basic|bearer|digest|negotiate|ntlm|oauth|token|api-?key|aws4-hmac-sha256)"
_AUTHORIZATION = (
    rf"(?:{_SCHEMES}[ \t]{{1,8}})?(?!{_SCHEMES}(?:\s|\Z)){_BARE[:-1]}(?:[ \t][^\s\"'`,;&<>\\]+)?)"
)
_TO_THE_END = r"(?P<secret>[^\s\"'`\\][^\n\"'`\\]*)"
_WITH_DIGIT = r"(?P<secret>(?=[^\d\s]{0,60}\d)[A-Za-z0-9._~+/=-]{8,})"

# fmt: off
_TOKENS = (
    "access", "api", "auth", "bearer", "bot", "csrf", "id", "oauth", "private", "refresh", "secret",
    "security", "session",
)
_SECRET_KEYS = (
    "access", "account", "api", "auth", "encryption", "master", "private", "secret", "signing",
)
# fmt: on

NAMES: tuple[Name, ...] = (
    Name("authorization", ("authorization",), _AUTHORIZATION),
    Name("authorization", ("bearer",), _WITH_DIGIT, gap=r"[ \t]{1,8}"),
    Name("cookie", ("cookie",), _TO_THE_END, gap=r"[ \t]{0,8}:[ \t]{0,8}"),
    Name("signature", ("x-amz-signature", "?sig", "&sig"), _BARE),
    Name("code", ("?code", "&code", "code verifier"), _BARE),
    Name("secret", ("password", "passwd", "passphrase", "_pass", "-pass", "_pwd", "-pwd"), _BARE),
    Name("secret", ("secret", "secret access key"), _BARE),
    Name("secret", tuple(f"{one} key" for one in _SECRET_KEYS), _BARE),
    Name("secret", tuple(f"{one} token" for one in _TOKENS), _BARE),
    Name("secret", ("token", "_key", "-key", "?key", "&key", "credentials"), _BARE, sure=False),
)


def _word_pattern(word: str) -> str:
    return "[_-]?".join(map(re.escape, word.split(" ")))


def _letters(word: str) -> str:
    """A word without what may separate its parts."""
    return word.replace(" ", "").replace("_", "").replace("-", "")


_ROWS = {_letters(word): name for name in NAMES for word in name.words}


@functools.lru_cache(maxsize=1)
def _any_name() -> re.Pattern[str]:
    words = sorted((word for name in NAMES for word in name.words), key=len, reverse=True)
    return re.compile("|".join(map(_word_pattern, words)))


# After the name: its closing quote (quotes inside of JSON's strings have backslashes), a type as in
# `password: str = ...`, and the sign between name and value.
_CLOSE = r"(?:_?\d{1,2})?(?P<close>\\*[\"'`])?\]?"
_TYPE = (
    r"(?::[ \t]?(?:Optional\[|Final\[)?(?:str|bytes|[Ss]tring|SecretStr|Final)\b[\]| \w]{0,20})?"
)
_GAP = r"[ \t]{0,8}(?:=>|:=|[:=]{1,3})[ \t]{0,8}"
_ARGUMENT_GAP = r"(?:[ \t]{1,8}|,[ \t]{0,8}|=)"  # --password abc, ["--password", "abc"]
_ARGUMENT = re.compile(r"--[\w-]*")
_OPEN = re.compile(r"[bBrRfFuU]{0,2}(?P<open>\\*[\"'`])")

# Behind the text "Password: " in JSON comes no value, but the string's end and what follows it.
_SPACE = r"(?:\s|\\+[nrt])*"
_STRUCTURE = re.compile(
    rf"{_SPACE}(?:[\]}})]|\Z|[,:]{_SPACE}(?:\\*[\"'`]|[\[{{(]|-?\d|(?i:true|false|null|none)\b))"
    r"|\s+(?:[+%]|in\b|not\b|and\b|or\b|if\b|else\b|is\b)"
)
# Words of code and templates that only say where the secret comes from.
_NOT_A_SECRET = re.compile(
    r"(?:[A-Za-z_]\w{0,60}(?:\.\w{1,60}){0,8}[(\[]"
    r"|(?:self|cls|args|opts|options|config|settings|os|env)\.\w"
    r"|\{|\$\{|\$[A-Z_]{2}|\$\(|%\w{1,60}%"
    r"|(?:None|null|nil|undefined|[Tt]rue|[Ff]alse|str|string|bytes|int|bool|Any|Optional|required)"
    r"(?:[\s\"'`,;&<>)}\]\\]|\Z))"
)
_RANDOM = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=-]{20,256}")
_UNSURE_LIMIT = 256


@dataclass(frozen=True)
class _Cut:
    """What is replaced, and by what."""

    start: int
    end: int
    by: str


@functools.lru_cache(maxsize=32)
def _terminator(opening: str) -> re.Pattern[str]:
    """The end of a string that `opening` opens, or of the string of JSON that holds it.

    In n nested strings of JSON a quote has 2^n - 1 backslashes; one that is in the secret has more.
    """
    count, quote = len(opening) - 1, opening[-1]
    ends = [rf"(?:\\{{{2 * (count + 1)}}})*\\{{{count}}}{quote}"]
    if count:
        ends.append(rf"\\{{0,{count - 1}}}\"")
    if quote != '"':
        ends.append(rf"\\*\"(?={_SPACE}(?:[,:\]}}]|\\*\"|\Z))")
    return re.compile(rf"(?<!\\)(?:{'|'.join(ends)})|\n|\Z")


@functools.lru_cache(maxsize=32)
def _after(gap: str, typed: bool) -> re.Pattern[str]:
    return re.compile(_CLOSE + (_TYPE if typed else "") + gap)


@functools.lru_cache(maxsize=32)
def _bare(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _named(text: str) -> Iterator[_Cut]:
    """The values behind names, from left to right."""
    # Lower case of the same length: only this letter's is longer.
    lowered = text.replace("\u0130", "I").lower()
    names, position = _any_name(), 0
    while (found := names.search(lowered, position)) is not None:
        position = found.start() + 1
        cut = _value(text, found.start(), found.end(), _ROWS[_letters(found.group())])
        if cut is not None:
            yield cut
            position = cut.end


def _value(text: str, start: int, end: int, name: Name) -> _Cut | None:
    after = _after(name.gap or _GAP, name.gap is None).match(text, end)
    if after is None and _is_argument(text, start):
        after = _after(_ARGUMENT_GAP, False).match(text, end)
    if after is None:
        return None
    opening = _OPEN.match(text, after.end())
    if opening is not None:
        return _quoted(text, name, after, opening)
    sure = name.sure or (text[start:end].isupper() and text[after.end() - 1] == "=")
    return _unquoted(text, name, after, sure)


def _is_argument(text: str, start: int) -> bool:
    dashes = text.rfind("--", max(0, start - 40), start)
    return dashes >= 0 and _ARGUMENT.fullmatch(text, dashes, start) is not None


def _quoted(text: str, name: Name, after: re.Match[str], opening: re.Match[str]) -> _Cut | None:
    start = opening.end()
    if not after["close"] and _STRUCTURE.match(text, start):
        return None
    limit = len(text) if name.sure else min(len(text), start + _UNSURE_LIMIT)
    ending = _terminator(opening["open"]).search(text, start, limit)
    end = ending.start() if ending else limit
    if not name.sure and not _RANDOM.fullmatch(text, start, end):
        return None
    return _cut(text, start, end, name.kind)


def _unquoted(text: str, name: Name, after: re.Match[str], sure: bool) -> _Cut | None:
    start = after.end()
    if _NOT_A_SECRET.match(text, start):
        return None
    limit = len(text) if sure else min(len(text), start + _UNSURE_LIMIT)
    # A number, or a word of code, behind a quoted name.
    value = _bare(_BARE if after["close"] else name.bare).match(text, start, limit)
    if value is None:
        return None
    start = value.start("secret")
    end = start + len(value["secret"].rstrip(")]}.,:| \t\r"))
    if not sure and not _RANDOM.fullmatch(text, start, end):
        return None
    # A number in JSON becomes a string.
    return _cut(text, start, end, name.kind, after["close"] or "")


def _cut(text: str, start: int, end: int, kind: str, quote: str = "") -> _Cut | None:
    if start >= end or _MARKED.fullmatch(text, start, end):
        return None
    return _Cut(start, end, f"{quote}{_MARK}{kind}{quote}")


# --- redacting ------------------------------------------------------------------------------------

_KINDS = sorted({*(key.kind for key in KEYS), *(name.kind for name in NAMES)}, reverse=True)
_MARKED = re.compile(f"({_MARK}(?:{'|'.join(_KINDS)}))")
_ROUNDS = 8


def redact(text: str) -> str:
    """`text` with marks in place of what looks like a secret."""
    for _ in range(_ROUNDS):
        before, text = text, _redact_around_marks(text)
        if text == before:
            break
    return text


def _redact_around_marks(text: str) -> str:
    if _MARK not in text:
        return _redact_once(text)
    # What is between two marks has nothing to do with what is beyond them.
    pieces = _MARKED.split(text)
    return "".join(
        piece if number % 2 else _redact_once(piece) for number, piece in enumerate(pieces)
    )


def _redact_once(text: str) -> str:
    for key in KEYS:
        if key.prefix in text:
            text = key.pattern.sub(functools.partial(_replaced, key), text)
    return _apply(text, _named(text))


def _replaced(key: Key, found: re.Match[str]) -> str:
    whole = found.group()
    if "secret" not in found.re.groupindex:
        return f"{_MARK}{key.kind}" if key.judge(whole) else whole
    secret = found["secret"]
    if _MARKED.fullmatch(secret) or not key.judge(secret):
        return whole
    start, end = (place - found.start() for place in found.span("secret"))
    return f"{whole[:start]}{_MARK}{key.kind}{whole[end:]}"


def _apply(text: str, cuts: Iterator[_Cut]) -> str:
    pieces, position = [], 0
    for cut in cuts:
        pieces += [text[position : cut.start], cut.by]
        position = cut.end
    return "".join([*pieces, text[position:]]) if pieces else text
