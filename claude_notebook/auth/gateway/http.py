"""HTTP requests to an OAuth 2.0 server, through proxies and with private certificate authorities.

`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR` are respected, and so is
`NODE_EXTRA_CA_CERTS`, which the CLI needs for the same network.
"""

from __future__ import annotations

import functools
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import AuthenticationError

if TYPE_CHECKING:
    import httpx

    from ...messages import JSON, JSONObject

SECONDS = 15.0
_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Response:
    """A response of the server.

    :param status: the HTTP status.
    :param data: the JSON object in the body; empty if there is none.
    :param is_json: True if the body is a JSON object.
    """

    status: int
    data: JSONObject
    is_json: bool

    @property
    def error(self) -> str:
        """The server's error code, such as "invalid_grant", or ""."""
        code = self.data.get("error")
        return code if isinstance(code, str) else ""

    @property
    def reason(self) -> str:
        """The reason for a refusal, in the server's words where it gives any."""
        detail = self.data.get("error_description")
        words = [self.error, detail if isinstance(detail, str) else ""]
        return ": ".join(filter(None, words))[:300] or f"HTTP status {self.status}"


def open_client(environ: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """Create a client; close it after use.

    :raises AuthenticationError: a file with certificates cannot be read
    """
    import httpx

    return httpx.AsyncClient(
        verify=_trust(os.environ if environ is None else environ),
        timeout=SECONDS,
        follow_redirects=False,
        headers={"accept": "application/json"},
    )


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Trust the system's certificates, those of certifi, and those of the environment."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")
    try:
        return _context(*(environ.get(name) or None for name in names))
    except (OSError, ssl.SSLError) as error:
        raise AuthenticationError(
            f"Cannot read the certificates that SSL_CERT_FILE or NODE_EXTRA_CA_CERTS names: "
            f"{error}. Correct the path"
        ) from error


@functools.lru_cache(maxsize=4)  # reading all certificates takes 50 ms
def _context(file: str | None, folder: str | None, extra: str | None) -> ssl.SSLContext:
    import certifi

    context = ssl.create_default_context(cafile=file, capath=folder)
    if file is None and folder is None:
        context.load_verify_locations(cafile=certifi.where())
    if extra:
        context.load_verify_locations(cafile=extra)
    return context


async def send(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request, and read a response of bounded size.

    :raises AuthenticationError: the server cannot be reached
    """
    import httpx

    try:
        async with client.stream(method, url, data=fields, headers=headers) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _LIMIT:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        # The traceback of httpx holds the request, and with it the secrets.
        raise _unreachable(url, error) from None
    data = _json_object(bytes(body))
    return Response(response.status_code, data or {}, data is not None)


def _unreachable(url: str, error: Exception) -> AuthenticationError:
    from urllib.parse import urlsplit

    host = urlsplit(url).netloc.rpartition("@")[2]
    cause = str(error) or type(error).__name__
    return AuthenticationError(
        f"Cannot reach {host}: {cause}. Check the network, the proxy (HTTPS_PROXY) and "
        "certificates (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS)"
    )


def _json_object(body: bytes) -> JSONObject | None:
    try:
        data: JSON = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
