"""The documented snippets of signing in, with the gateway of the tests and the real CLI."""

import textwrap
from pathlib import Path

import pytest
from leftovers import Place

import claude_notebook
from claude_notebook import (
    AuthenticationError,
    AuthenticationMiddleware,
    AuthToken,
    ClaudeAuth,
    ClaudeCodeOptions,
    OAuthConfig,
    TokenStorage,
    auth,
    authenticated_query,
    get_auth_headers,
    logout,
    query,
    query_with_api_key,
    query_with_middleware,
)
from claude_notebook.auth import AccountStore
from claude_notebook.auth_config import ClaudeCodeOAuthConfig, OAuthEndpoints, OAuthScopes
from claude_notebook.errors import OptionsError
from claude_notebook.oauth_flow import ClaudeCodeOAuthFlow, PKCEChallenge
from claude_notebook.testing.environment import clean_environment
from claude_notebook.testing.scripted_api import ScriptedAPI

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Service:
    """The scripted API, the headers it has received, and the keys that it rejects."""

    def __init__(self):
        self.rejected = set()
        self.seen = []
        self.api = ScriptedAPI(authorize=self.check)

    def check(self, headers):
        sent = {name: headers[name] for name in ("authorization", "x-api-key") if name in headers}
        if sent:
            self.seen.append(sent)
        return 401 if self.rejected & set(sent.values()) else None

    @property
    def last(self):
        return self.seen[-1]


@pytest.fixture
def service(home, claude_cli, monkeypatch):
    """Make the process's own environment that of a user with the real CLI."""
    service = Service()
    with service.api:
        for name, value in clean_environment(service.api.url, home).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("ANTHROPIC_API_KEY")
        monkeypatch.setenv("CLAUDE_CLI_PATH", claude_cli)
        monkeypatch.setenv("CLAUDE_CODE_MAX_RETRIES", "0")
        monkeypatch.chdir(home)
        yield service


@pytest.fixture
def stored(home):
    TokenStorage().save_token(AuthToken("stored-token"))


async def run(snippet, **names):
    """Run a snippet as documented, in an async function."""
    source = "async def main():\n" + textwrap.indent(textwrap.dedent(snippet), "    ")
    namespace = {"Path": Path, "printed": [], **names}
    namespace["print"] = lambda *words: namespace["printed"].append(words[0])
    exec(source, namespace)
    await namespace["main"]()
    return namespace["printed"]


# --- queries --------------------------------------------------------------------------------------


async def test_query_with_oauth(service, stored):
    printed = await run(
        """
        from claude_notebook import query_with_oauth
        async for message in query_with_oauth(prompt="Hello Claude!"):
            print(message)
        """
    )
    assert printed[-1].result == "You said: Hello Claude!"
    assert service.last == {"authorization": "Bearer stored-token"}


async def test_query_with_key_of_the_environment(service, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "your-api-key")
    await run(
        """
        from claude_notebook import query
        async for message in query(prompt="Hello"):
            print(message)
        """
    )
    assert service.last == {"x-api-key": "your-api-key"}


async def test_query_with_api_key(service, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    await run(
        """
        from claude_notebook import query_with_api_key
        async for message in query_with_api_key(prompt="Hello", api_key="your-api-key"):
            print(message)
        """
    )
    assert service.last == {"x-api-key": "your-api-key"}


async def test_query_with_api_key_without_key():
    with pytest.raises(AuthenticationError, match="No API key provided"):
        query_with_api_key(prompt="Hello")


async def test_authenticated_query_prefers_the_sign_in(service, stored):
    printed = await run(
        """
        from claude_notebook import authenticated_query
        async for message in authenticated_query(
            prompt="Hello", use_oauth=True, api_key="fallback-key"
        ):
            print(message)
        """
    )
    assert printed[-1].result == "You said: Hello"
    assert {tuple(sent) for sent in service.seen} == {("authorization",)}


@pytest.mark.parametrize("is_stored", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_authenticated_query_falls_back_to_the_key(service, home, is_stored):
    if is_stored:
        TokenStorage().save_token(AuthToken("stored-token"))
        service.rejected.add("Bearer stored-token")
    answers = [message async for message in authenticated_query("Hello", api_key="fallback-key")]

    assert answers[-1].result == "You said: Hello"
    assert not [message for message in answers if getattr(message, "is_error", False)]
    assert service.last == {"x-api-key": "fallback-key"}


async def test_authenticated_query_without_any_credential(service):
    with pytest.raises(AuthenticationError):
        async for _ in authenticated_query("Hello"):
            pass


async def test_authenticated_query_with_custom_configuration(service, stored):
    printed = await run(
        """
        from claude_notebook import OAuthConfig, authenticated_query
        config = OAuthConfig(
            client_id="your-client-id",
            authorize_url="https://custom-auth-url",
            token_url="https://custom-token-url",
        )
        async for message in authenticated_query(prompt="Hello", oauth_config=config):
            print(message)
        """
    )
    assert printed[-1].result == "You said: Hello"
    assert service.last["authorization"] == "Bearer stored-token"
    assert AccountStore().load().gateway.client_id == "your-client-id"


async def test_query_with_auth_token_and_positional_prompt(service, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    token = AuthToken("given-token")
    answers = [message async for message in query("Hello, Claude!", auth_token=token)]
    assert answers[-1].result == "You said: Hello, Claude!"
    assert service.last == {"authorization": "Bearer given-token"}


async def test_options_use_oauth(service, stored, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    options = ClaudeCodeOptions(use_oauth=True)
    answers = [message async for message in query("Write hello world", options=options)]
    assert answers[-1].result == "You said: Write hello world"
    assert service.last == {"authorization": "Bearer stored-token"}


async def test_middleware(service, stored):
    await run(
        """
        from claude_notebook import (
            AuthenticationMiddleware, query_with_middleware, get_auth_headers
        )
        auth_middleware = AuthenticationMiddleware(auth_headers_provider=get_auth_headers)
        async for message in query_with_middleware(prompt="Hello", middleware=[auth_middleware]):
            print(message)
        """
    )
    assert service.last == {"authorization": "Bearer stored-token"}


@pytest.mark.slow
async def test_middleware_with_a_key_of_a_plain_function(service):
    middleware = AuthenticationMiddleware(lambda: {"X-API-Key": "from-function"})
    answers = [message async for message in query_with_middleware("Hello", middleware=[middleware])]
    assert answers[-1].result == "You said: Hello"
    assert service.last == {"x-api-key": "from-function"}


async def test_middleware_without_credential():
    with pytest.raises(AuthenticationError, match="neither"):
        await AuthenticationMiddleware(lambda: {"accept": "*"}).prepare(ClaudeCodeOptions())


# --- signing in and headers -----------------------------------------------------------------------


async def test_login_and_logout_at_a_gateway(gateway, monkeypatch):
    monkeypatch.setattr("webbrowser.open", gateway.visit)
    await run(
        """
        from claude_notebook import login, logout
        await login()
        """
    )
    token = TokenStorage().load_token()
    assert gateway.accepts(token.access_token)
    assert await get_auth_headers() == {"Authorization": f"Bearer {token.access_token}"}
    assert await logout(keep_cli=True)
    assert TokenStorage().load_token() is None
    assert not gateway.accepts(token.access_token)


async def test_claude_auth_reports_the_stored_token(gateway, stored):
    printed = await run(
        """
        from claude_notebook import ClaudeAuth
        async with ClaudeAuth(use_oauth=True) as auth:
            token = auth.token_storage.load_token()
            if token:
                print(f"Authenticated: {not token.is_expired()}")
                print(f"Expires at: {token.expires_at}")
        """
    )
    assert printed == ["Authenticated: True", "Expires at: None"]


async def test_claude_auth_signs_in_if_needed(gateway, monkeypatch):
    monkeypatch.setattr("webbrowser.open", gateway.visit)
    async with ClaudeAuth() as auth:
        headers = await auth.authenticate()
        token = auth.token_storage.load_token()
        assert headers == {"Authorization": f"Bearer {token.access_token}"}
        assert auth.get_env_vars() == {"CLAUDE_CODE_OAUTH_TOKEN": token.access_token}
        assert await auth.authenticate() == headers


async def test_claude_auth_with_a_key(home, monkeypatch):
    auth = ClaudeAuth(use_oauth=False, api_key="k")
    assert await auth.authenticate() == {"X-API-Key": "k"}
    assert auth.get_env_vars() == {"ANTHROPIC_API_KEY": "k"}
    with pytest.raises(AuthenticationError, match="No API key provided"):
        await ClaudeAuth(use_oauth=False).authenticate()


async def test_claude_auth_outside_the_context(home):
    with pytest.raises(RuntimeError, match="async with"):
        await ClaudeAuth().authenticate()


async def test_several_accounts_by_storage(gateway, home):
    await run(
        """
        from claude_notebook import TokenStorage, ClaudeAuth
        personal_storage = TokenStorage(Path.home() / ".claude_code" / "personal.json")
        work_storage = TokenStorage(Path.home() / ".claude_code" / "work.json")
        async with ClaudeAuth(token_storage=personal_storage) as auth:
            pass
        """
    )
    personal = TokenStorage(Path.home() / ".claude_code" / "personal.json")
    work = TokenStorage(Path.home() / ".claude_code" / "work.json")
    work.save_token(AuthToken("work"))
    assert personal.load_token() is None
    async with ClaudeAuth(token_storage=work) as auth:
        assert await auth.authenticate() == {"Authorization": "Bearer work"}


async def test_headers_of_the_environment(home, monkeypatch):
    with pytest.raises(AuthenticationError, match="Not signed in"):
        await get_auth_headers()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    assert await get_auth_headers() == {"X-API-Key": "k"}


async def test_headers_of_the_cli_login_stay_with_the_cli(home, tmp_path):
    Place({}, home, tmp_path).write_cli_login("cli")
    with pytest.raises(AuthenticationError, match=r"Use query\(\)"):
        await get_auth_headers()


# --- the second module ----------------------------------------------------------------------------


async def test_second_flow_authenticates_and_queries(gateway, service, monkeypatch):
    monkeypatch.setattr("webbrowser.open", gateway.visit)
    printed = await run(
        """
        from claude_notebook import query
        from claude_notebook.auth_config import ClaudeCodeOAuthConfig
        from claude_notebook.oauth_flow import ClaudeCodeOAuthFlow
        from claude_notebook.auth import TokenStorage
        config = ClaudeCodeOAuthConfig.for_claude_code_max()
        storage = TokenStorage()
        async with ClaudeCodeOAuthFlow(config, storage) as flow:
            token = await flow.authenticate()
        async for message in query("Hello, Claude!", auth_token=token.access_token):
            print(message)
        """
    )
    token = TokenStorage().load_token()
    assert printed[-1].result == "You said: Hello, Claude!"
    assert service.last == {"authorization": f"Bearer {token.access_token}"}

    printed = await run(
        """
        from claude_notebook.auth_config import ClaudeCodeOAuthConfig
        from claude_notebook.oauth_flow import ClaudeCodeOAuthFlow
        config = ClaudeCodeOAuthConfig.for_claude_code_max()
        async with ClaudeCodeOAuthFlow(config) as flow:
            user_info = await flow.get_user_info(token.access_token)
            print(f"User: {user_info.get('email')}")
        async with ClaudeCodeOAuthFlow(config) as flow:
            print(await flow.revoke_token(token.access_token))
            print(await flow.revoke_token(token.refresh_token, "refresh_token"))
        """,
        token=token,
    )
    assert printed == ["User: ada@example.org", True, True]


async def test_second_flow_reports_failure_as_authentication_error(gateway, monkeypatch):
    assert auth.AuthenticationError is AuthenticationError
    monkeypatch.setattr("webbrowser.open", lambda url: gateway.visit(url, allow=False))
    async with ClaudeCodeOAuthFlow(ClaudeCodeOAuthConfig()) as flow:
        with pytest.raises(auth.AuthenticationError, match="access_denied"):
            await flow.authenticate()


async def test_second_configuration_has_no_default_client(home, gateway, monkeypatch):
    monkeypatch.delenv("CLAUDE_OAUTH_CLIENT_ID")
    async with ClaudeCodeOAuthFlow(ClaudeCodeOAuthConfig.for_claude_code_max()) as flow:
        with pytest.raises(OptionsError, match="client_id"):
            await flow.authenticate()


def test_second_configuration_takes_all_arguments(home):
    config = ClaudeCodeOAuthConfig(
        client_id="your-client-id",
        client_secret="your-secret",
        redirect_uri="http://localhost:8080/callback",
        endpoints=OAuthEndpoints(
            authorize="https://custom.auth.url/authorize", token="https://custom.auth.url/token"
        ),
        scopes=["custom:scope1", "custom:scope2"],
        use_pkce=True,
        port=8080,
        timeout=300,
    )
    url = config.get_authorize_url("the-state", "the-challenge")
    assert url.startswith("https://custom.auth.url/authorize?response_type=code&client_id=your-")
    assert "state=the-state" in url
    assert "code_challenge=the-challenge&code_challenge_method=S256" in url
    assert "scope=custom%3Ascope1+custom%3Ascope2" in url
    assert config.to_config().redirect_uri == "http://localhost:8080/callback"
    assert "your-secret" not in repr(config)


def test_explicit_values_precede_the_environment(home, monkeypatch):
    monkeypatch.setenv("CLAUDE_OAUTH_CLIENT_ID", "from-environment")
    monkeypatch.setenv("CLAUDE_OAUTH_DEV_CLIENT_ID", "development")
    monkeypatch.setenv("CLAUDE_OAUTH_DEV_TOKEN_URL", "https://dev.example/token")
    assert OAuthConfig().client_id == "from-environment"
    assert OAuthConfig("mine").client_id == "mine"
    assert OAuthConfig().token_url is None
    development = ClaudeCodeOAuthConfig.for_development()
    assert development.client_id == "development"
    assert development.endpoints.token == "https://dev.example/token"


def test_scopes_have_names(home):
    assert OAuthScopes.CODE_READ in OAuthScopes.default()
    assert OAuthScopes.WORKSPACE_WRITE in OAuthScopes.full_access()
    assert set(OAuthScopes.default()) < set(OAuthScopes.full_access())


def test_pkce_challenge_of_the_standard():
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert PKCEChallenge.generate_challenge(verifier) == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    assert len(PKCEChallenge.generate_verifier(128)) == 128
    assert len(PKCEChallenge.generate_verifier(43)) == 43
    with pytest.raises(ValueError, match="43 to 128"):
        PKCEChallenge.generate_verifier(42)


NAMES = (
    "AuthToken AuthenticationError AuthenticationMiddleware ClaudeAuth LocalCallbackServer "
    "OAuthConfig OAuthFlow TokenStorage authenticated_query get_auth_headers login logout "
    "query_with_api_key query_with_middleware query_with_oauth"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_name_is_public(name):
    assert name in claude_notebook.__all__
    assert getattr(claude_notebook, name) is not None
