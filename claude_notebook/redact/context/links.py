"""Texts between the name of a secret and its value."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from .judges import (
    Judge,
    is_any,
    is_chosen_text,
    is_code_of_digits,
    is_key,
    is_mixed_text,
    is_named_token,
    is_password,
    is_password_at_once,
)

__all__ = ["LINKS", "Link", "links_at"]

_B = r"[ \t\xa0\u202f]"
_QUOTE = r"\\*[\"'`]"
_ENTITY = r"&(?:quot|apos|#34|#39|#x27);"
_WRAPPER = r"(?:[bBrRfFuU]|new |[\w.]{1,20}\()?"
_OPEN = rf"(?:{_B}{{0,60}}{_WRAPPER}(?P<open>{_QUOTE}|{_ENTITY}))"
_CLOSE = rf"(?:[)\]*]{{0,2}}(?P<close>{_QUOTE}|{_ENTITY})?[)\]*]{{0,3}})"
_SIGN = r"(?:=>|:=|[=!]==?|[:=]|->|\u2192|\uff1a|%3[dD])"
_TYPE = rf"(?:{_B}{{0,4}}:{_B}?[A-Z]?[\w.\[\]]{{2,20}}(?={_B}{{0,4}}=))?"
_IN_QUOTES = r"(?P<quoted>[^\"'`\\\n&<>]{1,256})(?=(?P=open))"
# An ampersand ends a value in a query only.
_AND = r"&(?![\w.-]{1,40}=|[a-z#\d]{2,6};|&)"
_BARE = (
    rf"(?P<bare>(?:[^\s\"'`,;<>\\(){{}}\[\]|&]|{_AND})"
    rf"(?:[^\s\"'`,;<>\\(){{}}|\]&]|{_AND}){{0,255}})"
)
_WORD = r"(?P<bare>[^\s\"'`<>\\(){}\[\]|,;\u201c\u201d\u00ab\u00bb\u201e]{3,160})"
_MARKS = r"[ \t\"'\u201c\u201e\u00ab*`(]{0,3}"
_DIGITS = (
    r"(?P<bare>(?:[A-Z]-)?\d(?:[ .-]?\d){2,60}[#*]?"
    r"|(?=[^\d\s]*\d)[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8}){1,5})"
    r"(?![\w-])"
)
# A verb or a sign between a name and its value in a sentence.
_VERB = (
    rf"(?:{_B}{{0,3}}(?:[:=#\u2192\u2013\u2014\uff1a-]{{1,2}}|\b(?:is|was|are|were|will|be|now|still"
    r"|set|changed|reset|to|as|number|no|ist|lautet|war|sind|es|est|sont|son|\u00e8|\u00e9|eram"
    r"|jest|\u00e4r|er|on|olan|este|je|the|called|equals?|reads?|says?|value|with|using)\b))"
)
_WORDS = rf"(?:{_B}(?:[^\s\"'`\\:=<>{{}}|;.]|(?<=\w)'(?=\w)){{1,20}}){{0,7}}?"
_TAG = r"[\w:.-]{0,40}"
_ELEMENT = r"(?:<!\[CDATA\[)?(?P<bare>[^\s<>&\"'\\][^<>&\"'\\\n]{0,200})(?=</|<\\/|\]\]>)"
_TYPES = r"(?:exp_)?(?:send|sendline|send_keys|write|type|fill|input|enter|puts)"


@dataclass(frozen=True)
class Link:
    """One way in which a value follows its name.

    :param reason: where this occurs
    :param starts: the characters with which it can start
    :param pattern: matches from the end of the name; its value is the group `quoted` or `bare`
    :param judges: tell values from other texts, by the number of the name's subject
    :param precedes: pattern of the text just before the name
    """

    reason: str
    starts: str
    pattern: re.Pattern[str]
    judges: tuple[Judge, Judge, Judge]
    precedes: re.Pattern[str] | None = None


def _link(
    reason: str,
    starts: str,
    pattern: str,
    *,
    secret: Judge = is_mixed_text,
    code: Judge = is_code_of_digits,
    key: Judge = is_key,
    precedes: str = "",
) -> Link:
    before = re.compile(rf"(?:{precedes})\Z") if precedes else None
    return Link(reason, starts, re.compile(pattern), (secret, code, key), before)


_SIGNS_IN = r"(?i:creds?|credentials?|log-?in|sign-?in|auth)"
_QUOTES = "\\\"'`&"
_BLANKS = " \t\xa0\u202f"

LINKS = (
    _link(
        "numbers in sentences",
        _BLANKS + ":=#",
        rf"(?:{_WORDS}{_VERB}{{1,3}})?{_MARKS}{_DIGITS}",
        secret=is_code_of_digits,
    ),
    _link(
        "assignments, pairs, headers, fields, comparisons",
        _QUOTES + _BLANKS + ")]*:=!-\u2192\uff1a%",
        rf"{_CLOSE}{_TYPE}{_B}{{0,60}}{_SIGN}(?:{_OPEN}{_IN_QUOTES}|{_B}{{0,60}}{_BARE})",
        secret=is_chosen_text,
        key=is_named_token,
    ),
    _link(
        "two texts in a row: tuples, arguments, lists of pairs, templates of logs",
        _QUOTES + _BLANKS + "]:=%",
        rf"\]?[ :=]{{0,3}}(?:%\w|\{{\}})?(?P<close>{_QUOTE}),\s{{0,20}}[bruf]?(?P<open>{_QUOTE})"
        rf"{_IN_QUOTES}",
    ),
    _link(
        "elements of XML",
        _QUOTES + "> \t\n",
        rf"{_QUOTE}?(?:\s[^<>]{{0,100}})?>\s{{0,20}}{_ELEMENT}",
        secret=is_any,
        precedes=rf"<{_TAG}(?:\s[\w:.-]{{1,30}}=\\*[\"'][\w:.-]{{0,60}})?",
    ),
    _link(
        "a name and a value in two attributes or two fields",
        _QUOTES + _BLANKS + ",\n\r",
        rf"(?:\\*[\"'])?,?(?:\s|\\+n){{0,20}}(?:\\*[\"'])?[vV]alue(?:\\*[\"'])?{_B}{{0,4}}[:=]"
        rf"(?:{_OPEN}{_IN_QUOTES}|{_B}{{0,8}}{_BARE})",
        secret=is_any,
        precedes=rf"(?i:name|key|id)(?:\\*[\"'])?{_B}{{0,4}}[:=]{_B}{{0,4}}(?:\\*[\"'])?[\w.-]{{0,60}}",
    ),
    _link(
        "a name and a value in two elements",
        "< \t\n",
        rf"\s{{0,4}}</[\w:]{{1,20}}>\s{{0,40}}<[\w:]{{1,20}}>\s{{0,20}}{_ELEMENT}",
        secret=is_any,
    ),
    _link(
        "arguments of functions with the name of a secret",
        "(",
        rf"\({_OPEN}{_IN_QUOTES}{_QUOTE}\s{{0,4}}[,)]",
    ),
    _link(
        "texts typed at a prompt",
        _QUOTES + _BLANKS + ":?]",
        rf"\]?[:?]?{_B}?{_QUOTE}[);,]{{0,3}}\s{{0,20}}(?:[\w.]{{0,30}}\.)?{_TYPES}[ (]{{1,2}}"
        rf"{_OPEN}"
        r"(?P<quoted>[^\"'`\\\n&<>]{4,256})(?:\\+[rn])?(?=(?P=open))",
    ),
    _link(
        "cells beside their names",
        _BLANKS + "|\u2502\u2503",
        rf"{_B}{{0,40}}[|\u2502\u2503]{_B}{{0,40}}[`*]{{0,3}}(?P<bare>[^\s|\u2502\u2503`*\"'\\<>]+)",
    ),
    _link(
        "sentences with a verb or a colon",
        _BLANKS + ":=-#\u2192\u2013\u2014\uff1a",
        rf"{_WORDS}{_VERB}{{1,3}}{_MARKS}{_WORD}",
    ),
    _link(
        "flags, settings, protocols, sentences in which the value follows at once",
        _BLANKS,
        rf"{_B}{{1,40}}(?:\d{{1,2}}{_B}|[\w-]{{1,12}}{_B}(?=[\"']))?{_MARKS}{_WORD}",
        secret=is_password_at_once,
    ),
    _link(
        "a well-known account and its password",
        " :/|,",
        rf"{_B}?[:/|,]{_B}?{_WORD}",
        key=is_password,
        precedes=r"(?i:\badmin|\broot|\badministrator)",
    ),
    _link(
        "an account and its password with a sign between them",
        _BLANKS + ":=" + _QUOTES,
        rf"{_WORDS}{_VERB}{{0,2}}[ \t\"'\\]{{1,3}}[\w.@+-]{{1,40}}(?:{_B}[/|:,]{_B}|[/:]){_WORD}",
        key=is_password,
        precedes=_SIGNS_IN,
    ),
    _link(
        "an account and its password in a row",
        _BLANKS + ":=",
        rf"{_WORDS}{_VERB}{{0,2}}[ \t]{{1,3}}[\w.@+-]{{1,40}}{_B}{_WORD}",
        key=is_mixed_text,
        precedes=_SIGNS_IN,
    ),
)


@functools.lru_cache(maxsize=128)
def links_at(character: str) -> tuple[Link, ...]:
    """Return the links that can start with a character."""
    return tuple(link for link in LINKS if character and character in link.starts)
