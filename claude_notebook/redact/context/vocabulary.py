"""Words that announce secrets, alone or as a part of a longer name."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ..literals import LiteralSearch

__all__ = [
    "PHRASES",
    "VOCABULARY",
    "Hint",
    "Subject",
    "announcing_words",
    "hints_in",
    "is_part_of_name",
    "words_of",
]


class Subject(enum.IntEnum):
    """The values that a word announces."""

    SECRET = 0
    """Any value; people choose it."""
    CODE = 1
    """A short number, or a few groups of letters and digits."""
    KEY = 2
    """A value that a program made."""


@dataclass(frozen=True)
class _Row:
    subject: Subject
    words: str
    reason: str


# A hyphen matches any separator, and also the empty text.
VOCABULARY = (
    _Row(
        Subject.SECRET,
        "password passwd passwort passphrase passcode pass pwd pw psk secret pass-phrase "
        "pass-word unlock "
        "assword wachtwoord kennwort senha contraseña parola hasło pswd psswd passwrd passkey "
        "memorable-word secret-word security-word pre-shared-key rocommunity rwcommunity env:set "
        "config:set variables-set sleutel schlüssel lösenord salasana clave geheimnis mdp haslo "
        "geheimwort palavra-passe mot-de-passe heslo losenord",
        "a person chose the value, so it can be any text",
    ),
    _Row(
        Subject.SECRET,
        "seed-phrase seed-words recovery-phrase mnemonic security-answer secret-answer "
        "api-key secret-key private-key access-key account-key master-key encryption-key "
        "signing-key license-key licence-key shared-key storage-key host-key preshared-key",
        "the words leave no doubt about the value",
    ),
    _Row(
        Subject.CODE,
        "pin puk otp totp cvv cvv2 cvc tan pincode pin-code passcode security-code access-code "
        "login-code verification-code auth-code authentication-code confirmation-code door-code "
        "gate-code alarm-code entry-code unlock-code backup-code recovery-code one-time-code "
        "activation-code pairing-code sms-code mfa-code 2fa-code reset-code sign-in-code "
        "safe-code recovery-key combination secret-code one-time-password "
        "voicemail-code invite-code time-code door-pin keypad geheimzahl code-pin código-pin "
        "codice-pin kod-pin kod-dostępu toegangscode zugangscode",
        "numbers that people type at doors, machines, and in second steps",
    ),
    _Row(
        Subject.KEY,
        "token key auth session sess sid cookie csrf xsrf signature sig salt pepper jwt license "
        "licence activation creds credential credentials login signin hmac bearer sas webhook "
        "signing encryption cipher sk pat otpauth signer seed keys tokens apikey apitoken "
        "nonce iv sso oauth saml authn authz logon authorization community wifi wpa admin root "
        "cred "
        "administrator master decrypt encrypt session-id connection-string conn-string secrets "
        "keyring vault clé chave chiave klucz jeton segreto segredo sekret geheim",
        "words that also mean other things, so the value must look random",
    ),
)


# Words near phrases that are secrets.
PHRASES = ("phrase", "seed", "mnemonic", "wallet", "password")


@dataclass(frozen=True)
class Hint:
    """A word of the vocabulary in a text.

    :param start: where it starts
    :param end: where it ends
    """

    start: int
    end: int
    subject: Subject


_SEPARATORS = (" ", "_", "-", ".", "")
# Short words are parts of many others, so a sign must precede them.
_SHORT = 3
_SIGNS = (*" \t\n_-.\"'`$(<>:;,&?{[|/*=@#%+", "\\n", "\\t", "\\r")


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def _spellings(word: str) -> Iterator[tuple[str, int]]:
    """Return the texts to search for a word, each with the number of the signs before it."""
    if len(word) <= _SHORT:
        yield from ((sign + word, len(sign)) for sign in _SIGNS)
    else:
        yield from ((word.replace("-", sign), 0) for sign in _SEPARATORS)


@functools.lru_cache(maxsize=1)
def _search() -> tuple[LiteralSearch, tuple[tuple[Subject, int], ...]]:
    """Return the search for all words, and for each its subject and the signs before it."""
    rows: dict[str, tuple[Subject, int]] = {}
    for row in VOCABULARY:
        for word in row.words.split():
            for spelling, signs in _spellings(word):
                rows.setdefault(spelling, (row.subject, signs))
    return LiteralSearch(tuple(rows)), tuple(rows.values())


def announcing_words() -> dict[str, int]:
    """Return the texts that announce a number or a phrase, with the number of signs before."""
    codes = next(row.words for row in VOCABULARY if row.subject is Subject.CODE)
    words = {spelling: signs for word in codes.split() for spelling, signs in _spellings(word)}
    return words | dict.fromkeys(PHRASES, 0)


def hints_in(text: str, lowered: str, first: int, last: int) -> list[Hint]:
    """Return the words of the vocabulary in a part of a text, from left to right.

    Of several words that end at one place, the longest counts.
    """
    search, rows = _search()
    hints: dict[int, Hint] = {}
    for number, start, end in search.find(f" {lowered[first:last]}"):
        subject, signs = rows[number]
        start, end = first + start + signs - 1, first + end - 1
        known = hints.get(end)
        if (known is None or start < known.start) and is_part_of_name(text, start, end):
            hints[end] = Hint(start, end, subject)
    return sorted(hints.values(), key=lambda hint: hint.start)


def is_part_of_name(text: str, start: int, end: int) -> bool:
    """Return whether a word is a part of a name of its own: "dbPass" and "PIN", not "spin"."""
    after = text[end : end + 1]
    if after in ("s", "S"):
        after = text[end + 1 : end + 2]
    if after.isalpha() and not (after.isupper() and text[end - 1].islower()):
        return False
    before = text[start - 1] if start else ""
    return not before.isalpha() or _begins_after_letter(text, start, before)


def _begins_after_letter(text: str, start: int, before: str) -> bool:
    if before in "nrt" and text[start - 2 : start - 1] == "\\":
        return True
    first = text[start]
    return first.isupper() and (before.islower() or text[start + 1 : start + 2].islower())
