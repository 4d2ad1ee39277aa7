"""Names under which secrets are written down: `password=`, `"api_key": ...`, `PWD=`."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from .context.vocabulary import announcing_words
from .literals import LiteralSearch

__all__ = ["NAMES", "FoundWords", "Name", "found_words", "lower", "name_spans", "row_of"]


@dataclass(frozen=True)
class Name:
    """One row: names of one kind. A longer name may begin in any way.

    :param kind: part of the mark
    :param words: in lower case; a space means "_", "-", "." or nothing
    :param bare: pattern of a value without quotes; its group `secret` is replaced
    :param sure: every value is a secret. Otherwise a value must look random, or the whole must be
        a line of an environment.
    :param gap: separator of name and value, if not ":" or "="
    :param whole: the word must begin a name or a part of one: "dbPass", not "bypass". Paths and
        ordinary words are no values then.
    :param digits: the values are numbers; only columns of tables have them
    """

    kind: str
    words: Sequence[str]
    bare: str
    sure: bool = True
    gap: str | None = None
    whole: bool = False
    digits: bool = False


# An ampersand ends a value only before another parameter, an entity of HTML, or a command.
_AND = r"&(?=[A-Za-z\d])(?![\w.-]{1,40}=|[A-Za-z\d]{2,6};)"
BARE = rf"(?P<secret>[^\s\"'`,;&<>\\(){{}}\[\]|](?:[^\s\"'`,;&<>\\]|{_AND})*)"
_SCHEMES = r"(?i:basic|bearer|digest|negotiate|ntlm|oauth|token|api-?key|ssws|aws4-hmac-sha256)"
_AUTHORIZATION = (
    rf"(?:{_SCHEMES}[ \t]{{1,8}})?(?!{_SCHEMES}(?:\s|\Z)){BARE[:-1]}(?:[ \t][^\s\"'`,;&<>\\]+)?)"
)
_TO_THE_END = r"(?P<secret>[^\s\"'`\\][^\n\"'`\\]*)"
_WITH_DIGIT = r"(?P<secret>(?=[^\d\s]{0,60}\d)[A-Za-z0-9._~+/=-]{8,})"
_NOTHING = r"(?P<secret>(?!))"
_EQUALS = r"[ \t]{0,2}=[ \t]{0,2}"
_PHRASE = r"(?P<secret>[^\s\"'`,;&<>\\(){}\[\]|][^\n\"'`,;&<>\\]*)"

# fmt: off
_TOKENS = (
    "access", "api", "auth", "bearer", "bot", "csrf", "id", "identity", "oauth", "private",
    "refresh", "registry", "sas", "secret", "security", "session", "xsrf",
)
# "Password" in other languages, and "key" and "token", whose values must look random.
_FOREIGN = (
    "adgangskode", "contrasena", "contraseña", "geslo", "hasło", "heslo", "jelszó", "kata sandi",
    "kennwort", "lozinka", "lösenord", "mot de passe", "mật khẩu", "parola", "parole", "parool",
    "passord", "pasahitza", "salasana", "senha", "slaptažodis", "wachtwoord", "şifre", "κωδικός",
    "лозинка", "парола", "пароль", "סיסמה", "סיסמא", "كلمة المرور", "كلمة السر", "رمز عبور",
    "گذرواژه", "पासवर्ड", "รหัสผ่าน", "パスワード", "パスフレーズ", "暗証番号", "密码", "密碼", "口令",
    "비밀번호", "암호", "contraseñas", "geheimwort", "hasło dostępu", "kodewort", "losenord",
    "losungswort", "palavra-passe", "lösenordet", "passordet",
    "adgangskoden", "palavra passe", "parola d'ordine", "parola chiave",
    "toegangscode", "zugangscode",
)
_FOREIGN_KEYS = (
    "api-schlüssel", "geheimschlüssel", "clé api", "clé d'api", "clé secrète", "clave", "jeton",
    "clave secreta", "chave", "chave secreta", "sleutel", "chiave", "chiave segreta", "klucz",
    "ключ", "токен", "密钥", "密鑰", "令牌", "秘钥", "秘密鍵", "トークン",
    "シークレット", "비밀키", "토큰", "مفتاح",
)
# The same as JSON writes them.
_ESCAPED, _ESCAPED_KEYS = (
    tuple(json.dumps(word)[1:-1] for word in words if not word.isascii())
    for words in (_FOREIGN, _FOREIGN_KEYS)
)
_SECRET_KEYS = (
    "access", "account", "api", "auth", "encryption", "master", "private", "secret", "shared",
    "signing", "storage", "subscription",
)
# fmt: on

NAMES: tuple[Name, ...] = (
    Name("authorization", ("authorization",), _AUTHORIZATION),
    Name("authorization", ("bearer",), _WITH_DIGIT, gap=r"[ \t]{1,8}"),
    Name("cookie", ("cookie",), _TO_THE_END, gap=r"[ \t]{0,8}:[ \t]{0,8}"),
    Name("cookie", ("phpsessid", "jsessionid"), BARE),
    Name("signature", ("x-amz-signature", "x-goog-signature", "?sig", "&sig", ";sig"), BARE),
    Name("signature", ("shared access signature",), BARE),
    Name("code", ("?code", "&code", "code verifier"), BARE),
    Name("secret", ("passphrase", "mnemonic", "seed phrase"), _PHRASE),
    Name(
        "secret",
        ("password", "passwd", "passwort", "_pass", "-pass", "_pwd", "-pwd", "_pw", "-pw"),
        BARE,
    ),
    Name("secret", ("passcode", "psk", "bw session", "op session", "warden session"), BARE),
    Name("secret", _FOREIGN, BARE),
    Name("secret", _ESCAPED, BARE),
    Name("secret", (*_FOREIGN_KEYS, *_ESCAPED_KEYS), BARE, sure=False),
    Name("secret", ("secret", "client key", "tls key"), BARE),
    Name("secret", tuple(f"{owner} key" for owner in _SECRET_KEYS), BARE),
    Name("secret", tuple(f"{owner} token" for owner in _TOKENS), BARE),
    Name("secret", ("?token", "&token", "#token", "x-vault-token"), BARE),
    Name("secret", ("requirepass", "masterauth"), BARE, gap=r"[ \t]{1,8}"),
    Name("secret", ("security answer", "secret answer"), _PHRASE),
    Name("secret", ("salt",), _NOTHING, gap=r"[ \t]{0,2}[:=][ \t]{0,2}"),
    Name("secret", ("pass", "pwd", "pw", "mdp", "haslo", "ww", "pswd"), BARE, whole=True),
    Name(
        "secret", ("token", "_auth", "credential", "credentials", "creds", "_pat"), BARE, sure=False
    ),
    Name("secret", ("_key", "-key", "?key", "&key"), BARE, sure=False),
    # a column of numbers; other ones are inferred
    Name("secret", ("pin", "puk", "cvv", "cvc"), _NOTHING, gap=_NOTHING, whole=True, digits=True),
    # f(key="abc"), with quotes
    Name("secret", ("key",), _NOTHING, sure=False, gap=_EQUALS, whole=True),
)


_SEPARATORS = str.maketrans("", "", " _-.")
_LEADS = "_-?&#;"
_LONGEST = 80


def _letters(word: str) -> str:
    """Return a word without the separators of its parts."""
    return word.translate(_SEPARATORS)


def _tail(word: str) -> str:
    """Return the last part of a word, by which it is searched."""
    return word.lstrip(_LEADS).replace("-", " ").replace("_", " ").split(" ")[-1]


def _literals(word: str) -> tuple[str, ...]:
    """Return the texts to search for a word: its last part, with the sign that must precede it."""
    lead, tail = word[0] if word[0] in _LEADS else "", _tail(word)
    return ("_" + tail, "-" + tail) if lead and lead in "_-" else (lead + tail,)


@functools.lru_cache(maxsize=1)
def _search() -> tuple[LiteralSearch, int, tuple[int, ...]]:
    """Return the search for all last parts and announcing words.

    Also the count of the last parts, and for each other word the number of signs before it.
    """
    literals = {literal for name in NAMES for word in name.words for literal in _literals(word)}
    tails = [word for word in literals if word[0] not in _LEADS or word[1:] not in literals]
    words = announcing_words()
    return LiteralSearch([*tails, *words]), len(tails), tuple(words.values())


def lower(text: str) -> str:
    """Return a text in lower case, with each character at its place."""
    # Only this letter is longer in lower case.
    return text.replace("\u0130", "I").lower()


@dataclass(frozen=True)
class FoundWords:
    """The words of a text that can announce a secret.

    :param spans: last parts of names, from left to right
    :param announcements: words before numbers and phrases
    """

    spans: Sequence[tuple[int, int]]
    announcements: Sequence[tuple[int, int]]


def found_words(lowered: str) -> FoundWords:
    """Return the words of a text that can announce a secret.

    Of several last parts that start at one place, the longest counts.

    :param lowered: the text in lower case
    """
    search, count, signs = _search()
    ends: dict[int, int] = {}
    announcements = []
    for number, start, end in search.find(f"\n{lowered}"):  # A sign also precedes the first word.
        start, end = start - 1, end - 1
        if number >= count:
            announcements.append((start + signs[number - count], end))
            continue
        start += lowered[start] in _LEADS
        ends[start] = max(end, ends.get(start, 0))
    return FoundWords(sorted(ends.items()), announcements)


def name_spans(lowered: str) -> Sequence[tuple[int, int]]:
    """Return the spans of the last parts of names, from left to right.

    :param lowered: the text in lower case
    """
    return found_words(lowered).spans


@functools.lru_cache(maxsize=1)
def _rows_by_tail() -> dict[str, list[tuple[str, str, Name]]]:
    """Return for each last part its rows: lead, letters, and the row, the longest first."""
    rows: dict[str, list[tuple[str, str, Name]]] = {}
    for name in NAMES:
        for word in name.words:
            lead = word[0] if word[0] in _LEADS else ""
            rows.setdefault(_tail(word), []).append((lead, _letters(word.lstrip(_LEADS)), name))
    for found in rows.values():
        found.sort(key=lambda row: (-len(row[1]), not row[0]))
    return rows


def row_of(lowered: str, start: int, end: int) -> Name | None:
    """Return the row of a name whose last part was found there.

    :param lowered: the text in lower case
    """
    candidates = _rows_by_tail()[lowered[start:end]]
    before = _letters(lowered[max(0, start - _LONGEST) : end])
    for lead, letters, name in candidates:
        if before.endswith(letters) and (not lead or _has_lead(lowered, start, lead)):
            return name
    return None


def _has_lead(lowered: str, start: int, lead: str) -> bool:
    before = lowered[start - 1 : start]
    return bool(before) and before in ("_-" if lead in "_-" else lead)
