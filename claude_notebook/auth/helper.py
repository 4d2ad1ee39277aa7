"""Print the current token of a gateway: the CLI's `apiKeyHelper`.

The CLI runs this command when it starts, and again after the service rejects a token. If a
conversation requests the same token twice, the second call therefore renews the token.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import AuthenticationError, ClaudeSDKError
from ..files import make_folder, read_file, write_file
from .accounts import AccountStorage, account_storage, gateway_of
from .token import REFRESH_MARGIN, AuthToken

_KEPT_SECONDS = 7 * 24 * 3600

NOT_STORED = "No sign-in at the gateway is stored"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the token.

    :returns: the exit code: 1 if there is no valid token.
    """
    parser = argparse.ArgumentParser(prog="python -m claude_notebook.auth.helper")
    parser.add_argument("path", type=Path, help="the file of the account")
    parser.add_argument("conversation", help="an id of the process that asks")
    options = parser.parse_args(arguments)
    try:
        secret = current_secret(options.path, options.conversation)
    except ClaudeSDKError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{secret}\n")
    return 0


def current_secret(path: Path, conversation: str) -> str:
    """Return the access token of an account, renewed if the conversation asks for it again.

    :raises AuthenticationError: there is no valid token
    """
    storage = account_storage(path)
    token = storage.load_token()
    if token is None:
        raise AuthenticationError(NOT_STORED)
    served = ServedToken(path.parent / "conversations", conversation)
    rejected = token.access_token if served.is_same(token.access_token) else None
    if rejected is not None or token.is_expired(REFRESH_MARGIN):
        token = _renewed(storage, rejected)
    served.write(token.access_token)
    return token.access_token


def _renewed(storage: AccountStorage, rejected: str | None) -> AuthToken:
    import anyio  # most calls renew nothing

    from .gateway.http import open_client
    from .gateway.refresh import valid_token

    async def renew() -> AuthToken | None:
        async with open_client() as client:
            return await valid_token(client, gateway_of(storage), storage, rejected=rejected)

    token = anyio.run(renew)
    if token is None:
        raise AuthenticationError(NOT_STORED)
    return token


class ServedToken:
    """The hash of the token last sent to a conversation, stored in a file.

    :param folder: the folder of these files.
    :param conversation: the id of the conversation.
    """

    def __init__(self, folder: Path, conversation: str) -> None:
        self._folder = folder
        self._path = folder / re.sub(r"\W", "_", conversation)[:64]

    def is_same(self, secret: str) -> bool:
        """Test whether the conversation has received this token before."""
        with contextlib.suppress(OSError):
            return read_file(self._path, 100) == _hash(secret)
        return False

    def write(self, secret: str) -> None:
        """Record a token, and remove the records of old conversations."""
        with contextlib.suppress(OSError):
            make_folder(self._folder, mode=0o700)
            write_file(self._path, _hash(secret))
            self._sweep()

    def _sweep(self) -> None:
        oldest = time.time() - _KEPT_SECONDS
        for path in self._folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).hexdigest().encode()


if __name__ == "__main__":
    sys.exit(main())
