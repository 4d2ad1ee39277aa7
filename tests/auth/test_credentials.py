"""The order of credentials, and the environment that carries one of them."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from leftovers import Place

from claude_notebook import AuthenticationError, AuthToken, ClaudeCodeOptions
from claude_notebook.auth import (
    Account,
    AccountStore,
    Credential,
    CredentialKind,
    child_environment,
    find_credential,
)
from claude_notebook.auth.credentials import SECRET_VARIABLES, merge_settings
from claude_notebook.client.launch.command_line import Launch
from claude_notebook.client.launch.validation import check_options
from claude_notebook.errors import OptionsError

ENVIRONMENT = {
    "ANTHROPIC_API_KEY": "key",
    "ANTHROPIC_AUTH_TOKEN": "auth",
    "CLAUDE_CODE_OAUTH_TOKEN": "oauth",
}


@pytest.fixture
def place(home, tmp_path):
    return Place({"HOME": str(home)}, home, tmp_path)


# --- the order ------------------------------------------------------------------------------------


def test_sources_apply_in_their_order(place):
    environ = place.env | ENVIRONMENT | {"CLAUDE_CODE_USE_BEDROCK": "1"}
    place.store_token("stored")
    place.write_cli_login("cli")

    tokens = place.home / ".claude_code" / "tokens.json"
    removals = [
        *(lambda name=name: environ.pop(name) for name in ENVIRONMENT),
        tokens.unlink,
        lambda: environ.pop("CLAUDE_CODE_USE_BEDROCK"),
    ]

    found = [find_credential(environ)]
    for remove in removals:
        remove()
        found.append(find_credential(environ))

    assert [(credential.kind.value, credential.source) for credential in found] == [
        ("api_key", "ANTHROPIC_API_KEY"),
        ("auth_token", "ANTHROPIC_AUTH_TOKEN"),
        ("oauth_token", "CLAUDE_CODE_OAUTH_TOKEN"),
        ("oauth_token", "account 'default'"),
        ("bedrock", "CLAUDE_CODE_USE_BEDROCK"),
        ("cli_login", str(place.home / ".claude" / ".credentials.json")),
    ]


@pytest.mark.parametrize("service", ["BEDROCK", "VERTEX", "FOUNDRY"])
def test_service_is_found(place, service):
    environ = place.env | {f"CLAUDE_CODE_USE_{service}": "1"}
    assert find_credential(environ).kind.value == service.lower()
    assert find_credential(place.env | {f"CLAUDE_CODE_USE_{service}": "0"}) is None


def test_empty_variable_counts_as_absent(place):
    assert find_credential(place.env | dict.fromkeys(ENVIRONMENT, "")) is None


def test_expired_token_gives_way_and_is_still_reported(place):
    old = (datetime.now(timezone.utc) - timedelta(hours=1)).isoformat()
    place.store_token("stored")
    path = place.home / ".claude_code" / "tokens.json"
    path.write_text(json.dumps({"token": {"access_token": "stored", "expires_at": old}}))

    assert find_credential(place.env).is_expired
    place.write_cli_login("cli")
    assert find_credential(place.env).kind is CredentialKind.CLI_LOGIN


def test_open_file_is_an_error_unless_the_environment_decides(place):
    place.store_token("stored")
    (place.home / ".claude_code" / "tokens.json").chmod(0o644)

    assert find_credential(place.env | ENVIRONMENT).secret == "key"
    with pytest.raises(AuthenticationError, match="chmod 600"):
        find_credential(place.env)


def test_stored_account_kinds(place):
    store = AccountStore()
    store.save(Account(api_key="key"))
    assert find_credential(place.env).kind is CredentialKind.API_KEY
    store.save(Account(token=AuthToken("t", refresh_token="r")))
    assert find_credential(place.env).kind is CredentialKind.OAUTH_TOKEN


# --- handing over ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"), [*zip(list(CredentialKind)[:3], ENVIRONMENT, strict=True)], ids=str
)
def test_child_environment_sets_one_variable(kind, name):
    env, settings = child_environment(Credential(kind, "mine"), ENVIRONMENT | {"PATH": "/bin"})

    assert env == {"PATH": "/bin", name: "mine"}
    assert settings["apiKeyHelper"] == ""
    assert name not in settings["env"]
    assert set(ENVIRONMENT) - {name} <= settings["env"].keys()
    assert set(settings["env"].values()) == {""}


@pytest.mark.parametrize("kind", list(CredentialKind)[3:], ids=str)
def test_child_environment_of_other_kinds_has_no_secret(kind):
    credential = Credential(kind, path=Path("/x") if kind is CredentialKind.GATEWAY else None)
    env, settings = child_environment(credential, ENVIRONMENT)

    assert not env.keys() & set(SECRET_VARIABLES)
    assert set(SECRET_VARIABLES) <= settings["env"].keys()
    assert "key" not in json.dumps(settings).replace("apiKeyHelper", "")


def test_child_environment_keeps_only_the_own_service():
    flags = {f"CLAUDE_CODE_USE_{name}": "1" for name in ("BEDROCK", "VERTEX")}
    env, settings = child_environment(Credential(CredentialKind.BEDROCK), flags)
    assert env == {"CLAUDE_CODE_USE_BEDROCK": "1"}
    assert "CLAUDE_CODE_USE_BEDROCK" not in settings["env"]
    env, settings = child_environment(Credential(CredentialKind.API_KEY, "k"), flags)
    assert env == {"ANTHROPIC_API_KEY": "k"}
    assert settings["env"]["CLAUDE_CODE_USE_BEDROCK"] == ""


def test_child_environment_removes_headers_with_secrets_only():
    headers = "X-Team: blue\nAuthorization: Bearer x\nx-api-key:y"
    env, _ = child_environment(
        Credential(CredentialKind.API_KEY, "k"), {"ANTHROPIC_CUSTOM_HEADERS": headers}
    )
    assert env["ANTHROPIC_CUSTOM_HEADERS"] == "X-Team: blue"


def test_settings_are_merged():
    ours = {"apiKeyHelper": "", "env": {"A": ""}}
    merged = merge_settings({"model": "opus", "env": {"A": "1", "B": "2"}}, ours)
    assert merged == {"model": "opus", "apiKeyHelper": "", "env": {"A": "", "B": "2"}}


# --- launching ------------------------------------------------------------------------------------


def launch(claude_cli, place, environ=None, **options):
    options = ClaudeCodeOptions(cli_path=claude_cli, cwd=place.project, **options)
    launch = Launch.of(options, place.env | (environ or {}))
    texts = [word.partition("=")[2] for word in launch.argv if word.startswith("--settings=")]
    settings = json.loads(texts[0]) if texts else None
    assert len(texts) <= 1
    return launch.env, settings


def test_launch_without_credential_changes_nothing(claude_cli, place):
    assert launch(claude_cli, place)[1] is None


def test_launch_leaves_the_cli_its_own_login(claude_cli, place):
    place.write_cli_login("cli")
    assert launch(claude_cli, place)[1] is None


@pytest.mark.parametrize("field", ["settings", "extra_args"])
def test_launch_merges_own_settings(claude_cli, place, field):
    text = json.dumps({"model": "opus", "env": {"B": "2"}})
    options = {"settings": text} if field == "settings" else {"extra_args": {"settings": text}}
    env, settings = launch(claude_cli, place, ENVIRONMENT, **options)
    assert env["ANTHROPIC_API_KEY"] == "key"
    assert "ANTHROPIC_AUTH_TOKEN" not in env
    assert settings["model"] == "opus"
    assert settings["env"]["B"] == "2"
    assert settings["env"]["ANTHROPIC_AUTH_TOKEN"] == ""


def test_launch_prefers_the_variable_of_the_options(claude_cli, place):
    own = {"CLAUDE_CODE_OAUTH_TOKEN": "mine"}
    env, _ = launch(claude_cli, place, {"ANTHROPIC_API_KEY": "key"}, env=own)
    assert env["CLAUDE_CODE_OAUTH_TOKEN"] == "mine"
    assert "ANTHROPIC_API_KEY" not in env


def test_launch_prefers_the_credential_of_own_settings(claude_cli, place):
    env, settings = launch(
        claude_cli, place, ENVIRONMENT, settings=json.dumps({"apiKeyHelper": "echo mine"})
    )
    assert not env.keys() & ENVIRONMENT.keys()
    assert settings["apiKeyHelper"] == "echo mine"
    env, settings = launch(
        claude_cli,
        place,
        ENVIRONMENT,
        settings=json.dumps({"env": {"ANTHROPIC_AUTH_TOKEN": "mine"}}),
    )
    assert settings["env"]["ANTHROPIC_AUTH_TOKEN"] == "mine"
    assert "ANTHROPIC_API_KEY" not in env


def test_secrets_are_not_in_the_command_line(claude_cli, place):
    place.merge_settings({"env": {"ANTHROPIC_API_KEY": "theirs"}})
    options = ClaudeCodeOptions(
        cli_path=claude_cli, cwd=place.project, api_key="SECRET-argument", env=place.env
    )
    transport = Launch.of(options, place.env).transport(options)
    assert "SECRET" not in " ".join(transport.argv)


def test_options_hide_their_secrets():
    for field in ("api_key", "auth_token"):
        options = ClaudeCodeOptions(**{field: "SECRET-argument"})
        assert "SECRET" not in repr(options)
        wrong = ClaudeCodeOptions(**{field: "SECRET argument"})
        with pytest.raises(OptionsError) as caught:
            check_options(wrong)
        assert "SECRET" not in str(caught.value)
