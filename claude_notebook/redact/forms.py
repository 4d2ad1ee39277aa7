"""Secrets that a format gives away, rather than a prefix or a name."""

from __future__ import annotations

from .commands import COMMANDS, QUOTE
from .rows import Row, is_chosen, is_mixed, is_odd, is_varied
from .sdk import CODE

__all__ = ["FORMS"]

_W = "[A-Za-z0-9_-]"
_EDGE = r"(?:(?<![A-Za-z0-9_.\\-])|(?<=\\[nrt]))"
_PGPASS = r"[\w.*-]{1,64}:[\w.*-]{1,64}:(?P<secret>[^\s\"\\]+)"
_PGPASS_HOST = r"(?:\A|[\s\"]|\\n)[\w.*-]{1,100}"
_USER = r"(?:\A|[^\w/:@.%+-])[A-Za-z][\w.-]{0,60}:"
_NO_SCHEME = r"(?!(?:mailto|xmpp|sips?|acct|to|from|b?cc|author|e?mail):)"

FORMS: tuple[Row, ...] = (
    # tokens without a literal beginning
    Row(
        "discord-token",
        ".",
        rf"{_W}{{6}}\.(?P<secret>{_W}{{27,45}})(?![\w-])",
        is_mixed,
        rf"{_EDGE}(?P<whole>[MNO]{_W}{{22,28}})",
    ),
    Row(
        "telegram-token",
        ":",
        rf"(?P<secret>{_W}{{35}})(?![\w-])",
        is_varied,
        rf"{_EDGE}(?P<whole>\d{{8,10}})",
    ),
    Row(
        "azure-secret",
        "Q~",
        r"(?P<secret>[\w~.-]{31,34})(?![\w~.-])",
        precedes=rf"{_EDGE}(?P<whole>[\w~.-]{{3}}\d)",
    ),
    Row(
        "mailchimp-key",
        "-us",
        r"(?P<secret>\d{1,2})(?!\w)",
        precedes=rf"{_EDGE}(?P<whole>[a-f0-9]{{32}})",
    ),
    Row(
        "maxmind-key",
        "_mmk",
        r"(?P<secret>)(?!\w)",
        precedes=rf"{_EDGE}(?P<whole>[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}})",
    ),
    Row(
        "facebook-token",
        "|",
        r"(?P<secret>[\w-]{27,40})(?![\w-])",
        is_mixed,
        rf"{_EDGE}\d{{15,16}}",
    ),
    # files
    *(
        Row("secret", port, _PGPASS, is_chosen, _PGPASS_HOST)
        for port in (":5432:", ":5433:", ":6432:")
    ),
    Row("secret", "*:*:*:", r"[\w.*-]{1,64}:(?P<secret>[^\s\"\\]+)", is_chosen),
    Row("secret", "WIFI:", r"[^\n\"]{0,200}?(?<=[:;])P:(?P<secret>[^;\n\"]{1,200})", is_chosen),
    Row(
        "authorization",
        "Digest username=",
        rf"[^\n]{{0,600}}?\bresponse={QUOTE}(?P<secret>[a-f0-9]{{32,}})",
    ),
    # URLs
    Row(
        "url-password",
        "@",
        r"[A-Za-z][\w.-]{0,100}:\d{2,5}(?!\w)",
        precedes=rf"{_USER}(?P<secret>[^\s:@/\"'`<>\\,;(){{}}\[\]]{{3,60}})",
    ),
    Row(
        "url-password",
        "@",
        r"(?=[A-Za-z\d][\w-]{0,60}\.[A-Za-z\d]|localhost\b)",
        is_odd,
        rf"{_USER.replace('[A-Za-z]', _NO_SCHEME + '[A-Za-z]', 1)}"
        r"(?P<secret>[^\s:@/\"'`<>\\,;(){}\[\]]{6,60})",
    ),
    Row("url-password", "jdbc:oracle:", r"\w{1,8}:[\w$#]{1,60}/(?P<secret>[^\s@\"'\\]{1,100})@"),
    Row(
        "url-password",
        "sqlplus ",
        r"(?:-\w+[ \t]{1,8})?[\w$#]{1,60}/(?P<secret>[^\s@\"'\\]{1,100})@",
    ),
    Row("url-token", "/t/", r"(?P<secret>[a-z]{2}-[\da-f-]{36})(?=/)"),
    *(
        Row("url-token", word, r"(?P<secret>[a-f\d]{32})(?![A-Za-z\d])")
        for word in ("appid=", "APPID=")
    ),
    *COMMANDS,
    *CODE,
)
