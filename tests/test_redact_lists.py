"""Shares of secrets that redaction misses in lists, and of ordinary texts that it marks."""

import json
import re
from pathlib import Path

import pytest

from claude_notebook.redact import redact

LISTS = Path(__file__).parent / "samples" / "secrets"
_MARK = re.compile(r"REDACTED-[a-z0-9-]*")

# The greatest share of misses. The rules were made with the first and last list at hand; the others
# were written by people who did not know them, or before they were known.
LIMITS = {
    "development.json": 0.05,
    "holdout.json": 0.08,
    "fresh_first.json": 0.02,
    "fresh_second.json": 0.03,
    "fresh_third.json": 0.03,
    "positions.json": 0.03,
}
MOST_MARKED = 0.05


def cases_in(name: str) -> list[dict[str, str]]:
    """Return the cases of a list."""
    cases: list[dict[str, str]] = json.loads((LISTS / name).read_text(encoding="utf-8"))
    return cases


def is_missed(text: str, secret: str) -> bool:
    """Return whether a secret, or more than half of it, remains in a text.

    Parts that also occur beside the secret do not count.
    """
    rest = text.replace(secret, "\0")
    clean = _MARK.sub("\0", redact(text))
    half = max(4, len(secret) // 2 + 1)
    parts = {secret, *(secret[start : start + half] for start in range(len(secret) - half + 1))}
    return any(clean.count(part) > rest.count(part) for part in parts)


@pytest.mark.parametrize("name", LIMITS)
def test_redact_misses_few_secrets_of_list(name: str) -> None:
    cases = cases_in(name)
    misses = [case["text"] for case in cases if is_missed(case["text"], case["secret"])]

    assert len(cases) >= 100
    assert len(misses) <= LIMITS[name] * len(cases), misses


def test_redact_marks_few_ordinary_texts() -> None:
    cases = cases_in("benign.json")
    marked = [case["text"] for case in cases if redact(case["text"]) != case["text"]]

    assert len(cases) >= 300
    assert len(marked) <= MOST_MARKED * len(cases), marked


@pytest.mark.parametrize("name", LIMITS)
def test_redact_is_idempotent_for_list(name: str) -> None:
    for case in cases_in(name):
        once = redact(case["text"])
        assert redact(once) == once
        quoted = json.dumps({"text": case["text"]})
        assert isinstance(json.loads(redact(quoted)), dict)
