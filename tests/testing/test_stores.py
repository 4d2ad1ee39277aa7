"""The check for session stores: it passes good ones, and finds what is wrong with others."""

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
    """Has no sub-agents of its own."""

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
        return [{**one, "data": {}} for one in await super().list_session_summaries(project_key)]


class Behind(Good):
    async def list_session_summaries(self, project_key):
        found = await super().list_session_summaries(project_key)
        return [{**one, "mtime": one["mtime"] - 1} for one in found]


class Flat(Good):
    async def list_subkeys(self, key):
        return [each.split("/")[-1] for each in await super().list_subkeys(key)]


class Hoarding(Good):
    async def delete(self, key):
        """Nothing is ever deleted, but it says that it can."""


class Orphans(Good):
    async def delete(self, key):
        subkeys = await self.list_subkeys(key)
        kept = {one: self.get_entries({**key, "subpath": one}) for one in subkeys}
        await super().delete(key)
        if "subpath" not in key:
            for one, entries in kept.items():
                await self.append({**key, "subpath": one}, entries)


@pytest.mark.parametrize("kind", [Good, Bare])
async def test_good_stores_pass(kind):
    async def make():
        return kind()

    await run_session_store_conformance(kind)
    await run_session_store_conformance(make)


@pytest.mark.parametrize(
    ("kind", "says", "by"),
    [
        (Backwards, "in their order", None),
        (Empty, "must be None", None),
        (Mixed, "was never written", None),
        (InSeconds, "must be milliseconds", "list_sessions"),
        (Forgetful, "fold_session_summary", "list_session_summaries"),
        (Behind, "must not look older", "list_session_summaries"),
        (Flat, "of this one alone", "list_subkeys"),
        (Hoarding, "with its sub-agents", "delete"),
        (Orphans, "with its sub-agents", "delete"),
    ],
)
async def test_what_is_wrong_is_found(kind, says, by):
    with pytest.raises(AssertionError, match=says):
        await run_session_store_conformance(kind)
    if by is not None:
        await run_session_store_conformance(kind, skip_optional={by})


async def test_a_method_that_is_none_is_told():
    with pytest.raises(AssertionError, match=r"no optional methods.*append"):
        await run_session_store_conformance(Good, skip_optional={"append"})
