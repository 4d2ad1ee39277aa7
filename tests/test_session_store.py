"""What a session store must be."""

import pytest

from claude_notebook import InMemorySessionStore
from claude_notebook.session_store import SessionStore, implements


class Least:
    async def append(self, key, entries):
        """Takes it."""

    async def load(self, key):
        return None


class Inherits(SessionStore):
    async def append(self, key, entries):
        """Takes it."""

    async def load(self, key):
        return None

    async def delete(self, key):
        """Deletes it."""


METHODS = ("append", "load", "list_sessions", "list_session_summaries", "delete", "list_subkeys")


@pytest.mark.parametrize(
    ("store", "has"),
    [
        (Least(), "append load"),
        (Inherits(), "append load delete"),
        (InMemorySessionStore(), " ".join(METHODS)),
        (object(), ""),
        (None, ""),
    ],
)
def test_only_methods_of_its_own_count(store, has):
    assert [method for method in METHODS if implements(store, method)] == has.split()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_it_inherits_says_so():
    store, key = Inherits(), {"project_key": "p", "session_id": "s"}
    for call in (
        store.list_sessions("p"),
        store.list_session_summaries("p"),
        store.list_subkeys(key),
    ):
        with pytest.raises(NotImplementedError):
            await call
