"""Rows for the settings of routers and switches, and for pairs such as `u=ann p=abc`."""

from __future__ import annotations

from .form import Form, is_chosen

__all__ = ["DEVICES"]

_LINE = r"(?:\A|\n|\\n|[#>\"])"
_B = r"[ \t]{1,8}"
_LEVEL = (
    rf"(?:\d{{1,2}}{_B}|level{_B}\d{{1,2}}{_B}|(?:irreversible-)?cipher{_B}|(?:simple|encrypted|hashed|sha512|scrypt|plain){_B}"
    rf"|\w[\w-]{{2,20}}{_B}(?=[\"']))?"
)
_VALUE = (
    r"\\{0,8}[\"']?(?P<secret>(?!(?:is|was|has|for|and|or|the|to|in|on|of|not|if|with)\b)"
    r"[^\s\"'\\:=<>(){}\[\],;|`$]{3,100})\\{0,8}[\"']?"
)
_END = r"(?=[ \t]{0,8}(?:\r?\n|\\+[nr]|\"|\Z))"
_USER = rf"{_LINE}[ \t]{{0,8}}(?:user(?:name)?|local-user|enable|set)\b[^\n\\.:]{{0,80}}"


def _is_setting(secret: str) -> bool:
    """Return whether a value is neither a placeholder nor a name of a setting."""
    return is_chosen(secret) and secret not in ("encryption", "policy", "required", "prompt")


def _is_no_number(secret: str) -> bool:
    return is_chosen(secret) and not secret.replace(".", "").isdigit()


def _row(literal: str, precedes: str, end: str = _END) -> Form:
    return Form("secret", literal, _LEVEL + _VALUE + end, _is_setting, precedes)


DEVICES: tuple[Form, ...] = (
    _row("password ", _USER),
    _row("secret ", _USER),
    _row("plain-text-password-value ", _USER),
    # the password of a line or of a peer
    _row(
        "password ", r"(?:\n|\\n)[ \t]", rf"{_END}(?=(?:\r?\n|\\n)[ \t]?(?:login|exec|line|tran|!))"
    ),
    _row("password ", r"\b(?:neighbor|ppp|chap|pap|peer)\b[^\n\\:=]{0,60}"),
    _row("passwd ", rf"{_LINE}[ \t]{{1,8}}set[ \t]"),
    # cache_peer a parent 3128 0 login=bob:abc, lftp -u bob,abc
    Form(
        "secret",
        "login=",
        r"[\w.@-]{1,60}:(?P<secret>[^\s\"'\\]{3,100})",
        is_chosen,
        r"cache_peer[^\n]{1,100}",
    ),
    Form(
        "secret", "lftp ", r"[^\n|;]{0,80}?-u[ ]?[\"']?[\w.@-]{1,60},(?P<secret>[^\s\"'\\]{3,100})"
    ),
    _row(" key ", r"\b(?:radius|tacacs|isakmp|ntp)\b[^\n\\:=]{0,80}", ""),
    _row("community ", r"\bsnmp(?:-server)?[ \t](?:[\w-]{1,20}[ \t])?", ""),
    _row("key-string ", r"[ \t]"),
    _row("authentication-key ", r"[ \t]"),
    _row("pre-shared-key ", r"[ \t](?:ascii-text[ \t])?"),
    # u=ann p=abc
    *(
        Form(
            "secret",
            f"{sign}p=",
            r"(?P<secret>[^\s;&,\"'\\<>{}()$]{3,100})",
            _is_no_number,
            r"(?i:(?<![A-Za-z])(?:u|un|usr|user|uid|username|login))=[^\s;&,\"'\\]{1,60}"
            r"(?:[ \t;&,]{1,2}\w{1,12}=[^\s;&,\"'\\]{1,60}){0,2}",
        )
        for sign in (" ", ";", "&", ",")
    ),
)
