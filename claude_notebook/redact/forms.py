"""Secrets that a format or a command gives away, rather than a prefix or a name."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .marks import MARK, MarkedSpan

__all__ = ["FORMS", "Form", "forms_in", "is_chosen", "is_mixed", "private_key_tails"]

_REACH = 20_000
_NEARBY = 120


@dataclass(frozen=True)
class Form:
    """One row: a literal, and the patterns around it.

    The group `secret` of one of the patterns is replaced.

    :param kind: part of the mark
    :param anchor: literal; a text without it is not searched
    :param follows: pattern of the text behind the literal; it looks a bounded distance ahead
    :param precedes: pattern of the text before the literal
    :param judge: tells a secret from a lookalike
    :param stem: text that all matches of several rows hold; it is searched first
    :param flagged: a flag of a command must follow
    """

    kind: str
    anchor: str
    follows: str
    precedes: str = ""
    judge: Callable[[str], bool] = field(default=bool, repr=False)
    stem: str = ""
    flagged: bool = False

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.anchor) + self.follows, re.ASCII)

    @functools.cached_property
    def _before(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.precedes})\Z", re.ASCII)

    def cuts(self, text: str) -> Iterator[MarkedSpan]:
        """Return the secrets of this form, from left to right."""
        if self.anchor not in text:
            return
        precedes, position = self._before, 0
        for found in self._pattern.finditer(text):
            first = max(position, found.start() - _NEARBY)
            before = precedes.search(text, first, found.start())
            if before is None:
                continue
            inner = before if "secret" in precedes.groupindex else found
            start, end = inner.span("secret")
            if "whole" in precedes.groupindex:
                start = before.start("whole")
            if (
                start >= position
                and not text.startswith(MARK, start)
                and self.judge(text[start:end])
            ):
                yield MarkedSpan(start, end, f"{MARK}{self.kind}")
                position = end


# --- judges ---------------------------------------------------------------------------------------

_TEMPLATE = re.compile(r"[${<%*][\s\S]*|[xX*.]{3,}|[A-Z_]*(?:PASSWORD|SECRET|TOKEN)[A-Z_]*")


def is_chosen(secret: str) -> bool:
    """Return whether a text is no variable, template, or placeholder."""
    return _TEMPLATE.fullmatch(secret) is None


def is_mixed(secret: str) -> bool:
    """Return whether a text has both letters and digits, and is no template."""
    return any(map(str.isdigit, secret)) and any(map(str.isalpha, secret)) and is_chosen(secret)


def _is_odd(secret: str) -> bool:
    """Return whether a text is mixed, and no name with a number."""
    return is_mixed(secret) and re.fullmatch(r"[A-Za-z._-]+\d{1,4}", secret) is None


def _is_varied(secret: str) -> bool:
    """Return whether a text has lower and upper case, or letters and digits."""
    return is_mixed(secret) or not (secret.islower() or secret.isupper())


def _is_word(secret: str) -> bool:
    return is_chosen(secret) and "=" not in secret and not secret.startswith("-")


# --- patterns -------------------------------------------------------------------------------------

_QUOTE = r"\\{0,8}[\"']"
_VALUE = r"[^\s\"'`<>\\|;&]"
_QUOTED = rf"(?:{_QUOTE})?(?P<secret>{_VALUE}+)"
_IN_QUOTES = rf"{_QUOTE}(?P<secret>[^\"'\\\n]{{1,500}})\\{{0,8}}[\"']"
_W = "[A-Za-z0-9_-]"
_EDGE = r"(?:(?<![A-Za-z0-9_.\\-])|(?<=\\[nrt]))"
_REST_OF_COMMAND = r"(?:[^\n]|(?<=\\)\n){0,300}?(?<=[\s\"'])"

_LOGIN = (
    rf"(?:=|[ \t]{{0,8}})(?:{_QUOTE})?[^\s:\"'\\=-][^\s:\"'\\]{{0,99}}[:%]"
    rf"(?P<secret>[^\s\"'`<>\\|;&/]{_VALUE}*)"
)
_PAIR = (
    rf"\s{{0,80}}[bru]?{_QUOTE}[^\"'\\\n]{{1,200}}\\{{0,8}}[\"'],\s{{0,80}}[bru]?{_IN_QUOTES}"
    r"\s{0,80}[,)]"
)
_IDENTIFIED = (
    r"(?i:[ \t]{1,8}(?:with[ \t]{1,8}\S{1,60}[ \t]{1,8})?by(?:[ \t]{1,8}password)?)[ \t]{1,8}"
    rf"{_IN_QUOTES}"
)
_PGPASS = r"[\w.*-]{1,64}:[\w.*-]{1,64}:(?P<secret>[^\s\"\\]+)"
_PGPASS_HOST = r"(?:\A|[\s\"]|\\n)[\w.*-]{1,100}"

_HTPASSWD = (
    r"(?:[ \t]{1,8}-\w{1,4}){0,4}[ \t]{1,8}[^\s-]\S{0,99}[ \t]{1,8}\S{1,99}[ \t]{1,8}"
    rf"{_QUOTED}"
)
_NET_USE = r"\b(?i:net)[ \t]{1,8}(?i:use)[ \t]{1,8}[^\n]{0,80}?"
_COMMAND_EDGE = r"(?:\A|[^A-Za-z0-9_]|\\[nrt])"


def _commands(words: str, flags: str, value: str) -> tuple[Form, ...]:
    """Return the rows of commands, by their names, that take a secret as the value of a flag."""
    follows = rf"{_REST_OF_COMMAND}(?:{flags}){value}"
    return tuple(
        Form("secret", word, follows, _COMMAND_EDGE, is_chosen, flagged=True)
        for word in words.split(", ")
    )


def _piped(readers: str) -> tuple[Form, ...]:
    """Return the rows of commands that read a secret from `echo`."""
    rest = (
        rf"(?:[ \t]{{1,8}}-\w{{1,4}})?(?:[ \t]{{1,8}}[\"']?%s(?:\\n)?[\"']?)?"
        rf"[ \t]{{1,8}}{_QUOTED}(?:{_QUOTE})?[ \t]{{0,8}}\|[^\n|]{{0,80}}"
    )
    return tuple(
        Form("secret", reader, "", rf"\b{writer}{rest}", is_chosen, writer)
        for writer in ("echo", "printf")
        for reader in readers.split(", ")
    )


def _logins(commands: str, between: str) -> tuple[Form, ...]:
    """Return the rows of commands that take or print a long token without a flag."""
    follows = rf"{between}(?:{_QUOTE})?(?P<secret>(?=[^\s\d]{{0,60}}\d)[\w.=+/-]{{16,}})"
    return tuple(
        Form(
            "secret",
            command,
            follows,
            _COMMAND_EDGE,
            is_mixed,
            "auth" if "auth" in command else "login",
        )
        for command in commands.split(", ")
    )


def _blocks(words: str) -> tuple[Form, ...]:
    """Return the rows of Terraform's blocks whose name says that their value is a secret."""
    follows = (
        rf"{_QUOTE}[\w-]{{0,60}}(?i:pass|pwd|secret|token|_key|cred)[\w-]{{0,60}}\\{{0,8}}\""
        r"\s{0,8}\{[^{}]{0,1000}?(?:default|value)[ \t]{0,40}=[ \t]{0,40}"
        rf"{_IN_QUOTES}"
    )
    return tuple(Form("secret", f"{word} ", follows, "", is_chosen) for word in words.split(", "))


def _kaggle(quote: str) -> tuple[Form, ...]:
    """Return the rows of a key beside a user's name."""
    mark = rf"\\{{0,8}}{quote}"
    value = rf"{mark}\s{{0,8}}:\s{{0,8}}{mark}(?P<secret>[a-f0-9]{{32}}){mark}"
    user, next_user = (
        rf"{quote}username[^{{}}]{{1,100}}",
        rf"(?=\s{{0,8}},\s{{0,40}}{mark}username)",
    )
    return (
        Form("secret", f"{quote}key", value, user, stem="username"),
        Form("secret", f"{quote}key", value + next_user, stem="username"),
    )


def _calls(stem: str, anchors: str) -> tuple[Form, ...]:
    """Return the rows of calls that take a user and a password."""
    return tuple(
        Form("secret", f"{word}(", _PAIR, "", is_chosen, stem) for word in anchors.split(", ")
    )


# fmt: off
FORMS: tuple[Form, ...] = (
    # tokens without a literal beginning
    Form(
        "discord-token",
        ".",
        rf"{_W}{{6}}\.(?P<secret>{_W}{{27,45}})(?![\w-])",
        rf"{_EDGE}(?P<whole>[MNO]{_W}{{22,28}})",
        is_mixed,
    ),
    Form(
        "telegram-token",
        ":",
        rf"(?P<secret>{_W}{{35}})(?![\w-])",
        rf"{_EDGE}(?P<whole>\d{{8,10}})",
        _is_varied,
    ),
    Form(
        "azure-secret",
        "Q~",
        r"(?P<secret>[\w~.-]{31,34})(?![\w~.-])",
        rf"{_EDGE}(?P<whole>[\w~.-]{{3}}\d)",
    ),
    Form(
        "mailchimp-key", "-us", r"(?P<secret>\d{1,2})(?!\w)", rf"{_EDGE}(?P<whole>[a-f0-9]{{32}})"
    ),
    Form(
        "maxmind-key",
        "_mmk",
        r"(?P<secret>)(?!\w)",
        rf"{_EDGE}(?P<whole>[A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}})",
    ),
    Form(
        "facebook-token",
        "|",
        r"(?P<secret>[\w-]{27,40})(?![\w-])",
        rf"{_EDGE}\d{{15,16}}",
        is_mixed,
    ),
    # files
    *(
        Form("secret", port, _PGPASS, _PGPASS_HOST, is_chosen, "32:")
        for port in (":5432:", ":5433:", ":6432:")
    ),
    Form("secret", "*:*:*:", r"[\w.*-]{1,64}:(?P<secret>[^\s\"\\]+)", r"", is_chosen),
    # URLs without a scheme
    Form(
        "url-password",
        "@",
        r"[A-Za-z][\w.-]{0,100}:\d{2,5}(?!\w)",
        r"(?:\A|[^\w/:@.%+-])[A-Za-z][\w.-]{0,60}:(?P<secret>[^\s:@/\"'`<>\\,;(){}\[\]]{3,60})",
    ),
    Form(
        "url-password",
        "@",
        r"(?=[A-Za-z\d][\w-]{0,60}\.[A-Za-z\d]|localhost\b)",
        r"(?:\A|[^\w/:@.%+-])(?!(?:mailto|xmpp|sips?|acct|to|from|b?cc|author|e?mail):)"
        r"[A-Za-z][\w.-]{0,60}:(?P<secret>[^\s:@/\"'`<>\\,;(){}\[\]]{6,60})",
        _is_odd,
    ),
    Form("url-password", "jdbc:oracle:", r"\w{1,8}:[\w$#]{1,60}/(?P<secret>[^\s@\"'\\]{1,100})@"),
    Form(
        "url-password",
        "sqlplus ",
        r"(?:-\w+[ \t]{1,8})?[\w$#]{1,60}/(?P<secret>[^\s@\"'\\]{1,100})@",
    ),
    # commands
    *_commands("curl , wget , smbclient ", "-[A-Za-z]{0,6}[uU]|--user|--proxy-user", _LOGIN),
    *_commands("http , https ", "-a|--auth", _LOGIN),
    *_commands(
        "login , sshpass , sqlcmd , mosquitto_, redis-cli , ldap, mongo",
        "-p|-P|-a|-w",
        rf"[ \t]{{1,8}}{_QUOTED}",
    ),
    *_commands(
        "keytool , openssl ", "-storepass|-keypass|-passin|-passout", rf"[ \t]{{1,8}}{_QUOTED}"
    ),
    *_commands("mysql, mariadb, sshpass ", "-p", _QUOTED),
    *_piped(
        "--password-stdin, sudo -S, docker login, podman login, gh auth login, chpasswd, "
        "--passphrase-fd 0, cryptsetup "
    ),
    Form(
        "secret",
        "vault login ",
        rf"(?:-[\w=-]{{1,60}}[ \t]{{1,8}}){{0,4}}{_QUOTED}",
        "",
        _is_word,
        "login",
    ),
    Form("secret", "/user:", rf"\S{{1,100}}[ \t]{{1,8}}(?!/){_QUOTED}", _NET_USE, is_chosen),
    Form("secret", "/user:", r"\S", rf"{_NET_USE}\S[ \t]{{1,8}}(?!\\\\){_QUOTED}[ \t]{{1,8}}",
         is_chosen),
    *_commands(
        "doctl , vercel , netlify , bw ",
        "-t|--token|--session|--auth|--access-token",
        rf"(?:=|[ \t]{{1,8}}){_QUOTED}",
    ),
    *_logins(
        "wandb login, cargo login, snyk auth, ngrok authtoken, add-authtoken, "
        "huggingface-cli login, hf auth login, netlify login, hcp auth login",
        r"[ \t][^\n|;&]{0,200}?(?<=[\s\"'=])",
    ),
    *_logins(
        "heroku auth:token, gh auth token, flyctl auth token, fly auth token, "
        "gcloud auth print-access-token, gcloud auth print-identity-token",
        r"(?:\s|\\[nr]){1,8}",
    ),
    Form(
        "secret",
        "<<<",
        rf"[ \t]{{0,8}}{_QUOTED}",
        r"(?:login|--with-token|-stdin|sudo -S|passwd|auth|cryptsetup|--passphrase-fd)[^\n;]{0,80}",
        is_chosen,
    ),
    Form("secret", "http-basic.", rf"\S{{1,99}}[ \t]{{1,8}}\S{{1,99}}[ \t]{{1,8}}{_QUOTED}",
         "", is_chosen),
    *_blocks("variable"),
    *_kaggle('"'),
    *_kaggle("'"),
    *_commands("htpasswd ", "-[A-Za-z]{0,4}b[A-Za-z]{0,4}", _HTPASSWD),
    # code
    *_calls("uth", "auth=, auth = , Auth, asic_auth"),
    *_calls("login", "login"),
    *_calls("", "redentials"),
    Form("secret", "IDENTIFIED", _IDENTIFIED, "", is_chosen),
    Form("secret", "identified", _IDENTIFIED, "", is_chosen),
    Form(
        "secret",
        "ConvertTo-SecureString",
        rf"[ \t]{{1,8}}(?:-String[ \t]{{1,8}})?{_IN_QUOTES}",
        "",
        is_chosen,
    ),
)


# A flag of a command. Its literal beginning makes the search fast.
_FLAG = re.compile(r"-(?<=[\s\"'].)[A-Za-z-]")
_REACH_OF_COMMAND = 400


@functools.lru_cache(maxsize=1)
def _stems() -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the places of the rows in the table by stem, without those of commands."""
    stems: dict[str, list[int]] = {}
    for number, form in enumerate(FORMS):
        if not form.flagged:
            stems.setdefault(form.stem or form.anchor, []).append(number)
    return tuple((stem, tuple(numbers)) for stem, numbers in stems.items())


_COMMANDS = tuple(number for number, form in enumerate(FORMS) if form.flagged)


def forms_in(text: str) -> list[Form]:
    """Return the forms whose literal is in a text, in the order of the table."""
    found = [
        number
        for stem, numbers in _stems()
        if stem in text
        for number in numbers
        if FORMS[number].anchor in text
    ]
    commands = _before_flags(text)
    if commands:
        found += [number for number in _COMMANDS if FORMS[number].anchor in commands]
    return [FORMS[number] for number in sorted(found)]


def _before_flags(text: str) -> str:
    """Return the parts of a text in which a command with a flag can begin."""
    pieces, position = [], 0
    for flag in _FLAG.finditer(text):
        pieces.append(text[max(position, flag.start() - _REACH_OF_COMMAND) : flag.start()])
        position = flag.start()
    return "".join(pieces)


# --- private keys without their beginning ---------------------------------------------------------

_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = re.compile(r"(?:[A-Za-z0-9+/=\s]|[nrt]\\+)+")


def private_key_tails(text: str) -> Iterator[MarkedSpan]:
    """Return private keys of which only the end is in a text."""
    position = 0
    if "PRIVATE KEY" not in text:
        return
    for found in _PEM_END.finditer(text):
        before = text[max(position, found.start() - _REACH) : found.start()][::-1]
        body = _PEM_BODY.match(before)
        if body is not None and re.search(r"[A-Za-z0-9+/=]{20}", body.group()):
            start = found.start() - len(body.group().rstrip())
            yield MarkedSpan(start, found.end(), f"{MARK}private-key")
        position = found.end()
