"""The loopback server that receives the code at the end of a sign-in (RFC 8252)."""

from __future__ import annotations

import contextlib
import hmac
import html
import socket
import threading
from concurrent.futures import Future, TimeoutError as FutureTimeoutError
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread

from ...errors import AuthenticationError
from .config import DEFAULT_PORT

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>:root{{color-scheme:light dark}}body{{font:16px system-ui;margin:20vh auto;max-width:34em;
padding:0 1em}}</style><h1>{title}</h1><p>{text}</p></html>"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}


class LocalCallbackServer:
    """Listens on loopback for one redirect of the browser. Also a context manager.

    :param port: the port; 0 selects a free one.
    :param host: the host of the redirect address: 127.0.0.1, ::1 or localhost.
    :param path: the path of the redirect address.
    :param state: the value that the redirect must carry; None accepts every value.
    """

    def __init__(
        self,
        port: int = DEFAULT_PORT,
        *,
        host: str = "127.0.0.1",
        path: str = "/callback",
        state: str | None = None,
    ) -> None:
        self.port = port
        self.host = host
        self.path = path
        self.state = state
        self._code: Future[str] = Future()
        self._servers: list[_Server] = []

    @property
    def redirect_uri(self) -> str:
        """The address to register as the redirect; its port is known after `start()`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"

    def start(self) -> None:
        """Listen.

        :raises AuthenticationError: the port is taken
        """
        if self._servers:
            return
        first = "127.0.0.1" if self.host == "localhost" else self.host
        try:
            self._servers.append(_Server(first, self.port, self))
        except OSError as error:
            raise AuthenticationError(
                f"The callback of the sign-in cannot listen on port {self.port}: "
                f"{error.strerror or error}. End the program that uses the port, or configure no "
                "redirect_uri, so that a free port is used"
            ) from error
        self.port = int(self._servers[0].server_address[1])
        if self.host == "localhost":  # a browser may try IPv6 first
            with contextlib.suppress(OSError):
                self._servers.append(_Server("::1", self.port, self))
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, args=(0.05,), name="sign-in callback", daemon=True
            ).start()

    async def wait_for_code(self, timeout: float = 300) -> str:
        """Wait for the redirect.

        :raises AuthenticationError: the server denied the sign-in, the redirect belongs to another
            sign-in, or the time is over
        """
        self.start()
        try:
            return await anyio.to_thread.run_sync(
                lambda: self._code.result(timeout), abandon_on_cancel=True
            )
        except FutureTimeoutError:
            raise AuthenticationError(
                f"The sign-in was not completed within {timeout:g} seconds"
            ) from None
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening. Calling it again has no effect."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.shutdown()
            server.server_close()
        if not self._code.done():
            self._code.set_exception(AuthenticationError("The sign-in was canceled"))

    def __enter__(self) -> LocalCallbackServer:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def receive(self, query: str) -> tuple[int, str, str]:
        """Take the query of a redirect.

        :returns: the status, title and text of the page to show.
        """
        try:
            code = code_from_query(query, self.state)
        except AuthenticationError as error:
            self._settle(error)
            return 400, "Sign-in failed", f"{error} You can close this page."
        self._settle(code)
        return 200, "Signed in", "You can close this page and return to your notebook or terminal."

    def _settle(self, outcome: str | AuthenticationError) -> None:
        with contextlib.suppress(Exception):  # a browser may repeat its request
            if isinstance(outcome, str):
                self._code.set_result(outcome)
            else:
                self._code.set_exception(outcome)


def code_from_query(query: str, state: str | None) -> str:
    """Return the code in the query of a redirect.

    :param state: the value that the redirect must carry; None accepts every value.
    :raises AuthenticationError: it reports a refusal, belongs to another sign-in, or has no code
    """
    fields = {name: values[0] for name, values in parse_qs(query).items()}
    if state is not None and not hmac.compare_digest(
        fields.get("state", "").encode(), state.encode()
    ):
        raise AuthenticationError(
            "The redirect belongs to another sign-in (its state does not match). Nothing was stored"
        )
    if "error" in fields:
        detail = fields.get("error_description", "")
        reason = f"{fields['error']}: {detail}" if detail else fields["error"]
        raise AuthenticationError(f"The server refused the sign-in ({reason[:200]})")
    if not fields.get("code"):
        raise AuthenticationError("The redirect contains no code. Nothing was stored")
    return fields["code"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, host: str, port: int, callback: LocalCallbackServer) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.callback = callback
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without resolving the host's name, which takes seconds with a slow resolver."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a browser that disconnects."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Serve the redirect; any other page does not exist."""
        target = urlsplit(self.path)
        if target.path != self.server.callback.path:
            self._reply(404, "Not found", "The sign-in uses another address.")
            return
        self._reply(*self.server.callback.receive(target.query))

    def _reply(self, status: int, title: str, text: str) -> None:
        body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Log nothing: the address contains the code."""
