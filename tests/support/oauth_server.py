"""An OAuth 2.0 server in this process: django-oauth-toolkit, as a company gateway would run it.

It enforces PKCE, rotates refresh tokens with reuse protection, and revokes. `answer(url)` acts as
the user in a browser; a real browser sees a consent page with the buttons Authorize and Cancel.
"""

from __future__ import annotations

import datetime
import html
import json
import logging
import os
import re
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
import httpx
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

CLIENT_ID = "notebook-client"
CONFIDENTIAL_ID = "notebook-confidential"
CLIENT_SECRET = "a-made-up-client-secret"
USER = "ada"

Fault = Callable[[HttpRequest], HttpResponse | None]

_lock = threading.Lock()
_ready = False
_fault: Fault | None = None
_seen: list[tuple[str, dict[str, str]]] = []


class Interposer:
    """Middleware: signs the test's user in, records token requests, and applies a fault."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from django.contrib.auth.models import User

        request.user = User.objects.get(username=USER)
        if request.method == "POST":
            _seen.append((request.path, request.POST.dict()))
        response = _fault(request) if _fault is not None else None
        return self.get_response(request) if response is None else response


def userinfo(request: HttpRequest) -> HttpResponse:
    from oauth2_provider.models import AccessToken

    kind, _, token = request.headers.get("authorization", "").partition(" ")
    found = AccessToken.objects.filter(token=token).first() if kind == "Bearer" else None
    if found is None or not found.is_valid():
        return JsonResponse({"error": "invalid_token"}, status=401)
    return JsonResponse({"sub": found.user.username, "email": "ada@example.org"})


urlpatterns: list[object] = []
"""Filled after the settings are complete, which the server's views need."""


def _set_up(folder: str) -> None:
    global _ready
    if _ready:
        return
    # Tests call the database from coroutines; nothing else runs in the meantime.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(Path(folder, "oauth.sqlite3")),
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        LOGGING_CONFIG=None,
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            f"{__name__}.Interposer",
        ],
        OAUTH2_PROVIDER={
            "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
            "PKCE_REQUIRED": True,
            "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "ROTATE_REFRESH_TOKEN": True,
            "SCOPES": {"models": "Use the models", "profile": "Read your profile"},
        },
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="tests-only",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "sessions", "oauth2_provider")),
        USE_TZ=True,
    )
    django.setup()
    logging.getLogger("django").setLevel(logging.CRITICAL)
    logging.getLogger("oauth2_provider").setLevel(logging.CRITICAL)
    urlpatterns.append(path("o/userinfo/", userinfo))
    urlpatterns.append(path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")))
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    _make_clients()
    _ready = True


def _make_clients() -> None:
    from django.contrib.auth.models import User
    from oauth2_provider.models import Application

    user = User.objects.create_user(USER)
    for client_id, kind, secret in (
        (CLIENT_ID, Application.CLIENT_PUBLIC, ""),
        (CONFIDENTIAL_ID, Application.CLIENT_CONFIDENTIAL, CLIENT_SECRET),
    ):
        Application.objects.create(
            name=client_id,
            client_id=client_id,
            client_secret=secret,
            client_type=kind,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            redirect_uris="http://127.0.0.1/callback http://localhost:54545/callback",
            user=user,
        )


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        # Without the base class's look-up of the host's name, which may take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore clients that disconnect."""


class _Handler(WSGIRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Stay silent."""

    def address_string(self) -> str:
        return "127.0.0.1"


class OAuthServer:
    """A running server: a context manager. The database is shared by all of this process."""

    def __enter__(self) -> OAuthServer:
        with _lock:
            _set_up(_database_folder.name)
        from django.core.wsgi import get_wsgi_application

        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.set_app(get_wsgi_application())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="oauth-server", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.fault = None
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    # --- addresses --------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def url(self, name: str) -> str:
        """Return the address of an endpoint: authorize, token, revoke_token, userinfo."""
        return f"http://127.0.0.1:{self.port}/o/{name}/"

    def variables(self) -> dict[str, str]:
        """Return the variables that configure this server as the gateway."""
        return {
            "CLAUDE_OAUTH_CLIENT_ID": CLIENT_ID,
            "CLAUDE_OAUTH_AUTHORIZE_URL": self.url("authorize"),
            "CLAUDE_OAUTH_TOKEN_URL": self.url("token"),
            "CLAUDE_OAUTH_REVOKE_URL": self.url("revoke_token"),
            "CLAUDE_OAUTH_USERINFO_URL": self.url("userinfo"),
            "CLAUDE_OAUTH_SCOPES": "models profile",
        }

    # --- the user ---------------------------------------------------------------------------------

    def answer(self, url: str, *, allow: bool = True) -> str:
        """Open the page as the user would, answer it, and return the address it redirects to."""
        with httpx.Client(trust_env=False, verify=False) as browser:
            page = browser.get(url)
            if page.is_redirect:
                return page.headers["location"]
            page.raise_for_status()
            fields = {
                html.unescape(name): html.unescape(value)
                for name, value in re.findall(
                    r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page.text
                )
            }
            fields |= {"allow": "Authorize"} if allow else {}
            reply = browser.post(
                url,
                content=urlencode(fields),
                headers={"content-type": "application/x-www-form-urlencoded", "referer": url},
            )
            assert reply.is_redirect, reply.text
            return reply.headers["location"]

    def visit(self, url: str, *, allow: bool = True) -> None:
        """Sign in and follow the redirect to the callback, like a browser."""
        httpx.get(self.answer(url, allow=allow), trust_env=False, verify=False)

    # --- the operator -----------------------------------------------------------------------------

    @property
    def fault(self) -> Fault | None:
        """A function that may answer a request in place of the server."""
        return _fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        global _fault
        _fault = fault

    @property
    def posts(self) -> list[tuple[str, dict[str, str]]]:
        """The POST requests so far: path and fields."""
        return _seen

    @property
    def refreshes(self) -> int:
        """The number of refresh requests so far."""
        return sum(fields.get("grant_type") == "refresh_token" for _, fields in _seen)

    def accepts(self, token: str) -> bool:
        """Test whether an access token is valid."""
        from oauth2_provider.models import AccessToken

        found = AccessToken.objects.filter(token=token).first()
        return found is not None and found.is_valid()

    def revoke_access(self, token: str) -> None:
        """Revoke an access token, but not its refresh token."""
        from oauth2_provider.models import AccessToken

        AccessToken.objects.filter(token=token).update(
            expires=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        )

    def revoke_refresh(self, token: str) -> None:
        """Revoke a refresh token and its access token."""
        from oauth2_provider.models import RefreshToken

        RefreshToken.objects.get(token=token, revoked=None).revoke()

    def forget_everything(self) -> None:
        """Remove all codes and tokens, and the record of requests."""
        from oauth2_provider.models import AccessToken, Grant, RefreshToken

        for model in (RefreshToken, AccessToken, Grant):
            model.objects.all().delete()
        _seen.clear()
        self.fault = None


_database_folder = tempfile.TemporaryDirectory(prefix="oauth-server-")


def slow(seconds: float, path: str = "token") -> Fault:
    """A fault: the endpoint responds late."""

    def fault(request: HttpRequest) -> None:
        if path in request.path:
            time.sleep(seconds)

    return fault


def nonsense(body: str, status: int = 200, path: str = "token") -> Fault:
    """A fault: the endpoint responds with this text."""

    def fault(request: HttpRequest) -> HttpResponse | None:
        return HttpResponse(body, status=status) if path in request.path else None

    return fault


def oauth_error(code: str, status: int = 400) -> Fault:
    """A fault: the token endpoint refuses with this error code."""
    return nonsense(json.dumps({"error": code, "error_description": "as scripted"}), status)
