"""Ways in which a value follows its name, besides a sign between them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from .names import BARE
from .rules import is_chosen, is_mixed, is_odd, looks_random

__all__ = ["CLOSE", "ENTITY", "FLAG", "GAPS", "LINE", "SPACE", "SUFFIX", "Gap", "gaps_at"]

# After the name: a suffix, its closing quote (quotes inside of JSON's strings have backslashes).
SUFFIX = (
    r"(?i:[_-]?(?:value|string|text|plaintext|confirm|confirmation|old|new|prod|production|dev"
    r"|staging|test|data|hash|b64|base64)(?![a-z]))?(?:_?\d{1,4})?"
)
ENTITY = r"&(?:quot|apos|#34|#39|#x27);"
CLOSE = rf"{SUFFIX}(?P<close>\\*[\"'`]|{ENTITY}|\*\*?)?\]?"
SPACE = r"(?:\s|\\+[nrt])"
LINE = r"(?:\r?\n|\\+n)"
_BLANK = r"[ \t]{1,8}"
_BLANKS = r"[ \t]{0,8}"
_QUOTE = r"\\*[\"']"


@dataclass(frozen=True)
class Gap:
    """One way in which a value follows its name.

    :param starts: the characters with which it can start
    :param follows: pattern of the text after the name, up to the value
    :param precedes: pattern of the text just before the name
    :param quoted: the value must have quotes
    :param value: pattern of a value without quotes, if not that of the name's row
    :param judge: tells a secret from a lookalike
    :param sure: values of tokens need not look random
    """

    starts: str
    follows: re.Pattern[str]
    precedes: re.Pattern[str]
    quoted: bool = False
    value: str = BARE
    judge: Callable[[str], bool] = is_chosen
    sure: bool = False

    @functools.cached_property
    def needs_digit(self) -> bool:
        """True if only values with a digit are secrets."""
        return self.judge not in (is_chosen, _is_one_word, _is_no_name)


def _is_one_word(secret: str) -> bool:
    return is_chosen(secret) and not re.search(r"\s", secret)


def _is_no_name(secret: str) -> bool:
    """Return whether a text is one word, and none that names a token."""
    known = re.search(r"(?i:token|key|auth|bearer|access|refresh|csrf|name)", secret)
    return len(secret) >= 6 and _is_one_word(secret) and known is None


def _is_long_and_mixed(secret: str) -> bool:
    return len(secret) >= 6 and is_mixed(secret)


def _is_long_and_odd(secret: str) -> bool:
    return len(secret) >= 8 and is_odd(secret) and "://" not in secret and secret[0] != "/"


def _gap(
    starts: str,
    precedes: str,
    follows: str,
    *,
    quoted: bool = False,
    value: str = BARE,
    judge: Callable[[str], bool] = is_chosen,
    sure: bool = False,
) -> Gap:
    before, after = re.compile(rf"(?:{precedes})\Z"), re.compile(CLOSE + follows)
    return Gap(starts, after, before, quoted, value, judge, sure)


_CALLS = (
    r"(?:(?i:getenv|setdefault|setenv|putenv|header|define|property|environ)|\b(?:get|set|put|add))"
    rf"\w{{0,20}}\([bru]?{_QUOTE}[\w.-]{{0,60}}"
)
_ELEMENT = r"(?P<secret>(?:[^<>&\s\"\\]|&amp;)(?:[^<>&\"]|&amp;)*)"
_IN_CELL = r"(?P<secret>[^\s|\u2502\u2503`*\"'\\<>]+)"
# "Is" in some languages, and the dash that can replace it.
_IS = (
    rf"(?:{_BLANK}(?:is|was|ist|war|lautet|es|est|e|\u00e9|\u00e8|to|jest|brzmi|\u00e4r|er|on|olan"
    rf"|este|je|auf|naar|na|a|en|zu|adalah|l\u00e0|\u044d\u0442\u043e)(?:[ \t]?:)?{_BLANK}"
    rf"|{_BLANKS}(?:\u662f|\u4e3a|\u70ba|\u306f|\ub294|\uc740)[\u003a\uff1a]?{_BLANKS}"
    rf"|{_BLANK}(?:[\u2014\u2013-]{{1,2}}|->|\u2192|\u279c|\u27a1){_BLANK})"
)
# "Of the server", "for the database": the words that tell what a password is for.
_OWNER = (
    rf"{_BLANK}(?:for|f\u00fcr|of|zu[mr]?|vo[nm]|de[lrs]?|du|d[aio]s?|para|pour|per|voor|van|au"
    r"|dell[aeo]|do|dla|(?:d|dell)(?=['\u2019]))(?:[ \t]{1,8}|['\u2019])"
    r"(?:[^:=\n\"'\\]|(?<=\w)'(?=\w)){1,60}?"
)
_OPENING = r"(?:[\u00ab\u2039\u201c\u201e\u2018\u300c\u300e][ \xa0\u202f]?)?"
_SETTING = (
    rf"(?:(?<!\w)ENV|%(?:set_)?env|\bsetx|\bsetenv|\bset[ \t]{{1,4}}-\w{{1,4}}){_BLANK}\w{{0,60}}"
)
_CONFIG = (
    rf"\b(?:config|configure)(?:{_BLANK}(?:set|add|-[\w-]{{1,20}})){{1,3}}{_BLANK}[^\s=]{{0,100}}"
)

_NOT_OF_VALUES = (
    r"(?i:names?|ids?|types?|polic\w*|length|size|hash\w*|algorithms?|versions?|files?|paths?|urls?"
    r"|managers?|rotation|counts?|count|format|field|column|lists?|index)\b"
)

# --password abc, ["--password", "abc"], -Password abc
FLAG = _gap(" \t,=", r"(?:\A|[\s\"'`])--?[\w.-]{0,60}", r"(?:[ \t]{1,8}|,[ \t]{0,8}|=)(?!--)")

GAPS = (
    FLAG,
    # <password>abc</password>
    _gap(
        " \t<>&",
        r"(?:<|&lt;)[\w.:-]{0,60}",
        r"(?:\s[^<>&]{0,200})?(?:>|&gt;)\s{0,80}",
        value=_ELEMENT,
    ),
    # <name>my.password</name><value>abc</value>, <td>password</td><td>abc</td>
    _gap(
        " \n\r\\<",
        r"<name>\s{0,40}[\w.-]{0,80}",
        rf"{SPACE}{{0,20}}</name>{SPACE}{{0,40}}<value>{SPACE}{{0,40}}",
        value=_ELEMENT,
    ),
    _gap(
        ": \n\r\\<",
        r"<t[dh][^<>]{0,200}>\s{0,40}[\w. -]{0,60}",
        rf":?{SPACE}{{0,20}}</t[dh]>(?:{SPACE}|\",|\"){{0,40}}<t[dh][^<>]{{0,200}}>{SPACE}{{0,40}}",
        value=_ELEMENT,
        judge=_is_long_and_mixed,
    ),
    # "name": "DB_PASSWORD", "value": "abc"; <add key="password" value="abc"/>
    _gap(
        ", \n\r\t\\vV",
        rf"(?i:name|key)(?:{_QUOTE})?[ \t]{{0,8}}[:=][ \t]{{0,8}}(?:{_QUOTE})?[\w.-]{{0,60}}",
        rf"{SPACE}{{0,40}},?{SPACE}{{0,40}}(?:{_QUOTE})?[vV]alue(?:{_QUOTE})?[ \t]{{0,8}}[:=]"
        r"[ \t]{0,8}",
    ),
    # "db_password": {"value": "abc"}
    _gap(
        " \t:={",
        "",
        rf"{_BLANKS}[:=]?{_BLANKS}\{{(?:[^{{}}]{{0,200}}?,)??{SPACE}{{0,40}}(?:{_QUOTE})?"
        rf"(?:value|default|plaintext)(?:{_QUOTE})?{_BLANKS}[:=]{_BLANKS}",
        quoted=True,
    ),
    # setPassword("abc"), .password("abc")
    _gap(
        "(",
        r"(?:(?<![A-Za-z])(?i:set|with|use|change)|\.)_?\w{0,40}",
        r"\(\s{0,40}",
        quoted=True,
        judge=_is_one_word,
    ),
    # withToken("abc")
    _gap(
        "(",
        r"(?<![A-Za-z])(?i:set|with|use)_?(?i:access|api|auth|bearer)?_?",
        r"\(\s{0,40}",
        quoted=True,
        judge=_is_no_name,
        sure=True,
    ),
    # password("abc")
    _gap("(", r"(?:\A|[\s;,({]|\\n)", r"\(\s{0,40}", quoted=True, judge=_is_one_word),
    # my_api_key("abc1")
    _gap("(", "", r"\(\s{0,40}", quoted=True, judge=looks_random),
    # getenv("DB_PASSWORD", "abc"), define('DB_PASSWORD', 'abc')
    _gap(",", _CALLS, r",[ \t]{0,8}", quoted=True, judge=_is_one_word),
    # ("X-Api-Key", "abc1"), ("a", "api_key", "abc1"), print("Password:", "abc1")
    _gap(
        ",",
        rf"[(\[]\s{{0,8}}[bru]?{_QUOTE}[\w.-]{{0,60}}",
        r",[ \t]{0,8}",
        judge=_is_long_and_mixed,
    ),
    _gap(",", rf",\s{{0,8}}[bru]?{_QUOTE}[\w.-]{{0,60}}", r",[ \t]{0,8}", judge=looks_random),
    _gap(
        " \t:=",
        rf"\(\s{{0,8}}[bruf]?{_QUOTE}[\w. -]{{0,60}}",
        rf"{_BLANKS}[:=]{_BLANKS}{_QUOTE}{_BLANKS},{_BLANKS}",
        quoted=True,
        judge=_is_long_and_mixed,
    ),
    # ENV DB_PASSWORD abc
    _gap(" \t", _SETTING, _BLANK),
    # {:password "abc"}
    _gap(" \t", r"(?<![\w:]):[\w-]{0,40}", _BLANK, quoted=True, judge=_is_one_word),
    # npm config set //registry/:_authToken abc
    _gap(" \t", _CONFIG, _BLANK),
    # fs.s3a.secret.key abc
    _gap(" \t", r"\b(?:fs|spark|hadoop|hive|javax)\.[\w.-]{0,80}", _BLANK),
    # machine a login b password abc
    _gap(
        " \t\n\r\\",
        rf"\b(?:login|account|machine){SPACE}{{1,8}}[^\s\\]{{1,100}}{SPACE}{{1,40}}",
        rf"{SPACE}{{1,8}}",
    ),
    # wifi-sec.psk abc, wpa-psk abc, nmcli ... password abc, wpa_passphrase net abc
    _gap(" \t", r"(?:wifi-sec\.|\bwpa-|\bnmcli\b[^\n]{0,100})", _BLANK),
    _gap(" \t", r"wpa_", rf"{_BLANK}(?:\"[^\"\n]{{1,64}}\"|\S{{1,64}}){_BLANK}"),
    # CREATE USER a WITH PASSWORD 'abc'
    _gap(
        " \t",
        rf"(?i:with|encrypted|(?:user|role){_BLANK}[^\s|]{{1,60}}){_BLANK}",
        _BLANK,
        quoted=True,
    ),
    # Password for bob: abc1, Secret Access Key [None]: abc1
    _gap(
        " \t[(",
        "",
        rf"(?:{_OWNER}|{_BLANKS}[\[(][^\])\n\"'\\]{{0,30}}[\])]){_BLANKS}[:=\uff1a]{_BLANKS}",
        judge=_is_long_and_mixed,
    ),
    # the password of the database is abc1
    _gap(" \t", "", _OWNER + _IS + _OPENING, judge=_is_long_and_mixed),
    # Mein Passwort lautet abc
    _gap(" \t", "", rf"{_BLANK}(?:lautet|brzmi){_BLANK}{_OPENING}", judge=_is_one_word),
    # temporary password, as adjectives follow in some languages: abc1x
    _gap(
        " \t",
        "",
        rf"{_BLANK}(?!{_NOT_OF_VALUES})[^\W\d_]{{2,20}}{_BLANKS}[:=\uff1a]{_BLANKS}",
        judge=_is_long_and_odd,
    ),
    # Password: and the value in the next line
    _gap(
        ":",
        rf"(?:\A|{LINE})[ \t]{{0,8}}(?:[^\W\d]{{1,20}}[ \t])?",
        rf":[ \t]{{0,4}}{LINE}",
        value=rf"(?P<secret>[^\s\"'`\\]{{6,100}})(?=[ \t]{{0,4}}(?:{LINE}|\"|\Z))",
        judge=_is_long_and_odd,
    ),
    # the password is abc1
    _gap(" \t\u662f\u4e3a\u70ba\u306f\ub294\uc740", "", _IS + _OPENING, judge=_is_long_and_mixed),
    # with password abc1x, use the token abc1x
    _gap(
        " \t",
        r"\b(?i:with|and|use|using|the|user(?:name)?[ \t]\S{1,60}|[,;/])[ \t](?:[\w-]{1,20}[ \t])?"
        r"[\w-]{0,40}",
        _BLANK,
        judge=_is_long_and_odd,
    ),
    # remote modify r secret_access_key abc1x
    _gap(" \t", r"[ \t][a-z]\w{0,40}_", r"[ \t]{1,2}", judge=_is_long_and_odd),
    # >>> password, and the value in the next line
    _gap(
        "\n\r\\",
        r"(?:>>>|\]:)[ \t][\w.]{0,60}",
        rf"{LINE}(?:Out[ \t]?\[\d{{1,6}}\]:[ \t])?",
        quoted=True,
        judge=_is_one_word,
    ),
    # | password | abc1 |
    _gap(
        " \t|\u2502\u2503",
        "",
        r"[ \t]{0,40}[|\u2502\u2503][ \t]{0,40}[`*]{0,3}",
        value=_IN_CELL,
        judge=_is_long_and_mixed,
    ),
    # password      abc1
    _gap(" \t", r"(?:\A|\n|\\n)[ \t]*[\w.-]{0,60}", r"[ \t]{2,60}", judge=_is_long_and_mixed),
)


@functools.lru_cache(maxsize=64)
def gaps_at(character: str) -> tuple[Gap, ...]:
    """Return the gaps that can start with a character."""
    return tuple(gap for gap in GAPS if character and character in gap.starts)
