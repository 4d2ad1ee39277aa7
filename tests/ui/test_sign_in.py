"""The sign-in panel in a browser: a key, a company gateway, and Claude Code's own login.

The tests run in JupyterLab and Notebook 7 with the real CLI and a real OAuth server.
CLAUDE_NOTEBOOK_SCREENSHOTS names a folder for screenshots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import answering
import pytest
from answering import SECONDS, Desk, Sheet, Turn
from oauth_fixtures import running_oauth_server  # noqa: F401  a fixture
from oauth_server import OAuthServer
from playwright.sync_api import expect
from talk import until

from claude_notebook.testing import Step, script

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

KEY = "sk-ant-api03-Zq8vN2xLw5Rt7Yb1Kc4MdPf9"
SIGN_IN = "Sign in to Claude"


@pytest.fixture(scope="module", params=answering.APPS)
def desk(
    request: pytest.FixtureRequest,
    chromium: str,
    claude_cli: str,
    running_oauth_server: OAuthServer,  # noqa: F811  the imported fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp(request.param)
    variables = {"ANTHROPIC_API_KEY": "", **running_oauth_server.variables()}
    seen: list[Mapping[str, str]] = []
    with answering.desk(
        request.param, chromium, claude_cli, folder, variables, on_headers=seen.append
    ) as opened:
        opened.credentials = seen
        yield opened


@pytest.fixture(scope="module")
def sheet(desk: Desk) -> Sheet:
    return Sheet(desk, "sign-in.ipynb")


@pytest.fixture(autouse=True)
def signed_out(sheet: Sheet) -> Iterator[None]:
    yield
    sheet.rest()
    sheet.ask("%claude /logout").done()


def _field(turn: Turn, name: str):
    # A password field has no role.
    return turn.panel.get_by_label(name).last


def _files_with(folder: Path, text: str) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in files if text.encode() in path.read_bytes()]


# -------------------------------------------------------------------------------------------------


def test_cell_without_credential_runs_after_key_is_entered(desk, sheet):
    turn = sheet.ask(f"%%claude\n{script(Step('Here I am.'))}")
    turn.says(SIGN_IN)
    turn.shoot("sign-in-methods")
    turn.press("Enter an API key")
    field = _field(turn, "API key")
    expect(field).to_have_attribute("type", "password", timeout=SECONDS)
    field.fill("two words")
    turn.press("Sign in", exact=True)
    turn.says("This is not an API key")
    _field(turn, "API key").fill(KEY)
    turn.shoot("sign-in-key")
    turn.press("Sign in", exact=True)
    turn.says("You are signed in. Send the prompt again?")
    turn.press("Send the prompt")
    turn.done().says("Here I am.")
    assert desk.credentials[-1]["x-api-key"] == KEY
    sheet.opened.save()
    assert KEY not in desk.pages.pages[0].content()
    holders = _files_with(desk.root.parent, KEY)
    assert [path.parent.stat().st_mode & 0o777 for path in holders] == [0o700]
    assert [path.stat().st_mode & 0o777 for path in holders] == [0o600]


def test_sign_in_at_gateway_ends_in_browser(desk, sheet, running_oauth_server):  # noqa: F811
    turn = sheet.ask(f"%%claude\n{script(Step('Through the gateway.'))}")
    turn.press("Sign in at the company gateway")
    link = turn.panel.get_by_role("link", name="Open the sign-in page")
    expect(link).to_be_visible(timeout=SECONDS)
    turn.shoot("sign-in-gateway")
    with desk.pages.expect_page() as opening:
        link.click()
    page = opening.value
    page.get_by_role("button", name="Authorize").or_(page.locator("input[name=allow]")).first.click(
        timeout=SECONDS
    )
    turn.says("You are signed in. Send the prompt again?")
    page.close()
    turn.press("Send the prompt")
    turn.done().says("Through the gateway.")
    headers = desk.credentials[-1]
    assert running_oauth_server.accepts(headers["authorization"].removeprefix("Bearer "))


def test_own_login_asks_again_after_wrong_code_and_can_be_canceled(desk, sheet):
    turn = sheet.ask("%claude /login")
    turn.press("Sign in with Claude Pro")
    turn.says("Open the sign-in page")
    link = turn.panel.get_by_role("link", name="Open the sign-in page")
    assert link.get_attribute("href").startswith("https://")
    _field(turn, "Code").fill("half-a-code")
    turn.press("Sign in", exact=True)
    turn.says("This is not the complete code")
    turn.shoot("sign-in-code")
    turn.press("Cancel")
    turn.panel.get_by_role("button", name="Cancel").click()
    turn.done().says("Nothing has changed")
    until(lambda: not _login_processes(desk))


def test_panel_works_by_keyboard_alone(desk, sheet):
    turn = sheet.ask("%claude /login")
    turn.says(SIGN_IN)
    turn.panel.focus()
    page = sheet.opened.page
    page.keyboard.press("k")
    field = _field(turn, "API key")
    expect(field).to_be_visible(timeout=SECONDS)
    field.focus()
    page.keyboard.type(KEY)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    turn.done().says("You are signed in")
    status = sheet.ask("%claude /status").done()
    status.says("You are signed in")
    assert KEY not in status.output.inner_text()
    sheet.ask("%claude /logout").done().says("You are signed out")
    sheet.ask("%claude /status").done().says("You are not signed in")


def _login_processes(desk: Desk) -> list[str]:
    import psutil

    home = str(desk.root.parent / "home")
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            if "login" in command and "auth" in command and process.environ().get("HOME") == home:
                found.append(" ".join(command))
        except psutil.Error:
            continue
    return found
