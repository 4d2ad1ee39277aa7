"""The interface of session stores."""

import pytest

from claude_notebook import InMemorySessionStore
from claude_notebook.session_store import SessionStore, implements


class Minimal:
    async def append(self, key, entries):
        """Accept the entries."""

    async def load(self, key):
        return None


class Derived(SessionStore):
    async def append(self, key, entries):
        """Accept the entries."""

    async def load(self, key):
        return None

    async def delete(self, key):
        """Delete the conversation."""


METHODS = ("append", "load", "list_sessions", "list_session_summaries", "delete", "list_subkeys")


@pytest.mark.parametrize(
    ("store", "has"),
    [
        (Minimal(), "append load"),
        (Derived(), "append load delete"),
        (InMemorySessionStore(), " ".join(METHODS)),
        (object(), ""),
        (None, ""),
    ],
)
def test_implements_ignores_inherited_placeholders(store, has):
    assert [method for method in METHODS if implements(store, method)] == has.split()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_session_store_placeholders_raise():
    store, key = Derived(), {"project_key": "p", "session_id": "s"}
    for call in (
        store.list_sessions("p"),
        store.list_session_summaries("p"),
        store.list_subkeys(key),
    ):
        with pytest.raises(NotImplementedError):
            await call
