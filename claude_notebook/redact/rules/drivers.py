"""Rows for calls of drivers and protocols whose password has a fixed position."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .form import Form, is_chosen

__all__ = ["DRIVERS"]

_QUOTE = r"\\{0,8}[\"']"
_ARGUMENT = (
    rf"\s{{0,40}}(?:[bru]?{_QUOTE}[^\"'\n]{{0,160}}[\"']|[\w.$>&:-]{{1,80}}(?:\(\w{{0,20}}\))?)"
    r"\s{0,8},"
)
_PORT = r"(?:\s{0,8}\d{2,5}\s{0,8},)?"
# connect(MySQL.Connection, ...), dbConnect(RMariaDB::MariaDB(), ...)
_DRIVER = r"(?:\s{0,8}\w{1,40}(?:\.|::)[A-Z]\w{0,40}(?:\(\))?\s{0,8},)?"
_SECRET = rf"\s{{0,40}}[bru]?{_QUOTE}(?P<secret>[^\s\"'`\\]{{3,100}})(?={_QUOTE}\s{{0,20}}[,)])"
_ADDRESS = re.compile(r"[\w+]+://.*|[\w-]+(?:\.[\w-]+){2,}|utf-?8(?:mb4)?|latin1|localhost")

# By the position of the password: endings of functions and classes.
_POSITIONS = {
    3: "real_connect(",
    2: (
        "connect(, Connect(, mysqli(, mysqli_connect(, mysql_connect(, mysql_pconnect(, PDO(, "
        "getConnection(, FTP(, FTP_TLS(, FTPHost(, Mysql.new(, Client.connect(, ldap_bind(, "
        "ftp_login(, imap_open(, ssh2_auth_password(, DBI->connect(, DBI.connect(, "
        "= database(, SMTPHandler("
    ),
    1: (
        "cx_Oracle.connect(, oracledb.connect(, oracledb.create_pool(, SessionPool(, .login(, "
        ".logon(, simple_bind_s(, simple_bind(, bind_s(, ldap.bind(, NetworkCredential(, "
        "AuthProvider(, PlainCredentials(, BasicAuth(, DigestAuth(, NtlmAuth(, ProxyAuth(, "
        "PasswordAuthentication(, PasswordCredentials(, UsernamePasswordCredentials(, "
        "AuthenticationToken(, PasswordToken(, basic_auth(, basicAuth(, set_basic_auth(, "
        "setBasicAuth(, SetBasicAuth(, username_pw_set(, auth_plain(, login_plain(, AUTH.basic("
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
