"""Rows for calls of drivers and protocols whose password has a fixed position."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .form import Form, is_chosen

__all__ = ["DRIVERS"]

_QUOTE = r"\\{0,8}[\"']"
_ARGUMENT = (
    rf"\s{{0,40}}(?:[bru]?{_QUOTE}[^\"'\n]{{0,160}}[\"'](?:\.\w{{1,12}}\(\))?|[\w.$>&:-]{{1,80}}(?:\(\w{{0,20}}\))?)"
    r"\s{0,8},"
)
_PORT = r"(?:\s{0,8}\d{2,5}\s{0,8},)?"
# connect(MySQL.Connection, ...), dbConnect(RMariaDB::MariaDB(), ...)
_DRIVER = r"(?:\s{0,8}\w{1,40}(?:\.|::)[A-Z]\w{0,40}(?:\(\))?\s{0,8},)?"
_SECRET = (
    rf"\s{{0,40}}[bru]?{_QUOTE}(?P<secret>[^\s\"'`\\]{{3,100}})"
    rf"(?={_QUOTE}(?:\.\w{{1,12}}\(\))?\s{{0,20}}[,)])"
)
_ADDRESS = re.compile(r"[\w+]+://.*|[\w-]+(?:\.[\w-]+){2,}|utf-?8(?:mb4)?|latin1|localhost")

_PROMPT = (
    r"(?i:passw(?:or)?d|assword|passphrase|\bpwd)[:?*$ ]{0,4}\\{0,8}[\"'][)\]};,]{0,3}"
    r"(?:\s|\\n){0,20}(?:[\w$]{0,30}\.)?"
)

# By the position of the password: endings of functions and classes.
_POSITIONS = {
    3: "real_connect(",
    2: (
        "connect(, Connect(, mysqli(, mysqli_connect(, mysql_connect(, mysql_pconnect(, PDO(, "
        "getConnection(, FTP(, FTP_TLS(, FTPHost(, Mysql.new(, Client.connect(, ldap_bind(, "
        "ftp_login(, imap_open(, ssh2_auth_password(, DBI->connect(, DBI.connect(, "
        "= database(, SMTPHandler(, EmailAndPassword(, Sql.newInstance(, PlainAuth("
    ),
    1: (
        "cx_Oracle.connect(, oracledb.connect(, oracledb.create_pool(, SessionPool(, .login(, "
        ".logon(, simple_bind_s(, simple_bind(, bind_s(, ldap.bind(, NetworkCredential(, "
        "AuthProvider(, PlainCredentials(, BasicAuth(, DigestAuth(, NtlmAuth(, ProxyAuth(, "
        "PasswordAuthentication(, PasswordCredentials(, UsernamePasswordCredentials(, "
        "AuthenticationToken(, PasswordToken(, basic_auth(, basicAuth(, set_basic_auth(, "
        "setBasicAuth(, SetBasicAuth(, username_pw_set(, auth_plain(, login_plain(, AUTH.basic(, "
        "UsernameToken(, db.auth(, "
        "redentials::new(, redential::new("
    ),
}


def _is_password(secret: str) -> bool:
    """Return whether an argument is neither a placeholder nor an address."""
    return is_chosen(secret) and _ADDRESS.fullmatch(secret) is None


def _rows() -> Iterator[Form]:
    for position, calls in _POSITIONS.items():
        first = _DRIVER + _ARGUMENT + _PORT if position > 1 else _ARGUMENT
        follows = first + _ARGUMENT * (position - 1) + _SECRET
        for call in calls.split(", "):
            yield Form("secret", call, follows, _is_password)


DRIVERS: tuple[Form, ...] = (
    *_rows(),
    # conn.Open "DSN=a", "bob", "abc"
    Form(
        "secret",
        ".Open ",
        rf"{_ARGUMENT}{_ARGUMENT}\s{{0,8}}{_QUOTE}(?P<secret>[^\s\"'`\\]{{3,100}})(?={_QUOTE})",
        _is_password,
    ),
    # texts typed at a prompt or into a field
    *(
        Form("secret", call, rf"[ ]?{_QUOTE}(?P<secret>[^\s\"'`\\]{{3,100}})", is_chosen, _PROMPT)
        for call in ("send", "sendline(", "send_keys(", "sendKeys(", "type(", "fill(", "write(")
    ),
    *(
        Form("secret", call, rf"[ (]{_QUOTE}(?P<secret>[^\s\"'`\\]{{3,100}})", is_chosen)
        for call in (".Unprotect", ".Protect", "ncoder().encode", "ncoder.encode")
    ),
    Form("secret", "{noop}", r"(?P<secret>[^\s\"'\\<>]{3,100})", is_chosen),
    Form(
        "secret",
        ".decrypt(",
        rf"[b]?{_QUOTE}(?P<secret>[^\s\"'`\\]{{3,100}})",
        is_chosen,
        r"(?i:reader|pdf|doc\w{0,8}|workbook|wb)",
    ),
    # Stata's u("bob") p("abc")
    Form(
        "secret",
        " p(",
        rf"{_QUOTE}(?P<secret>[^\"'`\\\n]{{3,100}})(?={_QUOTE}\))",
        is_chosen,
        r"\bu(?:ser|id)?\([^()\n]{1,60}\)",
    ),
    # Connection(server, 'cn=admin', 'abc')
    *(
        Form("secret", call, rf"{_ARGUMENT}{_ARGUMENT}{_SECRET}", _is_password)
        for call in ("Connection(", "ConnectionPool(")
    ),
    # sendmail.auth(user, 'abc') of any object
    *(
        Form("secret", call, rf"\s{{0,20}}{_QUOTE}[^\"'\n]{{1,80}}[\"'],{_SECRET}", _is_password)
        for call in ("auth=(", "auth = (", "credentials=(", "login=(")
    ),
)
