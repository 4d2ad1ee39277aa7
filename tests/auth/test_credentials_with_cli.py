"""Each credential beside each leftover: the service receives exactly one secret, the right one.

The real CLI runs against the scripted Messages API, which sees the headers. By default some
credentials meet all leftovers at once; `--slow` adds the others, and every pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from leftovers import LEFTOVERS, SECRET, Place

from claude_notebook import ClaudeCodeOptions, query, query_with_api_key, query_with_oauth
from claude_notebook.testing.environment import clean_environment
from claude_notebook.testing.scripted_api import ScriptedAPI

GATEWAY = {"client_id": "c", "token_url": "https://gateway.example/token"}


@dataclass(frozen=True)
class Case:
    """A credential.

    :param secret: the secret that must arrive
    :param arrange: puts the credential into its place
    :param ask: sends a prompt
    :param beaten_by: leftovers that precede it by the documented order
    """

    secret: str
    arrange: Callable[[Place], None]
    ask: Callable[[str, ClaudeCodeOptions], object]
    beaten_by: tuple[str, ...] = ()


def nothing(place: Place) -> None:
    """Leave the place as it is: the credential is an argument."""


def plain(prompt, options):
    return query(prompt, options=options)


def variable(name: str, secret: str, *beaten_by: str) -> Case:
    return Case(secret, lambda place: place.set_variable(name, secret), plain, beaten_by)


IN_ENVIRONMENT = ("key", "auth-token", "oauth-token")

CASES = {
    "query_with_api_key": Case(
        "SECRET-argument", nothing, lambda p, o: query_with_api_key(p, o, "SECRET-argument")
    ),
    "auth_token": Case(
        "SECRET-argument",
        nothing,
        lambda p, o: query(p, options=o, auth_token="SECRET-argument"),
    ),
    "query_with_oauth-stored": Case(
        "SECRET-stored", lambda place: place.store_token("SECRET-stored"), query_with_oauth
    ),
    "query_with_oauth-gateway": Case(
        "SECRET-stored",
        lambda place: place.store_token("SECRET-stored", gateway=GATEWAY),
        query_with_oauth,
    ),
    "query_with_oauth-cli": Case(
        "SECRET-mine",
        lambda place: place.write_cli_login("SECRET-mine"),
        query_with_oauth,
        ("cli-login",),
    ),
    "environment-key": variable("ANTHROPIC_API_KEY", "SECRET-mine", "key"),
    "environment-auth-token": variable("ANTHROPIC_AUTH_TOKEN", "SECRET-mine", "key", "auth-token"),
    "environment-oauth-token": variable("CLAUDE_CODE_OAUTH_TOKEN", "SECRET-mine", *IN_ENVIRONMENT),
    "stored": Case(
        "SECRET-stored",
        lambda place: place.store_token("SECRET-stored"),
        plain,
        IN_ENVIRONMENT,
    ),
}


async def secrets_sent(tmp_path, claude_cli, case: Case, leftovers: list[str]) -> list[set[str]]:
    """Ask one question, and return the secrets in the headers of each request."""
    seen: list[set[str]] = []

    def record(headers):
        found = SECRET.findall(" ".join(headers.values()))
        if "x-team" in headers or found:
            seen.append(set(found))

    with ScriptedAPI(authorize=record) as api:
        home, project = tmp_path / "home", tmp_path / "project"
        env = clean_environment(api.url, home)
        del env["ANTHROPIC_API_KEY"]
        project.mkdir()
        place = Place(env, home, project)
        for name in leftovers:
            LEFTOVERS[name](place)
        case.arrange(place)
        options = ClaudeCodeOptions(cli_path=claude_cli, cwd=project, env=env)
        answers = [message async for message in case.ask("Say hello", options)]
        assert answers[-1].result == "You said: Say hello"
        assert api.turns
    return seen


@pytest.fixture
def anyio_backend():
    return "asyncio"


FAST = ("query_with_api_key", "query_with_oauth-gateway", "environment-key", "stored")
ALL_LEFTOVERS = [
    pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in CASES
]


@pytest.mark.anyio
@pytest.mark.parametrize("name", ALL_LEFTOVERS)
async def test_one_secret_beside_all_leftovers(tmp_path, claude_cli, monkeypatch, name):
    case = CASES[name]
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    leftovers = [leftover for leftover in LEFTOVERS if leftover not in case.beaten_by]

    sent = await secrets_sent(tmp_path, claude_cli, case, leftovers)

    assert sent
    assert all(secrets == {case.secret} for secrets in sent), sent


PAIRS = [
    (name, leftover)
    for name, case in CASES.items()
    for leftover in LEFTOVERS
    if leftover not in case.beaten_by
]


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize(("name", "leftover"), PAIRS)
async def test_one_secret_beside_one_leftover(tmp_path, claude_cli, monkeypatch, name, leftover):
    case = CASES[name]
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    sent = await secrets_sent(tmp_path, claude_cli, case, [leftover])

    assert sent
    assert all(secrets == {case.secret} for secrets in sent), sent
