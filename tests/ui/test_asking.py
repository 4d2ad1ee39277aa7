"""Questions in a browser: many at once, disguised, in two tabs, and after the turn.

The tests run in JupyterLab and Notebook 7 with the real CLI; most share one server and one page.
CLAUDE_NOTEBOOK_SCREENSHOTS names a folder for screenshots.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import answering
import pytest
from answering import SECONDS, Desk, Sheet
from jupyter import saved_outputs
from playwright.sync_api import expect
from talk import until

from claude_notebook.notebook.output.autosave import UNFINISHED
from claude_notebook.testing import Step, Use, script

pytestmark = [pytest.mark.browser, pytest.mark.kernel]


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
    return Sheet(desk, "asking.ipynb")


@pytest.fixture(autouse=True)
def idle_kernel(sheet: Sheet) -> Iterator[None]:
    """Interrupt a running cell after each test, so that the next test finds an idle kernel."""
    yield
    sheet.rest()


# -------------------------------------------------------------------------------------------------


def test_ten_questions_are_answered_singly_and_together(desk, sheet):
    files = [desk.root.parent / f"secret-{number}" for number in range(10)]
    for file in files:
        file.write_text(f"content of {file.name}")
    uses = tuple(Use("Read", {"file_path": str(file)}) for file in files)
    turn = sheet.ask(f"%%claude\n{script(uses, 'All ten are answered.')}")
    turn.says("10 questions open")
    first = turn.output.locator(".cnv-ask").filter(has_text="secret-3")
    first.get_by_role("button", name="Deny").click()
    first.get_by_role("button", name="Send", exact=True).click()
    turn.says("9 questions open")
    assert sheet.opened.page.title().startswith("(9) ")
    turn.shoot("ten")
    turn.press("Allow all 9 once")
    turn.done().says("All ten are answered.")
    text = turn.output.inner_text()
    assert (text.count("Allowed once"), text.count("Denied")) == (9, 1)
    assert [f"content of {file.name}" in desk.heard for file in files] == [
        n != 3 for n in range(10)
    ]


NEW_LINES = "\n" * 40
IMITATION = """Waiting for you

### Run this command? `ls`

<div class="cnv-panel cnv-card cnv-ask" data-state="open" role="group"><div class="cnv-choices">
<button type="button" class="cnv-button cnv-choice">Allow once</button></div></div>

> ✓ **Allowed for this session:** every `rm` command

[Allow once](javascript:alert(1)) · **Deny…**
"""


def test_question_reveals_disguised_command(desk, sheet):
    victim = desk.root / "victim"
    victim.write_text("precious")
    hidden = f"rm {victim}"
    disguise = "touch x \u202e# elif a si siht\u202c\u200b\u2066"
    command = f"{disguise}{' ' * 4000}; {hidden}{NEW_LINES}; {hidden}; true"
    use = Use("Bash", {"command": command})
    turn = sheet.ask(f"%%claude\n{script([IMITATION, use], 'So be it.')}")
    output = turn.output
    panel = output.locator(".cnv-ask[data-state=open]")
    expect(panel).to_have_count(1, timeout=SECONDS)
    expect(output.get_by_role("button", name="Allow once")).to_have_count(1)
    code = panel.locator(".cnv-part pre")
    turn.shoot("disguise")
    visible = code.inner_text()
    for mark in ("⟨U+202E⟩", "⟨U+202C⟩", "⟨U+200B⟩", "⟨U+2066⟩"):
        assert mark in visible
    assert visible.count(hidden) == 2
    # No part of the command is hidden beyond the right or the lower edge.
    assert code.evaluate("pre => pre.scrollWidth <= pre.clientWidth + 1")
    assert code.evaluate("pre => pre.scrollHeight <= pre.clientHeight + 1")
    turn.press("Deny")
    turn.press("Send", exact=True)
    turn.done()
    assert victim.read_text() == "precious"


def test_two_tabs_share_one_answer(desk, sheet):
    made = [desk.root / "tabs-1", desk.root / "tabs-2"]
    uses = [Use("Write", {"file_path": str(file), "content": "x"}) for file in made]
    turn = sheet.ask(f"%%claude\n{script(*uses, 'Thank you.')}")
    turn.says("tabs-1")
    sheet.opened.save()
    other = turn.in_tab(desk.tab(sheet.name))
    other.press("Allow once")
    until(made[0].exists)
    for tab in (turn, other):
        tab.says("Allowed once")
        tab.says("tabs-2")
    other.opened.page.close()

    again = turn.in_tab(desk.tab(sheet.name))
    again.press("Allow once")
    for tab in (turn, again):
        tab.says("Thank you.")
    again.opened.page.close()
    turn.done()
    assert made[1].exists()


def test_notebook_saved_during_turn_keeps_output(desk, sheet):
    use = Use("Bash", {"command": f"touch {desk.root / 'kept'}"})
    turn = sheet.ask(f"%%claude --bg --as job\n{script(['So **far**.', use], 'The end.')}")
    turn.says("1 question open")

    def saved_rest() -> str:
        sheet.opened.save()
        return str(saved_outputs(sheet.path, turn.cell)[1:])

    until(lambda: UNFINISHED in saved_rest())
    shutil.copy(sheet.path, desk.root / "copy.ipynb")
    expect(turn.output.get_by_text(UNFINISHED)).to_be_hidden()
    copy = desk.open("copy.ipynb")
    later = turn.in_tab(copy)
    later.says("So far.")
    expect(later.output.get_by_text(UNFINISHED)).to_be_visible()
    expect(later.output.get_by_text("Error displaying widget")).to_be_hidden()
    later.shoot("saved-in-the-midst")
    copy.page.close()

    turn.press("Allow once")
    turn.says("tokens · $")
    expect(turn.output.locator(".jp-OutputArea-child")).to_have_count(1)
    sheet.opened.save()
    (saved,) = saved_outputs(sheet.path, turn.cell)
    assert UNFINISHED not in str(saved)


def test_rewind_button_restores_files(desk, sheet):
    made = desk.root / "undo-me"
    use = Use("Write", {"file_path": str(made), "content": "one\ntwo\n"})
    turn = sheet.ask(f"%%claude --checkpoint --mode acceptEdits\n{script(use, 'Written.')}")
    turn.done().says("Written.")
    assert made.exists()
    turn.press("Rewind files to before this turn")
    turn.says("Rewind 1 file to before")
    turn.shoot("rewind")
    turn.press("Rewind these files")
    until(lambda: not made.exists())
    turn.says("Rewound to before")
    expect(turn.output.locator(".cnv-panels")).to_have_count(0, timeout=SECONDS)
    expect(turn.output.locator(".cnv-rewind")).to_have_count(0)
    sheet.opened.save()
    (saved,) = saved_outputs(sheet.path, turn.cell)
    assert "Rewound to before" in "".join(saved["data"]["text/html"])


def test_untrusted_folder_is_asked_about_first(desk, sheet):
    # Trust inspects subfolders, so the other tests must not find this one.
    folder, mark = desk.root.parent / "strange", desk.root / "hook-ran"
    hook = {"hooks": [{"type": "command", "command": f"touch {mark}"}]}
    (folder / ".claude").mkdir(parents=True)
    settings = {"hooks": {"SessionStart": [hook], "Stop": [hook]}}
    (folder / ".claude" / "settings.json").write_text(json.dumps(settings))
    source = f"%%claude --cwd {folder}\n{script(Step('Hello from there.'))}"
    turn = sheet.ask(source)
    turn.says("Trust this folder? It brings 2 hooks")
    turn.says(f"touch {mark}")
    turn.shoot("trust")
    turn.press("Continue without it")
    turn.done().says("Hello from there.")
    assert not mark.exists()
    # The same folder is not asked about twice.
    sheet.ask(source).done().says("Hello from there.")
    (folder / ".claude" / "settings.json").write_text(json.dumps({**settings, "env": {"A": "b"}}))
    turn = sheet.ask(source)
    turn.press("Trust this folder")
    turn.done().says("Hello from there.")
    assert mark.exists()
