"""Summaries of stored conversations, which are updated with each new entry."""

from __future__ import annotations

from collections.abc import Sequence

from ...messages import JSONObject
from ...messages.json_fields import Fields
from ...session_store import SessionKey, SessionStoreEntry, SessionSummaryEntry
from ..transcripts.session_info import SDKSessionInfo, milliseconds, prompt_in

# Field of an entry -> summary field that holds its latest value.
_LAST = {
    "customTitle": "custom_title",
    "aiTitle": "ai_title",
    "lastPrompt": "last_prompt",
    "summary": "summary_hint",
    "gitBranch": "git_branch",
    "relocatedCwd": "relocated_cwd",
}


def fold_session_summary(
    prev: SessionSummaryEntry | None, key: SessionKey, entries: list[SessionStoreEntry]
) -> SessionSummaryEntry:
    """Update a conversation's summary with new entries, without reading the old ones.

    A store calls this function in `append` for keys without a `subpath`, and saves the result. The
    arguments are not modified. `mtime` belongs to the store, so it is copied from the previous
    summary and is 0 in a new one.

    :param prev: the summary so far; None if there are no earlier entries.
    :param key: the conversation's key.
    :param entries: the new entries, in order.
    :returns: the updated summary.
    """
    data = dict(prev["data"]) if prev is not None else {}
    fold(data, entries)
    if prev is not None:
        return {"session_id": prev["session_id"], "mtime": prev["mtime"], "data": data}
    return {"session_id": key["session_id"], "mtime": 0, "data": data}


def fold(data: JSONObject, entries: Sequence[object]) -> None:
    """Update `data` with the facts in `entries`."""
    for entry in entries:
        if isinstance(entry, dict):
            _fold(data, entry)


def _fold(data: JSONObject, entry: JSONObject) -> None:
    data.setdefault("is_sidechain", entry.get("isSidechain") is True)
    created, cwd = milliseconds(entry.get("timestamp")), entry.get("cwd")
    if created is not None:
        data.setdefault("created_at", created)
    if cwd and isinstance(cwd, str):
        data.setdefault("cwd", cwd)
    if entry.get("type") == "user":
        _fold_prompt(data, entry)
    for field, name in _LAST.items():
        if isinstance(entry.get(field), str):
            data[name] = entry[field]
    if entry.get("type") == "tag":
        data.pop("tag", None)
        if tag := entry.get("tag"):
            data["tag"] = tag


def _fold_prompt(data: JSONObject, entry: JSONObject) -> None:
    if data.get("first_prompt_locked") or entry.get("isMeta") or entry.get("isCompactSummary"):
        return
    prompt, command = prompt_in(entry.get("message"))
    if command:
        data.setdefault("command_fallback", command)
    if prompt:
        data.update(first_prompt=prompt, first_prompt_locked=True)


_TITLE_KEYS = ("custom_title", "ai_title")
_PROMPT_KEYS = ("first_prompt", "command_fallback")
_SUMMARY_KEYS = (*_TITLE_KEYS, "last_prompt", "summary_hint", *_PROMPT_KEYS)


def summary_info(
    session_id: str, data: JSONObject, modified: int, cwd: str
) -> SDKSessionInfo | None:
    """Convert a summary; return None if it is a subagent's or has nothing to show.

    :param session_id: the conversation's id.
    :param data: the data of its `SessionSummaryEntry`.
    :param modified: milliseconds since the epoch.
    :param cwd: the folder to use if the summary does not name one.
    """
    fields = Fields(data)
    title = fields.text(*_TITLE_KEYS)
    prompt = fields.text(*_PROMPT_KEYS)
    summary = title or fields.text(
        "last_prompt", "summary_hint", "first_prompt", "command_fallback"
    )
    if data.get("is_sidechain") or not summary:
        return None
    return SDKSessionInfo(
        session_id=session_id,
        summary=summary,
        last_modified=modified,
        custom_title=title or None,
        first_prompt=prompt or None,
        git_branch=fields.text("git_branch") or None,
        cwd=fields.text("relocated_cwd", "cwd") or cwd,
        tag=fields.text("tag") or None,
        created_at=fields.whole("created_at") if "created_at" in data else None,
    )
