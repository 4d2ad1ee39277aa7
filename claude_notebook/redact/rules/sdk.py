"""Rows for calls and blocks of code that take a secret by its position."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

from .commands import QUOTE
from .form import Form, is_chosen, is_mixed, is_odd, looks_random

__all__ = ["CODE"]

_OPEN = rf"\s{{0,80}}[bru]?{QUOTE}"
_STRING = r"(?P<secret>[^\"'\\\n]{1,500})"
_CLOSE = r"\\{0,8}[\"']"
_IN_QUOTES = rf"{QUOTE}{_STRING}{_CLOSE}"
_OTHER = rf"{_OPEN}[^\"'\\\n]{{1,200}}{_CLOSE},"
_ARGUMENT = rf"\s{{0,80}}(?:[bru]?{QUOTE}[^\"'\\\n]{{1,100}}{_CLOSE}|[\w.]{{1,60}}),"
_PAIR = rf"{_OTHER}{_OPEN}{_STRING}{_CLOSE}\s{{0,80}}[,)]"
_IDENTIFIED = (
    r"(?i:[ \t]{1,8}(?:with[ \t]{1,8}\S{1,60}[ \t]{1,8})?by(?:[ \t]{1,8}password)?)[ \t]{1,8}"
    rf"{_IN_QUOTES}"
)


def _rows(
    literals: str, follows: str, judge: Callable[[str], bool] = is_chosen, precedes: str = ""
) -> Iterator[Form]:
    return (Form("secret", word, follows, judge, precedes) for word in literals.split(", "))


def _is_long(secret: str) -> bool:
    return len(secret) >= 6 and is_chosen(secret)


def _is_password(secret: str) -> bool:
    """Return whether a text has letters and digits, and no sign of a host, a path, or a query."""
    return len(secret) >= 6 and is_odd(secret) and re.search(r"[\s/.:@,;()<>-]", secret) is None


def _is_long_mix(secret: str) -> bool:
    return len(secret) >= 6 and is_mixed(secret)


def _blocks(words: str) -> Iterator[Form]:
    """Return the rows of Terraform's blocks whose name says that their value is a secret."""
    follows = (
        rf"{QUOTE}[\w-]{{0,60}}(?i:pass|pwd|secret|token|_key|cred)[\w-]{{0,60}}\\{{0,8}}\""
        r"\s{0,8}\{[^{}]{0,1000}?(?:default|value)[ \t]{0,40}=[ \t]{0,40}"
        rf"{_IN_QUOTES}"
    )
    return _rows(words, follows)


def _kaggle(quote: str) -> Iterator[Form]:
    """Return the rows of a key beside a user's name."""
    mark = rf"\\{{0,8}}{quote}"
    value = rf"{mark}\s{{0,8}}:\s{{0,8}}{mark}(?P<secret>[a-f0-9]{{32}}){mark}"
    next_user = rf"(?=\s{{0,8}},\s{{0,40}}{mark}username)"
    yield Form("secret", f"{quote}key", value, precedes=rf"{quote}username[^{{}}]{{1,100}}")
    yield Form("secret", f"{quote}key", value + next_user)


# Functions and classes whose only or second text is a key, by the ends of their names.
_CLIENTS = (
    "login(, Client(, client(, Handler(, Experiment(, Session(, Bot(, api_key(, ApiKey(, APIKey(, "
    "Api(, API(, Auth(, auth(, Token(, token(, Key(, key(, Github(, Gitlab(, GitHub(, Pinecone(, "
    "configure(, authenticate(, connect(, Credential(, Credentials(, Embeddings(, Instructor("
)

# Functions that take the name of a user and a password.
_LOGINS = (
    "connect(, Connect(, Connection(, connection(, pw_set(, pwd_set(, API(, Api(, Client(, login(, "
    "Login(, database(, with_value(, Session(, session(, credentials(, Credentials(, "
    "authenticate(, authorize(, add_user(, create_user(, set_password("
)

CODE: tuple[Form, ...] = (
    *_rows("auth=(, auth = (, Auth(, asic_auth(, asic_auth=(", _PAIR),
    *_rows("login(, redentials(", _PAIR),
    # the later text first: marks separate
    *_rows(_CLIENTS, rf"(?:{_OTHER}){{1,3}}{_OPEN}{_STRING}{_CLOSE}", looks_random),
    *_rows(_CLIENTS, rf"{_OPEN}{_STRING}{_CLOSE}", looks_random),
    *_rows("api_key=(, api_key = (", _PAIR, looks_random),
    # a password among several texts
    *itertools.chain.from_iterable(
        _rows(_LOGINS, _ARGUMENT * count + rf"{_OPEN}{_STRING}{_CLOSE}", _is_password)
        for count in (3, 2, 1)
    ),
    # fields of a page, and files with a password
    *_rows(
        "send_keys(, fill(",
        rf"(?:{_OTHER})?{_OPEN}{_STRING}{_CLOSE}",
        _is_password,
        r"(?i:passw|pwd|secret|token)[^\n]{0,60}",
    ),
    *_rows(
        "fill(",
        rf"{_OPEN}[^\"'\\\n]{{0,40}}(?i:passw|pwd)[^\"'\\\n]{{0,40}}{_CLOSE},{_OPEN}{_STRING}{_CLOSE}",
    ),
    *_rows("decrypt(, SMTP(, Translator(", rf"(?:{_OTHER})?{_OPEN}{_STRING}{_CLOSE}", _is_long_mix),
    *_rows("params={", rf"{_OPEN}\w{{1,20}}{_CLOSE}:{_OPEN}{_STRING}{_CLOSE}", looks_random),
    *_rows("jwt.encode(, jwt.decode(", rf"[^\"'(]{{1,200}}?,{_OPEN}{_STRING}{_CLOSE}"),
    *_rows("hmac.new(, AES.new(, Fernet(", rf"{_OPEN}{_STRING}{_CLOSE}", _is_long),
    *_rows("IDENTIFIED, identified", _IDENTIFIED),
    *_rows("ConvertTo-SecureString", rf"[ \t]{{1,8}}(?:-String[ \t]{{1,8}})?{_IN_QUOTES}"),
    # (TYPE s3, SECRET 'abc')
    *_rows(
        "SECRET ', PASSWORD '",
        r"(?P<secret>[^'\n]{4,200})'",
        is_chosen,
        r"[(,]\s{0,40}[A-Z_]{0,20}",
    ),
    # Terraform
    *_blocks("variable , output "),
    *_rows(
        "random_password, random_string",
        rf"[\s\S]{{0,2000}}?\\{{0,8}}\"result\\{{0,8}}\"\s{{0,8}}:\s{{0,8}}{_IN_QUOTES}",
    ),
    *_kaggle('"'),
    *_kaggle("'"),
    # a user and a password, written together
    *_rows(
        "redentials, creds, login, userpass",
        rf"(?:{QUOTE})?[ \t]{{0,4}}[:=][ \t]{{0,4}}(?:{QUOTE})?[A-Za-z][\w.@-]{{0,60}}:"
        r"(?P<secret>[^\s\"'\\:/,;]{5,80})",
        is_mixed,
    ),
)
