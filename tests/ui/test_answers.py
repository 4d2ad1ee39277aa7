"""Every button and form of a question in a browser: its effect, and the model's view of it.

The tests run in JupyterLab and Notebook 7 with the real CLI; each has one server and one page.
CLAUDE_NOTEBOOK_SCREENSHOTS names a folder for screenshots.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import answering
import pytest
from answering import SECONDS, Desk, Sheet
from jupyter import saved_outputs
from playwright.sync_api import expect
from talk import until

from claude_notebook.testing import Status, Step, Use, script

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

SERVER = Path(__file__).parents[1] / "support" / "asking_server.py"


@pytest.fixture(scope="module", params=answering.APPS)
def desk(
    request: pytest.FixtureRequest,
    chromium: str,
    claude_cli: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp(request.param)
    with answering.desk(request.param, chromium, claude_cli, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def sheet(desk: Desk) -> Sheet:
    return Sheet(desk, "answers.ipynb")


@pytest.fixture(autouse=True)
def idle_kernel(sheet: Sheet) -> Iterator[None]:
    """Interrupt a running cell after each test, so that the next test finds an idle kernel."""
    yield
    sheet.rest()


@pytest.fixture
def touch(desk: Desk, request: pytest.FixtureRequest):
    """Return a factory of commands that create a file, which also tests if the file exists."""

    class Touch:
        def __call__(self, name: str) -> Use:
            return Use("Bash", {"command": f"touch {self.path(name)}"})

        def path(self, name: str) -> Path:
            return desk.root / f"{request.function.__name__}-{name}"

        def made(self, *names: str) -> list[bool]:
            return [self.path(name).exists() for name in names]

    return Touch()


# --- permissions --------------------------------------------------------------------------


def test_allow_once_asks_again_next_time(sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('a'), touch('a'), 'Done.')}")
    turn.press("Allow once")
    until(lambda: touch.made("a") == [True])
    turn.says("Allowed once")
    expect(turn.panel).to_contain_text("touch", timeout=SECONDS)
    turn.press("Deny")
    turn.press("Send", exact=True)
    turn.done().says("Denied")


def test_allow_for_session_ends_with_conversation(desk, sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('a'), touch('a'), 'Done.')}")
    turn.press("Allow for this session")
    turn.done().says("Allowed for this session: ")
    assert touch.made("a") == [True]
    assert turn.output.locator(".cnv-ask").count() <= 1
    assert not (desk.root / ".claude" / "settings.local.json").exists()
    again = sheet.ask(f"%%claude --new\n{script(touch('a'), 'Done.')}")
    again.press("Deny")
    again.press("Send", exact=True)
    again.done()


def test_always_allow_is_saved_in_project_settings(desk, sheet):
    folder = desk.root.parent / "always"  # trust inspects subfolders of the notebook's folder
    folder.mkdir()
    made = folder / "made"
    prompt = script(Use("Bash", {"command": f"touch {made}"}), "Done.")
    turn = sheet.ask(f"%%claude --new --cwd {folder}\n{prompt}")
    turn.says("saved in .claude/settings.local.json")
    turn.press("Always in this project")
    turn.done().says("Always allowed in this project")
    kept = json.loads((folder / ".claude" / "settings.local.json").read_text())
    assert any("touch" in rule for rule in kept["permissions"]["allow"])
    made.unlink()
    again = sheet.ask(f"%%claude --new --cwd {folder}\n{prompt}")
    again.done().says("Done.")
    assert made.exists()
    expect(again.output).not_to_contain_text("Trust this folder?")


def test_denial_reason_reaches_model(desk, sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('a'), 'I see.')}")
    turn.press("Deny")
    turn.output.get_by_placeholder("What should Claude do").fill("use a folder of its own")
    turn.shoot("deny")
    turn.press("Send", exact=True)
    turn.done().says("Denied — “use a folder of its own”")
    assert "use a folder of its own" in desk.heard
    assert touch.made("a") == [False]


def test_command_can_be_edited_before_allowing(desk, sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('as-wanted'), 'Done.')}")
    turn.output.get_by_text("Change the command first…").click(timeout=SECONDS)
    turn.output.get_by_label("Command", exact=True).fill(f"touch {touch.path('changed')}")
    turn.shoot("change")
    turn.press("Allow once")
    turn.done().says("changed to")
    assert touch.made("as-wanted", "changed") == [False, True]


def test_shortcut_answers_focused_question_only(sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('a'), 'Done.')}")
    expect(turn.panel).to_be_visible(timeout=SECONDS)
    turn.output.get_by_label("Message to Claude").press("a")
    turn.panel.press("Enter")
    turn.panel.press("Control+a")
    assert touch.made("a") == [False]
    turn.panel.press("a")
    turn.done().says("Allowed once")
    assert touch.made("a") == [True]


# --- questions, plans, forms ----------------------------------------------------------------------


def question(text: str, *options: str, several: bool = False) -> dict[str, object]:
    choices = [{"label": name, "description": f"about {name}"} for name in options]
    return {"question": text, "header": text[:10], "options": choices, "multiSelect": several}


QUESTIONS = script(
    Use(
        "AskUserQuestion",
        {
            "questions": [
                question("Which colour?", "Red", "Blue"),
                question("Which fruits?", "Apple", "Pear", "Plum", several=True),
                question("What size?", "Small", "Large"),
            ]
        },
    ),
    "Thank you.",
)


def test_form_accepts_single_multiple_and_free_answers(desk, sheet):
    turn = sheet.ask(f"%%claude --new\n{QUESTIONS}")
    turn.says("Claude has some questions")
    send = turn.output.get_by_role("button", name="Send answers")
    expect(send).to_be_disabled()
    for label in ("Blue", "Apple", "Plum"):
        turn.output.get_by_label(label).check()
    turn.output.get_by_label("Another answer").last.fill("as it comes")
    turn.shoot("form")
    send.click()
    turn.done().says("Thank you.")
    for answer in ("Blue", "Apple, Plum", "as it comes"):
        assert answer in desk.heard
        turn.says(answer)


def test_form_can_be_declined(desk, sheet):
    turn = sheet.ask(f"%%claude --new\n{QUESTIONS}")
    turn.press("Don’t answer")
    turn.done().says("Thank you.")
    assert "The person did not want to answer." in desk.heard


@pytest.mark.parametrize(
    ("button", "asks_about_edits", "reply"),
    [
        ("Approve", True, "has approved your plan"),
        ("Approve and accept edits", False, "has approved your plan"),
        ("Keep planning…", None, "but with tests"),
    ],
    ids=["approve", "accept-edits", "keep"],
)
def test_plan_can_be_approved_accepted_or_revised(desk, sheet, button, asks_about_edits, reply):
    made = desk.root / f"plan-{asks_about_edits}.txt"
    sheet.ask("%%claude --new --mode plan\nhello").done()
    # Only Claude learns the path of the plan.
    (file,) = set(re.findall(r"/\S+?/plans/\S+?\.md", desk.heard))
    plan = Use("Write", {"file_path": file, "content": "1. Write **one** file\n2. Look at it"})
    steps = [plan, Use("ExitPlanMode", {})]
    if asks_about_edits is not None:
        steps.append(Use("Write", {"file_path": str(made), "content": "x"}))
    turn = sheet.ask(f"%%claude --mode plan\n{script(*steps, 'So it is.')}")
    turn.says("Approve this plan?")
    expect(turn.panel.locator("li").first).to_have_text("Write one file")
    turn.shoot("plan")
    turn.panel.get_by_role("button", name=button).first.click()
    if asks_about_edits is None:
        turn.output.get_by_placeholder("What should Claude do").fill(reply)
        turn.press("Send", exact=True)
    elif asks_about_edits:
        turn.says("Write this file?")
        turn.press("Allow once")
    turn.done().says("So it is.")
    assert reply in desk.heard
    assert made.exists() is (asks_about_edits is not None)


def test_elicitation_form_returns_values(desk, sheet):
    folder = desk.root.parent / "served"  # trust inspects subfolders of the notebook's folder
    folder.mkdir()
    config = {"mcpServers": {"asker": {"command": sys.executable, "args": [str(SERVER)]}}}
    (folder / ".mcp.json").write_text(json.dumps(config))
    flags = f"--new --cwd {folder} --trust-project --allow mcp__asker__ask"
    waits = Use("Bash", {"command": "sleep 0"})
    prompt = script(waits, Use("mcp__asker__ask", {}), "Thanks.")
    turn = sheet.ask(f"%%claude {flags} --allow Bash\n{prompt}")
    turn.says("Who are you?")
    turn.output.get_by_role("group", name="Name").get_by_role("textbox").fill("Ada")
    turn.output.get_by_label("Blue").check()
    turn.shoot("elicitation")
    turn.press("Send answers")
    turn.done().says("Thanks.")
    assert "Ada" in desk.heard
    assert '"blue"' in desk.heard.replace("\\", "")


# --- running turns ----------------------------------------------------------------------------


def test_mode_menu_changes_running_turn(desk, sheet):
    files = [desk.root / "mode-1", desk.root / "mode-2"]
    uses = [Use("Write", {"file_path": str(file), "content": "x"}) for file in files]
    turn = sheet.ask(f"%%claude --new\n{script(*uses, 'Both.')}")
    expect(turn.panel).to_be_visible(timeout=SECONDS)
    menu = turn.output.get_by_label("Permission mode", exact=True).locator("visible=true")
    expect(menu.locator("option")).to_have_count(4)
    menu.select_option("acceptEdits")
    turn.press("Allow once")
    turn.done().says("Both.")
    assert all(file.exists() for file in files)
    assert turn.output.get_by_text("Allowed once").count() == 1


def test_bypass_mode_requires_confirmation(sheet, touch):
    prompt = script(touch("a"), touch("b"), touch("c"), "All.")
    turn = sheet.ask(f"%%claude --new --allow-dangerously-skip-permissions\n{prompt}")
    expect(turn.panel).to_be_visible(timeout=SECONDS)
    menu = turn.output.get_by_label("Permission mode", exact=True).locator("visible=true")
    banner = turn.output.locator(".cnv-banner")
    menu.select_option("bypassPermissions")
    turn.says("Let Claude do everything without asking?")
    turn.shoot("bypass-asked")
    assert menu.input_value() == "default"
    turn.press("Ask first")
    turn.says("Claude asks first, as usual.")
    expect(banner).to_be_hidden()
    menu.select_option("bypassPermissions")
    turn.press("Do everything without asking")
    expect(banner).to_be_visible(timeout=SECONDS)
    turn.shoot("bypass")
    turn.press("Allow once")
    turn.done().says("All.")
    assert touch.made("a", "b", "c") == [True] * 3
    sheet.opened.save()
    (saved,) = saved_outputs(sheet.path, turn.cell)
    assert "Claude may do everything without asking" in "".join(saved["data"]["text/plain"])


def test_bypass_mode_requires_opt_in_flag(sheet):
    turn = sheet.ask("%%claude --mode bypassPermissions\nhello").done()
    expect(turn.output).to_contain_text("--allow-dangerously-skip-permissions for one cell")


def test_stop_closes_open_questions(sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('a'), 'Done.')}")
    expect(turn.panel).to_be_visible(timeout=SECONDS)
    title = sheet.opened.page.title()
    assert title.startswith("(1) ")
    turn.press("Stop", exact=True)
    turn.done().says("No longer asked")
    expect(turn.panel).to_have_count(0)
    until(lambda: sheet.opened.page.title() == title.removeprefix("(1) "))
    assert touch.made("a") == [False]


def test_message_during_turn_reaches_model(desk, sheet, touch):
    turn = sheet.ask(f"%%claude --new\n{script(touch('a'), 'Done.')}")
    expect(turn.panel).to_be_visible(timeout=SECONDS)
    field = turn.output.get_by_label("Message to Claude")
    field.fill("and greet the others")
    field.press("Enter")
    turn.says("You: and greet the others")
    turn.press("Allow once")
    turn.done()
    assert "and greet the others" in str(
        [request.body["messages"] for request in desk.api.turns[-2:]]
    )


def test_queued_cells_run_in_order_until_failure(sheet, touch):
    answers = ((touch("a"), "One."), (Step("no", fails=Status(403)),), ("Never.",))
    first, second, third = (sheet.ask(f"%%claude\n{script(*steps)}") for steps in answers)
    first.press("Allow once")
    first.done().says("One.")
    second.done().says("Error")
    until(lambda: not third.opened.page.locator(".jp-InputPrompt", has_text="*").count())
    assert "Never." not in "".join(third.output.all_inner_texts())
