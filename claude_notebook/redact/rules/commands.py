"""Rows for commands that take a secret as an argument, as the value of a flag, or from a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from .form import Form, is_chosen, is_mixed

__all__ = ["COMMANDS", "QUOTE", "QUOTED"]

QUOTE = r"\\{0,8}[\"']"
_VALUE = r"[^\s\"'`<>\\|;&]"
# A word before the value; a quote would end the text of JSON that holds the command.
_PLAIN = r"[^\s\"'`]"
QUOTED = rf"(?:{QUOTE})?(?P<secret>{_VALUE}+)"
_REST = r"(?:[^\n]|(?<=\\)\n){0,300}?(?<=[\s\"'])"
_EDGE = r"(?:\A|[^A-Za-z0-9_]|\\[nrt])"

_LOGIN = (
    rf"(?:=|[ \t]{{0,8}})(?:{QUOTE})?[^\s:\"'\\=-][^\s:\"'\\]{{0,99}}[:%]"
    rf"(?P<secret>[^\s\"'`<>\\|;&/]{_VALUE}*)"
)
_HTPASSWD = (
    r"(?:[ \t]{1,8}-\w{1,4}){0,4}[ \t]{1,8}[^\s-][^\s\"'`]{0,99}[ \t]{1,8}[^\s\"'`]{1,99}[ \t]{1,8}"
    rf"{QUOTED}"
)
_NET_USE = r"\b(?i:net)[ \t]{1,8}(?i:use)[ \t]{1,8}[^\n]{0,80}?"


def _flags(words: str, flags: str, value: str) -> Iterator[Form]:
    """Return the rows of commands, by their names, that take a secret as the value of a flag."""
    follows = rf"{_REST}(?:{flags}){value}"
    return (
        Form("secret", word, follows, is_chosen, _EDGE, flagged=True) for word in words.split(", ")
    )


def _piped(readers: str) -> Iterator[Form]:
    """Return the rows of commands that read a secret from `echo`."""
    rest = (
        rf"\b(?:echo|printf)(?:[ \t]{{1,8}}-\w{{1,4}})?(?:[ \t]{{1,8}}[\"']?%s(?:\\n)?[\"']?)?"
        rf"[ \t]{{1,8}}(?:{QUOTE})?(?:[\w.@-]{{1,60}}:)?(?P<secret>{_VALUE}+)"
        rf"(?:{QUOTE})?[ \t]{{0,8}}\|[^\n|]{{0,80}}"
    )
    return (Form("secret", reader, "", is_chosen, rest) for reader in readers.split(", "))


def _logins(commands: str, between: str) -> Iterator[Form]:
    """Return the rows of commands that take or print a long token without a flag."""
    follows = rf"{between}(?:{QUOTE})?(?P<secret>(?=[^\s\d]{{0,60}}\d)[\w.=+/-]{{16,}})"
    return (Form("secret", command, follows, is_mixed, _EDGE) for command in commands.split(", "))


def _is_word(secret: str) -> bool:
    return is_chosen(secret) and "=" not in secret and not secret.startswith("-")


def _is_no_port(secret: str) -> bool:
    """Return whether the value of `-p` is neither a port nor a path."""
    return is_chosen(secret) and secret[0] not in "/.~-" and not secret.replace(":", "").isdigit()


COMMANDS: tuple[Form, ...] = (
    *_flags("curl , wget , smbclient ", "-[A-Za-z]{0,6}[uU]|--user|--proxy-user", _LOGIN),
    *_flags("http , https ", "-a|--auth", _LOGIN),
    *_flags(
        "login , sshpass , sqlcmd , mosquitto_, redis-cli , ldap, mongo",
        "-p|-P|-a|-w",
        rf"[ \t]{{1,8}}{QUOTED}",
    ),
    *_flags(
        "keytool , openssl ", "-storepass|-keypass|-passin|-passout|-k|-K", rf"[ \t]{{1,8}}{QUOTED}"
    ),
    *_flags("zip , 7z , unzip , unrar , rar ", "-P|-p", rf"[ \t]{{0,8}}{QUOTED}"),
    *_flags(
        "secret set , put-parameter , put-secret-value , create-secret , secrets create ",
        "--value|--body|--secret-string|-b",
        rf"(?:=|[ \t]{{1,8}}){QUOTE}(?P<secret>[^\"'\\\n]{{3,200}})",
    ),
    *_flags(
        "secret set , put-parameter , put-secret-value , create-secret ",
        "--value|--body|--secret-string|-b",
        rf"(?:=|[ \t]{{1,8}}){QUOTED}",
    ),
    *(
        Form(
            "secret",
            f"{command} ",
            rf"(?:-\S{{1,20}}[ \t]{{1,8}}){{0,3}}[\w.@-]{{1,60}}[ \t]{{1,8}}(?![-/]){QUOTED}",
            is_mixed,
            _EDGE,
        )
        for command in ("add_user", "change_password", "adduser", "addUser")
    ),
    *(
        Form("secret", f" /{flag}:", rf"{QUOTED}", is_chosen)
        for flag in ("p", "pw", "pass", "password")
    ),
    *_flags("snmp", "-c|-A|-X", rf"[ \t]{{1,8}}{QUOTED}"),
    *_flags("security ", "-w", rf"[ \t]{{1,8}}{QUOTED}"),
    Form(
        "secret",
        "htpasswd -nb",
        rf"[A-Za-z]{{0,3}}[ \t]{{1,8}}{_PLAIN}{{1,99}}[ \t]{{1,8}}{QUOTED}",
        is_chosen,
    ),
    Form("secret", "net user ", rf"(?!/){_PLAIN}{{1,60}}[ \t]{{1,8}}(?!/){QUOTED}", is_chosen),
    Form(
        "secret",
        "config set ",
        rf"--secret[ \t]{{1,8}}[\w:.-]{{1,80}}[ \t]{{1,8}}{QUOTED}",
        is_chosen,
    ),
    *_flags("ssh-keygen ", "-N|-P", rf"[ \t]{{1,8}}{QUOTED}"),
    *_flags("mysql, mariadb, sshpass ", "-p", QUOTED),
    # the password beside the user of any command
    *(
        Form(
            "secret",
            f" {flag} ",
            QUOTED,
            _is_no_port,
            r"[ \t](?:-u|-U|--user|--username|--login)(?:=|[ \t]{1,4})[^\s-]\S{0,80}"
            r"(?:[ \t][^\n|;&]{0,60})?",
        )
        for flag in ("-p", "-P", "-w")
    ),
    *_piped(
        "--password-stdin, sudo -S, docker login, podman login, gh auth login, chpasswd, "
        "--passphrase-fd 0, cryptsetup , --with-token, -stdin"
    ),
    Form("secret", "vault login ", rf"(?:-[\w=-]{{1,60}}[ \t]{{1,8}}){{0,4}}{QUOTED}", _is_word),
    Form("secret", "/user:", rf"{_PLAIN}{{1,100}}[ \t]{{1,8}}(?!/){QUOTED}", is_chosen, _NET_USE),
    Form(
        "secret",
        "/user:",
        r"\S",
        is_chosen,
        rf"{_NET_USE}\S[ \t]{{1,8}}(?!\\\\){QUOTED}[ \t]{{1,8}}",
    ),
    *_flags(
        "doctl , vercel , netlify , bw ",
        "-t|--token|--session|--auth|--access-token",
        rf"(?:=|[ \t]{{1,8}}){QUOTED}",
    ),
    *_logins(
        "wandb login, cargo login, snyk auth, ngrok authtoken, add-authtoken, "
        "huggingface-cli login, hf auth login, netlify login, hcp auth login, cloud login",
        r"[ \t][^\n|;&]{0,200}?(?<=[\s\"'=])",
    ),
    *_logins(
        "heroku auth:token, gh auth token, flyctl auth token, fly auth token, "
        "gcloud auth print-access-token, gcloud auth print-identity-token",
        r"(?:\s|\\[nr]){1,8}",
    ),
    *_logins("hit enter", r":[ \t]{1,8}"),  # a key that was pasted at a prompt
    Form(
        "secret",
        "<<<",
        rf"[ \t]{{0,8}}{QUOTED}",
        is_chosen,
        r"(?i:login|token|stdin|sudo -S|passw|passphrase|auth|crypt|secret|credential|unlock)"
        r"[^\n;]{0,80}",
    ),
    Form(
        "secret",
        "http-basic.",
        rf"{_PLAIN}{{1,99}}[ \t]{{1,8}}{_PLAIN}{{1,99}}[ \t]{{1,8}}{QUOTED}",
        is_chosen,
    ),
    *_flags("htpasswd ", "-[A-Za-z]{0,4}b[A-Za-z]{0,4}", _HTPASSWD),
)
