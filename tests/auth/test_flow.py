"""The authorization code flow, against a real OAuth 2.0 server."""

import socket
import threading
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest
from oauth_server import CLIENT_SECRET, CONFIDENTIAL_ID, nonsense, oauth_error, slow

from claude_notebook import AuthenticationError, AuthToken, OAuthConfig, OAuthFlow, TokenStorage
from claude_notebook.errors import OptionsError

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    """Run on one event loop; `test_sign_in_on_trio` covers the other one."""
    return request.param


@pytest.fixture
def storage(home):
    return TokenStorage()


async def sign_in(gateway, storage=None, **config):
    async with OAuthFlow(OAuthConfig(**config), storage) as flow:
        return await flow.sign_in(gateway.visit)


def query_of(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


# --- signing in -----------------------------------------------------------------------------------


async def test_sign_in_stores_an_accepted_token(gateway, storage):
    token = await sign_in(gateway)

    assert gateway.accepts(token.access_token)
    assert storage.load_token() == token
    assert token.refresh_token
    assert token.scope == "models profile"
    left = token.expires_at - datetime.now(timezone.utc)
    assert timedelta(minutes=59) < left <= timedelta(minutes=60)


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_sign_in_on_trio(gateway, storage):
    await sign_in(gateway)
    old = aged(storage)
    async with OAuthFlow() as flow:
        token = await flow.get_valid_token()

    assert gateway.accepts(token.access_token)
    assert token.access_token != old.access_token


async def test_confidential_client_sends_its_secret(gateway, storage):
    token = await sign_in(gateway, client_id=CONFIDENTIAL_ID, client_secret=CLIENT_SECRET)

    assert gateway.accepts(token.access_token)


async def test_authorization_url_carries_state_and_challenge(gateway):
    async with OAuthFlow() as flow:
        first, second = (query_of(flow.get_authorization_url()) for _ in range(2))

    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == "http://127.0.0.1:54545/callback"
    assert len(first["state"]) >= 32
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


async def test_user_info_and_revocation(gateway):
    token = await sign_in(gateway)
    async with OAuthFlow() as flow:
        assert (await flow.get_user_info(token.access_token))["sub"] == "ada"
        assert await flow.revoke_token(token.access_token)
        assert not gateway.accepts(token.access_token)
        with pytest.raises(AuthenticationError, match="does not accept the token"):
            await flow.get_user_info(token.access_token)


async def test_pasted_address_completes_the_sign_in(gateway, storage):
    async with OAuthFlow() as flow:
        url = flow.get_authorization_url()
        token = await flow.submit_redirect(f"  {gateway.answer(url)}\n")

    assert storage.load_token() == token


async def test_pasted_code_completes_the_sign_in(gateway, storage):
    async with OAuthFlow() as flow:
        answer = gateway.answer(flow.get_authorization_url())
        token = await flow.submit_redirect(query_of(answer)["code"])

    assert storage.load_token() == token


async def test_two_sign_ins_at_once_do_not_mix(gateway, home):
    tokens = {}

    async def run(name):
        storage = TokenStorage(home / f"{name}.json")
        tokens[name] = await sign_in(gateway, storage)
        assert storage.load_token() == tokens[name]

    async with anyio.create_task_group() as group:
        group.start_soon(run, "a")
        group.start_soon(run, "b")

    assert tokens["a"].access_token != tokens["b"].access_token


async def test_registered_redirect_uri_is_used_to_the_letter(gateway, storage):
    uri = "http://localhost:54545/callback"

    token = await sign_in(gateway, redirect_uri=uri)

    assert gateway.accepts(token.access_token)
    assert gateway.posts[-1][1]["redirect_uri"] == uri


# --- failures: nothing is stored ------------------------------------------------------------------


@pytest.fixture
def nothing_stored(storage):
    yield
    assert storage.load_token() is None
    assert not storage.storage_path.exists()


@pytest.mark.usefixtures("nothing_stored")
class TestFailure:
    async def test_denied(self, gateway):
        async with OAuthFlow() as flow:
            with pytest.raises(AuthenticationError, match="access_denied"):
                await flow.sign_in(lambda url: gateway.visit(url, allow=False))

    async def test_wrong_state(self, gateway):
        def visit(url):
            answer = gateway.answer(url)
            page = httpx.get(answer.replace("state=", "state=x"), trust_env=False)
            assert page.status_code == 400
            assert "another sign-in" in page.text

        async with OAuthFlow() as flow:
            with pytest.raises(AuthenticationError, match="state does not match"):
                await flow.sign_in(visit)

    async def test_wrong_state_in_pasted_address(self, gateway):
        async with OAuthFlow() as flow:
            answer = gateway.answer(flow.get_authorization_url())
            with pytest.raises(AuthenticationError, match="state does not match"):
                await flow.submit_redirect(answer.replace("state=", "state=x"))

    async def test_wrong_verifier(self, gateway):
        async with OAuthFlow() as flow, OAuthFlow() as other:
            answer = gateway.answer(flow.get_authorization_url())
            other.get_authorization_url()
            with pytest.raises(AuthenticationError, match="invalid_grant"):
                await other.submit_redirect(query_of(answer)["code"])

    async def test_without_pkce(self, gateway):
        async with OAuthFlow(OAuthConfig(use_pkce=False)) as flow:
            with pytest.raises(AuthenticationError, match="Code challenge required"):
                await flow.sign_in(gateway.visit)

    async def test_code_without_sign_in(self, gateway):
        async with OAuthFlow() as flow:
            with pytest.raises(AuthenticationError, match="No sign-in has begun"):
                await flow.exchange_code_for_token("code")

    @pytest.mark.parametrize("text", ["", "two words", "http://127.0.0.1/callback?state=x"])
    async def test_nonsense_pasted(self, gateway, text):
        async with OAuthFlow() as flow:
            flow.get_authorization_url()
            with pytest.raises(AuthenticationError):
                await flow.submit_redirect(text)

    async def test_server_down(self, gateway):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}/token"
        async with OAuthFlow(OAuthConfig(token_url=url)) as flow:
            with pytest.raises(AuthenticationError, match=r"Cannot reach 127\.0\.0\.1"):
                await flow.sign_in(gateway.visit)

    async def test_slow_server(self, gateway, monkeypatch):
        monkeypatch.setattr("claude_notebook.auth.gateway.http.SECONDS", 0.3)
        gateway.fault = slow(1.0)
        async with OAuthFlow() as flow:
            with pytest.raises(AuthenticationError, match="Cannot reach"):
                await flow.sign_in(gateway.visit)

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (nonsense("<html>Welcome</html>"), "not JSON"),
            (nonsense("[]"), "not JSON"),
            (nonsense("{}"), "no access token"),
            (nonsense('{"access_token": 5}'), "no access token"),
            (nonsense("[" * 100_000), "not JSON"),
            (nonsense("x" * 3_000_000), "not JSON"),
            (nonsense("oops", 500), "HTTP status 500"),
            (oauth_error("unauthorized_client"), "unauthorized_client: as scripted"),
        ],
        ids=["html", "list", "empty", "number", "deep", "large", "failure", "refused"],
    )
    async def test_nonsense_from_server(self, gateway, fault, reason):
        gateway.fault = fault
        async with OAuthFlow() as flow:
            with pytest.raises(AuthenticationError, match=reason):
                await flow.sign_in(gateway.visit)

    async def test_port_taken(self, gateway):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            uri = f"http://127.0.0.1:{port}/callback"
            async with OAuthFlow(OAuthConfig(redirect_uri=uri)) as flow:
                with pytest.raises(AuthenticationError, match=f"port {port}.*free port"):
                    await flow.sign_in(gateway.visit)

    async def test_user_does_nothing(self, gateway):
        async with OAuthFlow(OAuthConfig(timeout=0.2)) as flow:
            with pytest.raises(AuthenticationError, match=r"within 0\.2 seconds"):
                await flow.sign_in(lambda url: None)

    async def test_cancelled(self, gateway):
        pages = []
        with anyio.move_on_after(0.3) as scope:
            async with OAuthFlow() as flow:
                await flow.sign_in(pages.append)
        assert scope.cancelled_caught
        port = urlsplit(query_of(pages[0])["redirect_uri"]).port
        with pytest.raises(OSError):
            await anyio.connect_tcp("127.0.0.1", port)
        assert "sign-in callback" not in {thread.name for thread in threading.enumerate()}

    async def test_missing_client_id(self, gateway, monkeypatch):
        monkeypatch.delenv("CLAUDE_OAUTH_CLIENT_ID")
        async with OAuthFlow() as flow:
            with pytest.raises(OptionsError, match=r"client_id.*CLAUDE_OAUTH_CLIENT_ID"):
                await flow.sign_in(gateway.visit)
            with pytest.raises(OptionsError):
                flow.get_authorization_url()

    async def test_clear_text_over_the_network(self, gateway):
        async with OAuthFlow(OAuthConfig(token_url="http://gateway.example/token")) as flow:
            with pytest.raises(OptionsError, match="must begin with https"):
                await flow.sign_in(gateway.visit)


async def test_replayed_code_is_refused(gateway, storage):
    async with OAuthFlow() as flow:
        answer = gateway.answer(flow.get_authorization_url())
        pending = flow._pending
        token = await flow.submit_redirect(answer)
        flow._pending = pending
        with pytest.raises(AuthenticationError, match="invalid_grant"):
            await flow.submit_redirect(answer)

    assert storage.load_token() == token


async def test_flow_outside_context_is_an_error(gateway):
    with pytest.raises(RuntimeError, match="async with"):
        await OAuthFlow().revoke_token("x")


async def test_secrets_of_a_request_are_not_in_the_traceback(gateway):
    import traceback

    async with OAuthFlow(OAuthConfig(token_url="http://127.0.0.1:9/")) as flow:
        answer = gateway.answer(flow.get_authorization_url())
        verifier = flow._pending.pkce.verifier
        try:
            await flow.submit_redirect(answer)
        except AuthenticationError as error:
            text = "".join(traceback.format_exception(error))
    assert verifier not in text
    assert query_of(answer)["code"] not in text


# --- renewal --------------------------------------------------------------------------------------


def aged(storage, **changes):
    """Store the token as one that has expired."""
    token = storage.load_token()
    old = {"expires_at": datetime.now(timezone.utc) - timedelta(hours=1), **changes}
    storage.save_token(AuthToken(**{**vars(token), **old}))
    return token


async def test_valid_token_is_returned_without_a_request(gateway, storage):
    token = await sign_in(gateway)
    async with OAuthFlow() as flow:
        assert await flow.get_valid_token() == token
    assert gateway.refreshes == 0


@pytest.mark.parametrize("seconds", [-3600, 30])
async def test_token_is_renewed_ahead_of_its_expiry(gateway, storage, seconds):
    await sign_in(gateway)
    old = aged(storage, expires_at=datetime.now(timezone.utc) + timedelta(seconds=seconds))
    async with OAuthFlow() as flow:
        token = await flow.get_valid_token()

    assert token.access_token != old.access_token
    assert token.refresh_token != old.refresh_token
    assert storage.load_token() == token
    assert gateway.accepts(token.access_token)


async def test_renewal_keeps_refresh_token_if_none_comes(gateway, storage):
    await sign_in(gateway)
    old = aged(storage)
    gateway.fault = nonsense('{"access_token": "new", "expires_in": "60"}')
    async with OAuthFlow() as flow:
        token = await flow.refresh_token(old.refresh_token)

    assert (token.access_token, token.refresh_token) == ("new", old.refresh_token)
    assert storage.load_token() == token


@pytest.mark.parametrize(
    "fault", [nonsense("oops", 503), nonsense("<html>"), oauth_error("invalid_client", 401)]
)
async def test_failed_renewal_keeps_the_token(gateway, storage, fault):
    await sign_in(gateway)
    aged(storage)
    before = storage.load_token()
    gateway.fault = fault
    async with OAuthFlow() as flow:
        with pytest.raises(AuthenticationError):
            await flow.get_valid_token()
    assert storage.load_token() == before


async def test_failed_renewal_returns_a_token_that_still_lasts(gateway, storage):
    await sign_in(gateway)
    aged(storage, expires_at=datetime.now(timezone.utc) + timedelta(seconds=30))
    gateway.fault = nonsense("oops", 503)
    async with OAuthFlow() as flow:
        assert await flow.get_valid_token() == storage.load_token()


async def test_revoked_refresh_token_is_removed(gateway, storage):
    await sign_in(gateway)
    old = aged(storage)
    gateway.revoke_refresh(old.refresh_token)
    async with OAuthFlow() as flow:
        assert await flow.get_valid_token() is None
    assert storage.load_token() is None


async def test_refused_renewal_keeps_a_newer_token(gateway, storage):
    await sign_in(gateway)
    aged(storage)
    newer = AuthToken("newer", refresh_token="newer-refresh")

    def replace(request):
        storage.save_token(newer)
        return oauth_error("invalid_grant")(request)

    gateway.fault = replace
    async with OAuthFlow() as flow:
        assert await flow.get_valid_token() is None
    assert storage.load_token() == newer


async def test_tasks_renew_once(gateway, storage):
    await sign_in(gateway)
    aged(storage)
    gateway.fault = slow(0.3)
    tokens = []

    async def run():
        async with OAuthFlow() as flow:
            tokens.append(await flow.get_valid_token())

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(run)

    assert gateway.refreshes == 1
    assert len({token.access_token for token in tokens}) == 1
    assert gateway.accepts(tokens[0].access_token)


async def test_cancelled_renewal_is_stored(gateway, storage):
    await sign_in(gateway)
    old = aged(storage)
    gateway.fault = slow(0.5)
    with anyio.move_on_after(0.2):
        async with OAuthFlow() as flow:
            await flow.get_valid_token()

    token = storage.load_token()
    assert token.refresh_token != old.refresh_token
    assert gateway.accepts(token.access_token)


async def test_dead_owner_of_the_lock_blocks_nobody(gateway, storage):
    await sign_in(gateway)
    aged(storage)
    storage.lock_path.touch()
    began = time.monotonic()
    async with OAuthFlow() as flow:
        assert await flow.get_valid_token()
    assert time.monotonic() - began < 5
