"""The conformance test for session stores: good stores pass, bad ones fail."""

import pytest

from claude_notebook import InMemorySessionStore
from claude_notebook.testing import run_session_store_conformance

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
Good = InMemorySessionStore


class Bare:
    def __init__(self) -> None:
        self.kept = Good()

    async def append(self, key, entries):
        await self.kept.append(key, entries)

    async def load(self, key):
        return await self.kept.load(key)


class Backwards(Good):
    async def load(self, key):
        entries = await super().load(key)
        return entries and entries[::-1]


class Empty(Good):
    async def load(self, key):
        return await super().load(key) or []


class Mixed(Good):
    """A store that ignores subpaths."""

    async def append(self, key, entries):
        await super().append({**key, "subpath": ""}, entries)

    async def load(self, key):
        return await super().load({**key, "subpath": ""})


class InSeconds(Good):
    async def list_sessions(self, project_key):
        return [
            {**each, "mtime": each["mtime"] // 1000}
            for each in await super().list_sessions(project_key)
        ]


class Forgetful(Good):
    async def list_session_summaries(self, project_key):
        return [
            {**entry, "data": {}} for entry in await super().list_session_summaries(project_key)
        ]


class Behind(Good):
    async def list_session_summaries(self, project_key):
        entries = await super().list_session_summaries(project_key)
        return [{**entry, "mtime": entry["mtime"] - 1} for entry in entries]


class Flat(Good):
    async def list_subkeys(self, key):
        return [each.split("/")[-1] for each in await super().list_subkeys(key)]


class Hoarding(Good):
    async def delete(self, key):
        """Pretend to delete."""


class Orphans(Good):
    async def delete(self, key):
        subkeys = await self.list_subkeys(key)
        kept = {subkey: self.get_entries({**key, "subpath": subkey}) for subkey in subkeys}
        await super().delete(key)
        if "subpath" not in key:
            for subkey, entries in kept.items():
                await self.append({**key, "subpath": subkey}, entries)


@pytest.mark.parametrize("kind", [Good, Bare])
async def test_conformance_accepts_good_stores(kind):
    stores = []

    async def make():
        stores.append(kind())
        return stores[-1]

    await run_session_store_conformance(kind)
    await run_session_store_conformance(make)
    assert len(stores) > 1, "each rule has its own store"


@pytest.mark.parametrize(
    ("kind", "message", "by"),
    [
        (Backwards, "complete lines in order", None),
        (Empty, "unwritten key must return None", None),
        (Mixed, r"load\(\) of the unwritten", None),
        (InSeconds, "must be milliseconds", "list_sessions"),
        (Forgetful, "fold_session_summary", "list_session_summaries"),
        (Behind, "must not be older", "list_session_summaries"),
        (Flat, "only this conversation's", "list_subkeys"),
        (Hoarding, "with its subagents", "delete"),
        (Orphans, "with its subagents", "delete"),
    ],
)
async def test_conformance_finds_violations(kind, message, by):
    with pytest.raises(AssertionError, match=message):
        await run_session_store_conformance(kind)
    if by is not None:
        await run_session_store_conformance(kind, skip_optional={by})


async def test_conformance_rejects_unknown_method_name():
    with pytest.raises(AssertionError, match=r"unknown optional methods.*append"):
        await run_session_store_conformance(Good, skip_optional={"append"})
