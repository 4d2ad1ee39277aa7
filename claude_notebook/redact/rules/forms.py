"""Secrets that a format gives away, rather than a prefix or a name."""

from __future__ import annotations

from .commands import COMMANDS, QUOTE
from .devices import DEVICES
from .drivers import DRIVERS
from .form import Form, is_chosen, is_mixed, is_odd, is_varied, looks_random
from .sdk import CODE
from .sql import SQL
from .users import USERS

__all__ = ["FORMS"]

_W = "[A-Za-z0-9_-]"
_EDGE = r"(?:(?<![A-Za-z0-9_.\\-])|(?<=\\[nrt]))"
_PGPASS = r"[\w.*-]{1,64}:[\w.*-]{1,64}:(?P<secret>[^\s\"\\]+)"
_PGPASS_HOST = r"(?:\A|[\s\"]|\\n)[\w.*-]{1,100}"
_USER = r"(?:\A|[^\w/:@.%+-])[A-Za-z][\w.-]{0,60}:"
_NO_SCHEME = r"(?!(?:mailto|xmpp|sips?|acct|to|from|b?cc|author|e?mail):)"

FORMS: tuple[Form, ...] = (
    # tokens without a literal beginning
    Form(
        "discord-token",
        ".",
        rf"{_W}{{6}}\.(?P<secret>{_W}{{27,45}})(?![\w-])",
        is_mixed,
        rf"{_EDGE}(?P<whole>[MNO]{_W}{{22,28}})",
    ),
    Form(
        "telegram-token",
        ":",
        rf"(?P<secret>{_W}{{35}})(?![\w-])",
        is_varied,
        rf"{_EDGE}(?P<whole>\d{{8,10}})",
    ),
    Form(
        "azure-secret",
        "Q~",
        r"(?P<secret>[\w~.-]{31,34})(?![\w~.-])",
        precedes=rf"{_EDGE}(?P<whole>[\w~.-]{{3}}\d)",
    ),
    Form(
        "mailchimp-key",
        "-us",
        r"(?P<secret>\d{1,2})(?!\w)",
        precedes=rf"{_EDGE}(?P<whole>[a-f0-9]{{32}})",
    ),
    Form(
        "maxmind-key",
        "_mmk",
        r"(?P<secret>)(?!\w)",
        precedes=rf"{_EDGE}(?P<whole>[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}})",
    ),
    Form(
        "facebook-token",
        "|",
        r"(?P<secret>[\w-]{27,40})(?![\w-])",
        is_mixed,
        rf"{_EDGE}\d{{15,16}}",
    ),
    # files
    *(
        Form("secret", port, _PGPASS, is_chosen, _PGPASS_HOST)
        for port in (":5432:", ":5433:", ":6432:")
    ),
    Form("secret", "*:*:*:", r"[\w.*-]{1,64}:(?P<secret>[^\s\"\\]+)", is_chosen),
    Form("secret", "WIFI:", r"[^\n\"]{0,200}?(?<=[:;])P:(?P<secret>[^;\n\"]{1,200})", is_chosen),
    Form(
        "authorization",
        "Digest username=",
        rf"[^\n]{{0,600}}?\bresponse={QUOTE}(?P<secret>[a-f0-9]{{32,}})",
    ),
    # URLs
    Form(
        "url-password",
        "@",
        r"[A-Za-z][\w.-]{0,100}:\d{2,5}(?!\w)",
        precedes=rf"{_USER}(?P<secret>[^\s:@/\"'`<>\\,;(){{}}\[\]]{{3,60}})",
    ),
    Form(
        "url-password",
        "@",
        r"(?=[A-Za-z\d][\w-]{0,60}\.[A-Za-z\d]|localhost\b)",
        is_odd,
        rf"{_USER.replace('[A-Za-z]', _NO_SCHEME + '[A-Za-z]', 1)}"
        r"(?P<secret>[^\s:@/\"'`<>\\,;(){}\[\]]{6,60})",
    ),
    Form("url-password", "jdbc:oracle:", r"\w{1,8}:[\w$#]{1,60}/(?P<secret>[^\s@\"'\\]{1,100})@"),
    Form(
        "url-password",
        "sqlplus ",
        r"(?:-\w+[ \t]{1,8})?[\w$#]{1,60}/(?P<secret>[^\s@\"'\\]{1,100})@",
    ),
    *(
        Form(
            "url-password",
            sign,
            r"[^\s()]{1,200}\)",
            precedes=rf"{_USER}(?P<secret>[^\s:@/\"'`<>\\]{{1,60}})",
        )
        for sign in ("@tcp(", "@unix(", "@udp(")
    ),
    *(
        Form(
            "url-token",
            sign,
            r"(?P<secret>[\w-]{12,200})(?=[/?#\s\"'<>)]|\Z)",
            is_odd,
            r"://[^\s\"'<>]{1,110}",
        )
        for sign in (
            "/t/",
            "/token/",
            "/tokens/",
            "/key/",
            "/secret/",
            "/reset/",
            "/invite/",
            "/verify/",
            "/confirm/",
            "/auth/",
            "/hook/",
            "/live/",
            "/live2/",
            "/unsubscribe/",
        )
    ),
    Form("url-token", "/t/", r"(?P<secret>[a-z]{2}-[\da-f-]{36})(?=/)"),
    *(
        Form("url-token", word, r"(?P<secret>[a-f\d]{32})(?![A-Za-z\d])")
        for word in ("appid=", "APPID=")
    ),
    Form(
        "secret",
        "key: ",
        r"(?P<secret>[\w:-]{16,90})(?![\w:-])",
        looks_random,
        r"\burl:[ \t]{0,4}\S{1,100}(?:\n|\\n)[ \t]{0,8}",
    ),
    Form(
        "secret",
        " / ",
        r"(?P<secret>[^\s/|\"'`<>\\,;()]{6,60})",
        is_odd,
        r"(?i:login|user(?:[ \t]?name)?|account|credentials?|anmeldung|zugang(?:sdaten)?"
        r"|identifiants?|acc(?:\u00e8s|eso|esso)|inloggen|logowanie)"
        r"(?:[ \t](?:is|are|mit|con|met|avec))?:?[ \t]{1,4}"
        r"[\w.@-]{1,40}",
    ),
    *COMMANDS,
    *SQL,
    *DRIVERS,
    *DEVICES,
    *USERS,
    *CODE,
)
