"""Rows and advice of the health checks."""

from dataclasses import replace

import pytest

from claude_notebook.cli.discovery import CLI
from claude_notebook.cli.doctor.checks import (
    Check,
    Facts,
    FolderState,
    SettingsFile,
    run_checks,
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
    reach_detail="responded in 9 ms",
    folders=(FolderState("Config folder", "/home/me/.claude", True, True),),
    settings=(SettingsFile("/home/me/.claude/settings.json"),),
    variables=("CLAUDE_CONFIG_DIR",),
)


def row(name: str, **changes: object) -> Check:
    """Return the row of that name for changed facts."""
    (check,) = (each for each in run_checks(replace(FINE, **changes)) if each.name == name)
    return check


def packages(**changes: str | None) -> dict[str, str | None]:
    return {**FINE.packages, **changes}


def test_run_checks_passes_on_complete_installation() -> None:
    rows = run_checks(FINE)
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


def test_run_checks_gives_advice_on_every_failure() -> None:
    nothing = Facts(
        python=("3.10.0", "python"),
        packages={},
        cli=CLI("/claude", "PATH"),
        reached=False,
        folders=(FolderState("Config folder", "/x", False, False),),
        settings=(SettingsFile("/x/settings.json", "broken"),),
    )
    failed = [each for each in run_checks(nothing) if not each.ok]
    assert [each.name for each in failed] == [
        "Kernel",
        "Live view",
        "Claude Code",
        "Signed in",
        "Service",
        "Config folder",
        "Settings",
    ]
    assert all(each.advice and each.detail for each in failed)


@pytest.mark.parametrize(
    ("version", "ok", "words"),
    [
        (None, False, "notebooks cannot run"),
        ("6.31.0", False, "questions are asked as text"),
        ("7.0.0", True, "which is better tested"),
        ("7.3.2rc1", True, "which is better tested"),
        ("7.4.0", True, "ipykernel 7.4.0"),
        ("8.0", True, "ipykernel 8.0"),
        ("10.1.0", True, "ipykernel 10.1.0"),
    ],
)
def test_kernel_check_compares_version(version: str | None, ok: bool, words: str) -> None:
    check = row("Kernel", packages=packages(ipykernel=version))
    assert check.ok is ok
    assert words in check.detail + check.advice


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
def test_front_end_check_compares_versions(
    lab: str | None, notebook: str | None, ok: bool, detail: str
) -> None:
    check = row("Front end", packages=packages(jupyterlab=lab, notebook=notebook))
    assert (check.ok, detail in check.detail) == (ok, True)
    assert ok or check.advice


@pytest.mark.parametrize(
    ("changes", "ok", "words"),
    [
        ({}, True, "2.1.330 at /usr/bin/claude (found in: PATH)"),
        ({"cli": None, "cli_error": "was not found"}, False, "was not found"),
        ({"cli_version": None}, False, "`/usr/bin/claude --version` in a terminal"),
        ({"cli_version": "1.0.99"}, False, "Update it: `claude update`"),
    ],
)
def test_cli_check_reports_version_and_location(changes: dict, ok: bool, words: str) -> None:
    check = row("Claude Code", **changes)
    assert check.ok is ok
    assert words in check.detail + check.advice


@pytest.mark.parametrize(
    ("account", "ok", "detail"),
    [
        (
            {"loggedIn": True, "authMethod": "api_key", "apiProvider": "x"},
            True,
            "by api_key, with x",
        ),
        ({"loggedIn": True, "subscriptionType": "max"}, True, "plan max"),
        ({"loggedIn": False}, False, "no"),
        ({"loggedIn": "yes"}, False, "no"),
        (None, False, "failed: too slow"),
    ],
)
def test_account_check_reports_sign_in(account: dict | None, ok: bool, detail: str) -> None:
    check = row("Signed in", account=account, account_error="too slow")
    assert check.ok is ok
    assert detail in check.detail
    assert ok or check.advice


def test_account_check_is_absent_without_cli() -> None:
    assert "Signed in" not in [each.name for each in run_checks(replace(FINE, cli=None))]


@pytest.mark.parametrize(
    ("changes", "ok", "detail"),
    [
        ({}, True, "https://api.anthropic.com: responded in 9 ms"),
        ({"reached": None}, True, "not contacted"),
        (
            {"reached": False, "reach_detail": "refused"},
            False,
            "https://api.anthropic.com: refused",
        ),
        (
            {"reached": False, "variables": ("CLAUDE_CODE_USE_BEDROCK",)},
            True,
            "selects another service",
        ),
    ],
)
def test_service_check_reports_connection(changes: dict, ok: bool, detail: str) -> None:
    check = row("Service", **changes)
    assert (check.ok, detail in check.detail) == (ok, True)


@pytest.mark.parametrize(
    ("exists", "writable", "ok", "detail"),
    [
        (True, True, True, "/f"),
        (False, True, True, "/f (created when needed)"),
        (True, False, False, "/f is not writable"),
        (False, False, False, "/f is not writable"),
    ],
)
def test_folder_check_reports_writability(
    exists: bool, writable: bool, ok: bool, detail: str
) -> None:
    check = row("State", folders=(FolderState("State", "/f", exists, writable),))
    assert (check.ok, check.detail, bool(check.advice)) == (ok, detail, not ok)


def test_settings_check_reports_broken_files() -> None:
    fine, broken = SettingsFile("/a.json"), SettingsFile("/b.json", "/b.json is not valid JSON")
    assert row("Settings", settings=()).detail == "no files"
    assert row("Settings", settings=(fine,)).detail == "/a.json"
    check = row("Settings", settings=(fine, broken))
    assert (check.ok, check.detail) == (False, "/b.json is not valid JSON")
    assert check.advice == "Correct /b.json by hand."


def test_environment_check_lists_variable_names() -> None:
    assert row("Environment", variables=()).detail == "no relevant variables are set"
    check = row("Environment", variables=("ANTHROPIC_API_KEY", "HTTPS_PROXY"))
    assert check.detail == "ANTHROPIC_API_KEY, HTTPS_PROXY"
    assert "reports another sign-in" in check.advice
    assert check.ok
