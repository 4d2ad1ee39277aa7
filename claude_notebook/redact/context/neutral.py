"""Parts of names that make a word of the vocabulary mean something else than a secret."""

from __future__ import annotations

import re

from .vocabulary import words_of

__all__ = ["is_neutral"]

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LEAD = re.compile(r"[\w.-]{0,40}\Z")

# "max_tokens", "publicKey", "sort-key": the word in front decides.
_BEFORE = words_of(
    "public pub max min num n input output total primary foreign sort partition cache dict object "
    "row group map color count prompt completion cell stop eos bos pad unk special composite "
    "routing hash surrogate natural idempotency tool without per by each every many any lookup "
    "shortcut hot arrow sub unique no bypass"
)
# "token_count", "password-file", "keyName": the word behind decides.
_AFTER = words_of(
    "name names id ids type types len length size sizes count counts file files filename path "
    "paths dir dirs url urls uri uris policy policies version versions alg algorithm algorithms "
    "format expires expiry expiration expire ttl age max min limit limits usage field fields "
    "column columns index label labels title hint hints prompt prompts manager provider "
    "providers class func handler handlers arn rotation attempt attempts required enabled "
    "disabled regex pattern help placeholder error errors exception mismatch based like related "
    "specific only endpoint binding bindings map mapping level budget budgets used left remaining "
    "total per ring board space frame point mode state info store storage cache server service "
    "group scope scopes method plugin module ref window date time at timestamp"
)


def is_neutral(text: str, start: int, tail: str) -> bool:
    """Return whether the rest of a name says that its value is no secret.

    :param start: where the word of the vocabulary starts
    :param tail: the rest of the name behind the word
    """
    parts = _PART.findall(tail)
    if parts and parts[0].lower() in _AFTER:
        return True
    if text[max(0, start - 7) : start].lower().endswith(("public ", "public-", "gpg: ")):
        return True
    lead = _LEAD.search(text[max(0, start - 40) : start])
    before = _PART.findall(lead.group()) if lead else []
    return bool(before) and before[-1].lower() in _BEFORE
