"""Rows for statements of SQL that hold a password: logins, keys of files, functions of ciphers."""

from __future__ import annotations

from collections.abc import Iterator

from .form import Form, is_chosen

__all__ = ["SQL"]

_QUOTE = r"\\{0,8}[\"']"
_B = r"[ \t]{1,8}"
_TEXT = rf"(?:[NnEe]|[uU]&)?{_QUOTE}(?P<secret>[^\"'\\\n]{{1,200}})(?={_QUOTE})"
_ACCOUNT = r"[^\s=;]{1,120}(?:@[^\s=;]{1,80})?"
_VALUES = r"(?i:values?|password|external|default|global|globally|random|ldap|the|a|an|using|with)"
_BY = (
    rf"(?i:{_B}by){_B}(?P<secret>(?!{_VALUES}\b)[A-Za-z#$_][\w#$!]{{2,60}})"
    r"(?=[ \t]{0,8}(?:;|\n|\\n|[\"']|\Z|(?i:default|account|using|profile|quota|temporary|replace"
    r"|password)\b))"
)
_NAMED = r"(?i:\bby|passw(?:or)?d|pwd|secret|token|key)[ \t]{0,8}(?:[:=]{1,2}[ \t]{0,8})?"


def _rows(literals: str, follows: str, precedes: str = "") -> Iterator[Form]:
    """Return the rows of literals as they are and in lower case."""
    words = dict.fromkeys((literals + ", " + literals.lower()).split(", "))
    return (Form("secret", word, follows, is_chosen, precedes) for word in words)


def _other_quotes() -> Iterator[Form]:
    """Return the rows of Oracle's quotes: q'[abc]'."""
    for opening, closing in ("[]", "{}", "()", "<>", "!!", "||", "~~"):
        for letter in "qQ":
            text = rf"(?P<secret>[^\n]{{1,200}}?)\{closing}'"
            yield Form("secret", f"{letter}'{opening}", text, is_chosen, _NAMED)


SQL: tuple[Form, ...] = (
    *_other_quotes(),
    *_rows("IDENTIFIED", _BY),
    *_rows(
        "SET PASSWORD",
        rf"(?i:{_B}for{_B}{_ACCOUNT})?[ \t]{{0,8}}(?:=|(?i:\bto\b))[ \t]{{0,8}}"
        rf"(?i:(?:old_)?password\()?{_TEXT}",
    ),
    *_rows(
        "PRAGMA ",
        rf"(?:\w{{1,40}}\.)?(?i:(?:re|hex|text|hexre)?key)[ \t]{{0,8}}[=(][ \t]{{0,8}}"
        rf"(?:{_QUOTE}x(?='))?{_TEXT}",
    ),
    *_rows("ATTACH ", rf"[^;\n]{{1,200}}?(?i:\bkey){_B}{_TEXT}"),
    *_rows("OPENROWSET(", rf"(?:\s{{0,8}}'[^'\n]{{0,80}}'\s{{0,8}}[,;]){{3}}\s{{0,8}}{_TEXT}"),
    *_rows(
        "SYM_ENCRYPT(, SYM_DECRYPT(, AES_ENCRYPT(, AES_DECRYPT(, DES_ENCRYPT(, DES_DECRYPT(",
        rf"(?:[^(),\n]|\([^()\n]{{0,80}}\)){{1,100}},[ \t]{{0,8}}{_TEXT}",
    ),
    *_rows("BYPASSPHRASE(", rf"\s{{0,8}}{_TEXT}"),
    Form("secret", "ByPassPhrase(", rf"\s{{0,8}}{_TEXT}", is_chosen),
    # of command lines: connect scott/abc@db, connect to a user b using abc, .LOGON a/b,abc
    *_rows(
        "CONNECT , CONN ",
        r"[A-Za-z][\w$#]{0,60}/(?P<secret>[^\s@/\"'\\;]{3,100})(?=@\w|[ \t]{0,4}(?:\n|;|\Z))",
        r"(?:\A|\n|\\n|> ?)[ \t]{0,8}",
    ),
    *_rows(
        "CONNECT TO ",
        r"\S{1,60}[ \t]{1,4}(?i:user)[ \t]{1,4}\S{1,60}[ \t]{1,4}(?i:using)[ \t]{1,4}"
        r"(?P<secret>[^\s;\"'\\]{3,100})",
    ),
    *_rows(".LOGON ", r"[\w./-]{1,60}[/ ][\w$]{1,60},[ ]?(?P<secret>[^\s;\"'\\]{3,100})"),
    # Redis
    Form(
        "secret",
        "AUTH ",
        r"(?:[\w.@-]{1,60}[ ])?(?P<secret>[^\s;\"'\\]{3,200})(?=[ \t]{0,4}(?:\r?\n|\\n|\"|\Z))",
        is_chosen,
        r"(?::\d{2,5}(?:\[\d{1,2}\])?>|redis-cli)[^\n|]{0,40}",
    ),
    *_rows("SETUSER ", r"\S{1,60}[^\n]{0,100}?[ ][\"'\\]{0,3}>(?P<secret>[^\s;\"'\\]{3,200})"),
)
