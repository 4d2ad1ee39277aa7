"""Which facts are fine, and what is advised where they are not."""

from dataclasses import replace

import pytest

from claude_notebook.cli.discovery import CLI
from claude_notebook.cli.doctor.checks import (
    Check,
    Facts,
    Folder,
    SettingsFile,
    checks,
)

FINE = Facts(
    python=("3.11.7", "/venv/bin/python"),
    packages={
        "claude-notebook": "1.2.3",
        "ipykernel": "7.4.0",
        "jupyterlab": "4.4.1",
        "notebook": None,
        "anywidget": "0.9.13",
        "ipywidgets": "8.1.5",
    },
    cli=CLI("/usr/bin/claude", "PATH"),
    cli_version="2.1.330",
    account={"loggedIn": True, "authMethod": "claude.ai", "email": "me@example.com"},
    service="https://api.anthropic.com",
    reached=True,
    reach_detail="answered in 9 ms",
    folders=(Folder("Config folder", "/home/me/.claude", True, True),),
    settings=(SettingsFile("/home/me/.claude/settings.json"),),
    variables=("CLAUDE_CONFIG_DIR",),
)


def row(name: str, **changes: object) -> Check:
    """The row of that name, where these facts are different."""
    (found,) = (each for each in checks(replace(FINE, **changes)) if each.name == name)
    return found


def packages(**changes: str | None) -> dict[str, str | None]:
    return {**FINE.packages, **changes}


def test_all_is_well() -> None:
    rows = checks(FINE)
    assert [each.name for each in rows] == [
        "Python",
        "Kernel",
        "Front end",
        "Live view",
        "Claude Code",
        "Signed in",
        "Service",
        "Config folder",
        "Settings",
        "Environment",
    ]
    assert all(each.ok and not each.advice for each in rows)
    assert rows[0].detail == "3.11.7 at /venv/bin/python; claude_notebook 1.2.3"
    assert "me@example.com" not in str(rows)


def test_what_is_wrong_always_has_advice() -> None:
    nothing = Facts(
        python=("3.10.0", "python"),
        packages={},
        cli=CLI("/claude", "PATH"),
        reached=False,
        folders=(Folder("Config folder", "/x", False, False),),
        settings=(SettingsFile("/x/settings.json", "broken"),),
    )
    wrong = [each for each in checks(nothing) if not each.ok]
    assert [each.name for each in wrong] == [
        "Kernel",
        "Live view",
        "Claude Code",
        "Signed in",
        "Service",
        "Config folder",
        "Settings",
    ]
    assert all(each.advice and each.detail for each in wrong)


@pytest.mark.parametrize(
    ("version", "ok", "words"),
    [
        (None, False, "no notebook can run"),
        ("6.31.0", False, "questions come as text"),
        ("7.0.0", True, "7.4 is better tested"),
        ("7.3.2rc1", True, "7.4 is better tested"),
        ("7.4.0", True, "ipykernel 7.4.0"),
        ("8.0", True, "ipykernel 8.0"),
        ("10.1.0", True, "ipykernel 10.1.0"),
    ],
)
def test_the_kernel(version: str | None, ok: bool, words: str) -> None:
    found = row("Kernel", packages=packages(ipykernel=version))
    assert found.ok is ok
    assert words in found.detail + found.advice


@pytest.mark.parametrize(
    ("lab", "notebook", "ok", "detail"),
    [
        (None, None, True, "neither"),
        ("4.4.1", "7.4.0", True, "jupyterlab 4.4.1, notebook 7.4.0"),
        (None, "7.4.0", True, "notebook 7.4.0"),
        ("3.6.8", None, False, "jupyterlab 3.6.8"),
        ("3.6.8", "7.4.0", True, "jupyterlab 3.6.8, notebook 7.4.0"),
        (None, "6.5.7", False, "notebook 6.5.7"),
    ],
)
def test_the_front_end(lab: str | None, notebook: str | None, ok: bool, detail: str) -> None:
    found = row("Front end", packages=packages(jupyterlab=lab, notebook=notebook))
    assert (found.ok, detail in found.detail) == (ok, True)
    assert ok or found.advice


@pytest.mark.parametrize(
    ("changes", "ok", "words"),
    [
        ({}, True, "2.1.330 at /usr/bin/claude (found by: PATH)"),
        ({"cli": None, "cli_error": "was not found"}, False, "was not found"),
        ({"cli_version": None}, False, "`/usr/bin/claude --version` in a terminal"),
        ({"cli_version": "1.0.99"}, False, "It is too old: `claude update`"),
    ],
)
def test_the_cli(changes: dict, ok: bool, words: str) -> None:
    found = row("Claude Code", **changes)
    assert found.ok is ok
    assert words in found.detail + found.advice


@pytest.mark.parametrize(
    ("account", "ok", "detail"),
    [
        (
            {"loggedIn": True, "authMethod": "api_key", "apiProvider": "x"},
            True,
            "by api_key, with x",
        ),
        ({"loggedIn": True, "subscriptionType": "max"}, True, "plan max"),
        ({"loggedIn": False}, False, "nobody is"),
        ({"loggedIn": "yes"}, False, "nobody is"),
        (None, False, "gave no answer: too slow"),
    ],
)
def test_who_is_signed_in(account: dict | None, ok: bool, detail: str) -> None:
    found = row("Signed in", account=account, account_error="too slow")
    assert found.ok is ok
    assert detail in found.detail
    assert ok or found.advice


def test_without_a_cli_nobody_is_asked_for() -> None:
    assert "Signed in" not in [each.name for each in checks(replace(FINE, cli=None))]


@pytest.mark.parametrize(
    ("changes", "ok", "detail"),
    [
        ({}, True, "https://api.anthropic.com: answered in 9 ms"),
        ({"reached": None}, True, "not asked"),
        (
            {"reached": False, "reach_detail": "refused"},
            False,
            "https://api.anthropic.com: refused",
        ),
        (
            {"reached": False, "variables": ("CLAUDE_CODE_USE_BEDROCK",)},
            True,
            "chooses another one",
        ),
    ],
)
def test_the_service(changes: dict, ok: bool, detail: str) -> None:
    found = row("Service", **changes)
    assert (found.ok, detail in found.detail) == (ok, True)


@pytest.mark.parametrize(
    ("exists", "writable", "ok", "detail"),
    [
        (True, True, True, "/f"),
        (False, True, True, "/f (will be made when it is needed)"),
        (True, False, False, "/f cannot be written"),
        (False, False, False, "/f cannot be written"),
    ],
)
def test_folders(exists: bool, writable: bool, ok: bool, detail: str) -> None:
    found = row("State", folders=(Folder("State", "/f", exists, writable),))
    assert (found.ok, found.detail, bool(found.advice)) == (ok, detail, not ok)


def test_settings() -> None:
    fine, broken = SettingsFile("/a.json"), SettingsFile("/b.json", "/b.json is not valid JSON")
    assert row("Settings", settings=()).detail == "no files"
    assert row("Settings", settings=(fine,)).detail == "/a.json"
    found = row("Settings", settings=(fine, broken))
    assert (found.ok, found.detail) == (False, "/b.json is not valid JSON")
    assert found.advice == "Correct /b.json by hand."


def test_the_environment() -> None:
    assert row("Environment", variables=()).detail == "nothing that matters is set"
    found = row("Environment", variables=("ANTHROPIC_API_KEY", "HTTPS_PROXY"))
    assert found.detail == "ANTHROPIC_API_KEY, HTTPS_PROXY"
    assert "another way to sign in" in found.advice
    assert found.ok
