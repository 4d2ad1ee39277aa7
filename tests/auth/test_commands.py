"""`claude-auth`, `claude-notebook login`, and the credentials of `doctor`."""

import json
import os
import re
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from claude_notebook import AuthToken
from claude_notebook.auth import Account, AccountStore
from claude_notebook.command.auth import main
from claude_notebook.command.main import main as notebook_main

BIN = Path(sys.executable).parent


@pytest.fixture
def command(home, claude_cli):
    """Run a command in a process: `command("claude-auth", "status", env={})`."""

    def run(program, *arguments, env=None, stdin=None):
        return subprocess.run(
            [BIN / program, *arguments],
            capture_output=True,
            text=True,
            input=stdin,
            env={**os.environ, "CLAUDE_CLI_PATH": claude_cli, **(env or {})},
            timeout=60,
        )

    return run


def sign_in_with_paste(gateway, *arguments, program="claude-auth", change=lambda text: text):
    """Sign in as a person on a server without a browser does."""
    process = subprocess.Popen(
        [BIN / program, "login", "--no-browser", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        url = next(line for line in process.stderr if line.startswith("http")).strip()
        output, errors = process.communicate(change(gateway.answer(url)) + "\n")
    finally:
        watchdog.cancel()
    return process.returncode, output, errors


# --- the whole life of a sign-in ------------------------------------------------------------------


def test_login_status_refresh_logout_at_a_gateway(gateway, command):
    code, output, _ = sign_in_with_paste(gateway, "--json")
    token = AccountStore().load().token

    assert code == 0
    report = json.loads(output)
    assert report["signed_in"] is True
    assert (report["kind"], report["source"]) == ("gateway", "account 'default'")
    assert report["validated"] is True
    assert report["expires_at"] == token.expires_at.isoformat()
    assert report["scope"] == "models profile"
    assert gateway.accepts(token.access_token)

    refreshed = command("claude-auth", "refresh")
    renewed = AccountStore().load().token
    assert refreshed.returncode == 0, refreshed.stderr
    assert renewed.access_token != token.access_token
    assert re.search(r"Expires \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.", refreshed.stdout)

    out = command("claude-notebook", "logout", "--keep-cli")
    assert (out.returncode, out.stdout) == (0, "Signed out.\n")
    assert not gateway.accepts(renewed.access_token)
    assert AccountStore().load() is None
    assert not AccountStore().path("default").exists()


def test_login_with_a_wrong_address_stores_nothing(gateway):
    code, output, errors = sign_in_with_paste(
        gateway, change=lambda text: text.replace("state=", "state=x")
    )
    assert (code, output) == (1, "")
    assert "state does not match" in errors
    assert "Traceback" not in errors
    assert not AccountStore().path("default").exists()


def test_login_without_input_ends(gateway, command):
    process = command("claude-auth", "login", "--no-browser", stdin="")
    assert process.returncode == 1
    assert "The input has ended" in process.stderr


def test_login_of_several_accounts(gateway):
    assert sign_in_with_paste(gateway, "--account", "work")[0] == 1  # "default" still applies
    assert AccountStore().names() == ["work"]


def test_login_with_incomplete_gateway_names_the_variable(home, capsys):
    assert main(["login", "--client-id", "c"]) == 1
    assert "CLAUDE_OAUTH_AUTHORIZE_URL" in capsys.readouterr().err


def test_login_with_api_key_reads_standard_input(command):
    process = command("claude-auth", "login", "--with-api-key", "--json", stdin="SECRET-typed\n")
    assert process.returncode == 0
    assert json.loads(process.stdout)["kind"] == "api_key"
    assert AccountStore().load().api_key == "SECRET-typed"
    assert "SECRET" not in process.stdout + process.stderr


# --- status ---------------------------------------------------------------------------------------


def test_status_signed_out(command):
    process = command("claude-auth", "status")
    assert process.returncode == 1
    assert "Not signed in. Sign in: claude-auth login" in process.stdout
    report = json.loads(command("claude-notebook", "status", "--json").stdout)
    assert report["signed_in"] is False
    assert report["kind"] == ""


def test_status_names_source_but_no_value(home, monkeypatch, capsys):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "SECRET-key")
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "SECRET-token")
    assert main(["status"]) == 0
    output = capsys.readouterr().out
    assert "api key" in output
    assert "ANTHROPIC_API_KEY" in output
    assert "not tested" in output
    assert "both a key and a token are set: the key wins" in output
    assert "SECRET" not in output


def test_status_reports_an_expired_token(home, capsys):
    old = datetime.now(timezone.utc) - timedelta(hours=1)
    AccountStore().save(Account(token=AuthToken("SECRET-old", expires_at=old)))
    assert main(["status", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["signed_in"], report["expired"]) == (False, True)
    assert main(["status"]) == 1
    assert "The sign-in has expired" in capsys.readouterr().out


def test_status_reports_a_token_that_the_gateway_rejects(gateway, capsys):
    token = AuthToken("SECRET-unknown", expires_at=datetime.now(timezone.utc) + timedelta(hours=1))
    AccountStore().save(Account(token=token))
    assert main(["status", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["signed_in"], report["validated"]) == (False, False)


def test_status_of_the_cli_login(home, command):
    folder = home / ".claude"
    folder.mkdir()
    login = {
        "accessToken": "SECRET-cli",
        "refreshToken": "SECRET-refresh",
        "expiresAt": 4102444800000,
        "scopes": ["user:inference"],
    }
    (folder / ".credentials.json").write_text(json.dumps({"claudeAiOauth": login}))
    process = command("claude-auth", "status", "--json")
    report = json.loads(process.stdout)
    assert process.returncode == 0
    assert report["kind"] == "cli_login"
    assert "SECRET" not in process.stdout


# --- exit codes and usage -------------------------------------------------------------------------


def test_no_subcommand_prints_help(capsys):
    assert main([]) == 1
    assert "login" in capsys.readouterr().out


def test_refresh_without_token(home, capsys):
    assert main(["refresh"]) == 1
    assert "No sign-in is stored" in capsys.readouterr().err
    AccountStore().save(Account(token=AuthToken("a")))
    assert main(["refresh", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["ok"] is False
    assert "no refresh token" in captured.err


def test_logout_when_signed_out(home, capsys):
    assert main(["logout", "--keep-cli"]) == 0
    assert capsys.readouterr().out == "You were not signed in.\n"


def test_logout_works_while_the_gateway_is_down(gateway, monkeypatch, capsys):
    AccountStore().save(Account(token=AuthToken("a", refresh_token="b")))
    monkeypatch.setenv("CLAUDE_OAUTH_REVOKE_URL", "http://127.0.0.1:9/")
    assert main(["logout", "--keep-cli"]) == 0
    assert AccountStore().load() is None


# --- doctor ---------------------------------------------------------------------------------------


def doctor_rows(capsys, *arguments):
    notebook_main(["doctor", "--offline", "--json", *arguments])
    rows = json.loads(capsys.readouterr().out)["checks"]
    return [row for row in rows if row["name"] == "Credentials"]


def test_doctor_names_conflicts_of_variables(home, monkeypatch, capsys):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "SECRET-key")
    monkeypatch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "SECRET-token")
    rows = doctor_rows(capsys)
    assert [row["detail"] for row in rows] == ["both a key and a token are set: the key wins"]
    assert rows[0]["advice"] == "unset CLAUDE_CODE_OAUTH_TOKEN"


def test_doctor_fixes_settings_on_request(home, monkeypatch, capsys):
    settings = home / ".claude" / "settings.json"
    settings.parent.mkdir()
    before = (
        '{\n  "model": "opus",\n  "apiKeyHelper": "echo SECRET",\n'
        '  "env": {"ANTHROPIC_API_KEY": "SECRET-user", "A": "1"}\n}\n'
    )
    settings.write_text(before)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "SECRET-key")

    rows = doctor_rows(capsys)
    assert len(rows) == 2
    assert all("ANTHROPIC_API_KEY wins" in row["detail"] for row in rows)
    assert all("doctor --fix" in row["advice"] for row in rows)
    assert "SECRET" in settings.read_text()

    fixed = doctor_rows(capsys, "--fix")
    assert [row["detail"].partition(":")[0] for row in fixed] == ["fixed", "fixed"]
    assert json.loads(settings.read_text()) == {"model": "opus", "env": {"A": "1"}}
    assert doctor_rows(capsys) == []
    backup = settings.with_name("settings.json.backup-1")
    assert backup.read_text() == before
    assert backup.stat().st_mode & 0o777 == 0o600
    assert str(backup) in fixed[0]["detail"]


def test_doctor_fixes_the_mode_of_a_file_on_request(home, capsys):
    AccountStore().save(Account(api_key="SECRET-key"))
    path = AccountStore().path("default")
    path.chmod(0o644)

    rows = doctor_rows(capsys)
    assert [row["ok"] for row in rows] == [False]
    assert f"chmod 600 {path}" in rows[0]["advice"]
    doctor_rows(capsys, "--fix")
    assert AccountStore().load().api_key == "SECRET-key"
