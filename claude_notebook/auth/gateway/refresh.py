"""Renewal of a stored token by one process at a time.

A gateway that rotates refresh tokens revokes all tokens if an old one is reused. A process
therefore acquires a file lock, rereads the token, and stores the new token before it releases the
lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import anyio

from ...files import make_folder
from ..errors import AuthenticationError, GrantRefusedError
from ..storage import Storage
from ..token import REFRESH_MARGIN, AuthToken
from .config import OAuthConfig
from .requests import refresh

if TYPE_CHECKING:
    import filelock
    import httpx

LOCK_SECONDS = 60.0

EXPIRED = "The sign-in has expired, and the gateway does not renew it"


@contextlib.asynccontextmanager
async def locked(storage: Storage) -> AsyncIterator[None]:
    """Hold the lock of a stored token.

    :raises AuthenticationError: another process holds it for too long, or it cannot be created
    """
    import filelock

    path = storage.lock_path
    lock = filelock.FileLock(path, mode=0o600, thread_local=False)
    try:
        make_folder(path.parent, mode=0o700)
        with anyio.fail_after(LOCK_SECONDS):
            while not _acquired(lock):  # noqa: ASYNC110  another process holds it
                await anyio.sleep(0.05)
    except TimeoutError:
        raise AuthenticationError(
            f"Another process has renewed the sign-in for more than {LOCK_SECONDS:g} seconds. End "
            f"it, or remove {path}"
        ) from None
    except OSError as error:
        raise AuthenticationError(f"Cannot lock {path}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: filelock.BaseFileLock) -> bool:
    import filelock

    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return False
    return True


async def valid_token(
    client: httpx.AsyncClient,
    config: OAuthConfig,
    storage: Storage,
    *,
    rejected: str | None = None,
) -> AuthToken | None:
    """Return the stored token, renewed if it expires soon.

    :param rejected: an access token that the service no longer accepts.
    :returns: None if nothing is stored.
    :raises GrantRefusedError: the gateway does not renew it; it has been removed
    :raises AuthenticationError: the token has expired and cannot be renewed now; it is kept
    """
    token = storage.load_token()
    if token is None or _is_usable(token, rejected):
        return token
    async with locked(storage):
        token = storage.load_token()  # another process may have renewed it
        if token is None or _is_usable(token, rejected):
            return token
        with anyio.CancelScope(shield=True):  # a renewed token that is not stored is lost
            token = await _renew(client, config, storage, token, rejected)
    return token


def _is_usable(token: AuthToken, rejected: str | None) -> bool:
    return token.access_token != rejected and not token.is_expired(REFRESH_MARGIN)


async def _renew(
    client: httpx.AsyncClient,
    config: OAuthConfig,
    storage: Storage,
    token: AuthToken,
    rejected: str | None,
) -> AuthToken:
    lasts = not token.is_expired() and token.access_token != rejected
    if not token.refresh_token:
        if lasts:
            return token
        raise AuthenticationError(EXPIRED)
    try:
        renewed = await refresh(client, config, token)
    except GrantRefusedError:
        _remove_if_current(storage, token)
        raise GrantRefusedError(EXPIRED) from None
    except AuthenticationError:
        if lasts:
            return token
        raise
    storage.save_token(renewed)
    return renewed


def _remove_if_current(storage: Storage, token: AuthToken) -> None:
    """Remove a refused token, unless a program without the lock has replaced it."""
    current = storage.load_token()
    if current is not None and current.refresh_token == token.refresh_token:
        storage.delete_token()
