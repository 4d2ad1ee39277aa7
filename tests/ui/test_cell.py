"""`%%claude` in a browser: real CLI, real Jupyter, real Chromium.

CLAUDE_NOTEBOOK_SCREENSHOTS names a folder for screenshots.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from jupyter import Notebook, browser, jupyter, saved_outputs, write_notebook
from playwright.sync_api import Browser, BrowserContext, Page, expect
from talk import living_at, until

from claude_notebook.testing import (
    ScriptedAPI,
    Status,
    Step,
    Think,
    Use,
    clean_environment,
    script,
)

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

LOAD = "%load_ext claude_notebook"
SECONDS = 40_000

ANSWER = """I read `data.csv`. **Two things are odd:**

1. Row 7 has a *negative* price.
2. The dates switch format halfway:

| row | date | price |
|----:|------|------:|
| 6 | 2024-01-06 | 12.5 |
| 7 | 07/01/2024 | -3.0 |

```python
import pandas as pd
df = pd.read_csv("data.csv", parse_dates=["date"])
print(df[df.price < 0])  # the culprits
```

> **Note**: the mean changes from $5 to $10, by $\\frac{a}{b}$.
"""
COUNT = " ".join(f"word{number}" for number in range(1, 1001))
SLOW = script(Step(COUNT, chunk=8, delay=0.1))
"""An answer that takes longer than any test waits, so that it must be stopped."""


KNOWN_ERRORS = (
    "Failed to load resource",
    # Logged when a kernel ends while a page talks to it.
    "Canceled future for",
    # Logged by Notebook 7 on every page, with or without this package.
    "Cannot read properties of undefined (reading 'schema')",
)
END_KERNELS = "() => window.jupyterapp.serviceManager.sessions.shutdownAll()"


@dataclass
class Desk:
    """One Jupyter application with a folder of notebooks and a browser."""

    app: str
    address: str
    root: Path
    home: Path
    pages: BrowserContext
    screenshots: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def write(self, *cells: str) -> str:
        name = f"{self.app}-{next(self.numbers)}.ipynb"
        write_notebook(self.root / name, cells)
        return name


class Hold:
    """A command that keeps a turn running until it is released."""

    def __init__(self, desk: Desk) -> None:
        self._file = desk.root / f"go-{next(desk.numbers)}"
        command = f"while [ ! -e {self._file} ]; do read -t 0.1 < <(:); done; echo released"
        self.use = Use("Bash", {"command": command, "description": "Wait for the file"})

    def release(self) -> None:
        self._file.touch()


class Sheet(Notebook):
    """A notebook in a browser page."""

    def __init__(self, desk: Desk, page: Page, name: str) -> None:
        self.desk = desk
        self.name = name
        self.path = desk.root / name
        super().__init__(page, desk.address, name, desk.app)

    def expect_text(self, cell: int, text: str | re.Pattern[str]) -> None:
        expect(self.output(cell)).to_contain_text(text, timeout=SECONDS)

    def is_running(self, cell: int) -> bool:
        prompt = self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-InputPrompt")
        return "*" in (prompt.text_content() or "")

    def shoot(self, name: str) -> None:
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.page.screenshot(path=self.desk.screenshots / f"{self.desk.app}-{name}.png")

    def stop_button(self, cell: int):
        return self.output(cell).get_by_role("button", name="Stop", exact=True)


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[Browser]:
    with browser(chromium) as opened:
        yield opened


@pytest.fixture(scope="module", params=["jupyterlab", "notebook"])
def desk(
    request: pytest.FixtureRequest,
    chrome: Browser,
    claude_cli: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp(request.param)
    root, home = folder / "work", folder / "home"
    root.mkdir()
    kept = os.environ.get("CLAUDE_NOTEBOOK_SCREENSHOTS")
    screenshots = Path(kept) if kept else folder / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    (root / "data.csv").write_text("row,date,price\n6,2024-01-06,12.5\n7,07/01/2024,-3.0\n")
    with ExitStack() as stack:
        api = stack.enter_context(ScriptedAPI())
        path = os.environ.get("PATH", os.defpath)
        env = {**clean_environment(api.url, home), "CLAUDE_CLI_PATH": claude_cli, "PATH": path}
        address = stack.enter_context(jupyter(root, env, request.param))
        # One context for all pages, so that later pages load from its cache.
        pages = chrome.new_context(viewport={"width": 1100, "height": 1300})
        stack.callback(pages.close)
        yield Desk(request.param, address, root, home, pages, screenshots)


@pytest.fixture
def page_errors() -> list[str]:
    return []


@pytest.fixture
def open_page(desk: Desk, page_errors: list[str]) -> Iterator[Callable[[str], Sheet]]:
    """Open each notebook in a new page, and check at the end that no page logged an error."""
    with ExitStack() as stack:

        def open_one(name: str) -> Sheet:
            page = desk.pages.new_page()
            stack.callback(page.close)
            stack.callback(page.evaluate, END_KERNELS)
            page.on("console", lambda log: log.type == "error" and page_errors.append(log.text))
            page.on("pageerror", lambda error: page_errors.append(str(error)))
            return Sheet(desk, page, name)

        yield open_one
    assert not [text for text in page_errors if not _is_from_jupyter(text)]


def _is_from_jupyter(text: str) -> bool:
    """Return True if Jupyter itself logs this error."""
    return any(known in text for known in KNOWN_ERRORS)


@pytest.fixture
def sheet(desk: Desk, open_page: Callable[[str], Sheet]) -> Callable[..., Sheet]:
    """Open a new notebook with these cells, after a cell that has loaded the extension."""

    def open_new(*cells: str) -> Sheet:
        opened = open_page(desk.write(LOAD, *cells))
        opened.run(0)
        return opened

    return open_new


# -------------------------------------------------------------------------------------------------


def test_turn_updates_live_and_is_saved(desk, sheet, open_page):
    made = desk.root / f"clean-{desk.app}.py"
    hold = Hold(desk)
    prompt = script(
        Use("Read", {"file_path": str(desk.root / "data.csv")}),
        Use("Write", {"file_path": str(made), "content": "import pandas\nprint('hi')\n"}),
        Use("Bash", {"command": "ls; exit 3", "description": "List the files"}),
        Step((Think("Row by row."), ANSWER, hold.use), chunk=8, delay=0.01),
        "That is all.",
    )
    opened = sheet(f"%%claude --allow Write --allow Bash\n{prompt}", "%%claude\nAnd again?")
    opened.run(1, wait=False)
    opened.expect_text(1, "the culprits")
    opened.expect_text(1, "Wait for the file")
    assert opened.is_running(1)
    assert "That is all." not in opened.output(1).inner_text()
    opened.shoot("1-live")
    hold.release()
    opened.wait_until_done(1)
    opened.expect_text(1, "That is all.")
    assert made.read_text() == "import pandas\nprint('hi')\n"
    opened.run(2)
    opened.expect_text(2, "You said: And again?")
    opened.shoot("2-light")
    opened.theme("dark")
    opened.shoot("3-dark")
    opened.theme("light")
    opened.save()
    saved = _saved(opened, 1)
    assert "Two things are odd" in saved["text/html"]
    assert ANSWER.strip() in saved["text/markdown"]
    assert "the culprits" in saved["text/plain"]

    shutil.copy(opened.path, desk.root / f"copy-{desk.app}.ipynb")
    again = open_page(f"copy-{desk.app}.ipynb")
    again.expect_text(1, "Two things are odd")
    again.expect_text(2, "You said: And again?")
    assert "rror displaying widget" not in again.page.inner_text("body")
    again.shoot("4-reopened")
    again.run(0)
    again.run(2)
    again.expect_text(2, "You said: And again?")


def _saved(opened: Sheet, cell: int) -> dict[str, str]:
    """Return the single saved output of a cell."""
    (output,) = saved_outputs(opened.path, cell)
    data = output["data"]
    assert set(data) == {"text/html", "text/markdown", "text/plain"}
    return {kind: "".join(text) for kind, text in data.items()}


def test_stop_buttons_end_turn_and_abort_queued_cells(sheet):
    opened = sheet(*[f"%%claude\n{SLOW}", "print('ne' + 'ver')", "%%claude\nnext"] * 2)
    presses = {
        1: lambda: opened.stop_button(1).click(),
        4: lambda: opened.command("notebook:interrupt-kernel"),
    }
    for cell, press in presses.items():
        opened.run(cell, wait=False)
        opened.run(cell + 1, wait=False)
        opened.expect_text(cell, "word9 ")
        press()
        opened.wait_until_done(cell)
        opened.expect_text(cell, "TurnInterrupted")
        opened.expect_text(cell, "word9 ")
        assert "word1000" not in opened.output(cell).inner_text()
        assert "never" not in "".join(opened.output(cell + 1).all_inner_texts())
        opened.run(cell + 2)
        opened.expect_text(cell + 2, "You said: next")
    opened.shoot("5-stopped")


LONG = "".join(
    f"## Part {n}\n\nSome *words* about it, `and code`, and a formula: $\\frac{{1}}{{{n}}}$.\n\n"
    f"- one of {n}\n- two of {n}\n\n```python\nfor part in range({n}):\n    print(part)\n```\n\n"
    for n in range(1, 121)
)
UNROLLED = """() => {
    const styles = [...document.head.querySelectorAll("style")];
    return document.querySelector(".jp-OutputArea .cnv-turn") === null
        && document.querySelector(".jp-OutputArea .cn-prose") !== null
        && !styles.some(style => style.textContent.includes("cn-turn-"));
}"""
SEEN_AT = """element => {
    const boxes = [".jp-mod-outputsScrolled .jp-OutputArea", ".jp-WindowedPanel-outer"];
    const box = boxes.map(one => element.closest(one)).find(one => one);
    const [inside, around] = [element, box].map(one => one.getBoundingClientRect());
    return [inside.top - around.top, around.bottom - inside.bottom, around.height];
}"""
"""Distances of an element to the upper and lower edge of its scroll area, and the area's height."""


def _long_answer(desk, sheet) -> tuple[Sheet, Hold]:
    """Start an answer of many screens that pauses before its end until it is released."""
    hold = Hold(desk)
    prompt = script(Step((LONG, hold.use), chunk=500, delay=0.001), "The end.")
    opened = sheet(f"%%claude --allow Bash\n{prompt}")
    opened.run(1, wait=False)
    opened.expect_text(1, "Wait for the file")
    return opened, hold


def test_turn_end_keeps_reading_position(desk, sheet):
    opened, hold = _long_answer(desk, sheet)
    read = opened.output(1).get_by_role("heading", name="Part 60", exact=True)
    read.evaluate("heading => heading.scrollIntoView()")
    opened.page.wait_for_timeout(300)
    above, _, _ = read.evaluate(SEEN_AT)
    hold.release()
    opened.expect_text(1, "The end.")
    opened.page.wait_for_function(UNROLLED, timeout=SECONDS)
    assert opened.output(1).locator(".cnv-root .cnv-block").count() == 0
    above_now, _, _ = read.evaluate(SEEN_AT)
    assert abs(above_now - above) < 4
    expect(read).to_be_in_viewport()
    assert opened.output(1).locator("[style*=content-visibility]").count() == 0
    opened.shoot("7-being-read")


def test_turn_end_keeps_follower_at_bottom(desk, sheet):
    opened, hold = _long_answer(desk, sheet)
    opened.output(1).locator(".cnv-footer").evaluate("footer => footer.scrollIntoView(false)")
    hold.release()
    opened.expect_text(1, "The end.")
    opened.page.wait_for_function(UNROLLED, timeout=SECONDS)
    _, below, height = opened.output(1).locator(".cn-prose").evaluate(SEEN_AT)
    assert 0 <= below <= height / 2
    expect(opened.output(1).get_by_text("The end.")).to_be_in_viewport()


def test_reloaded_page_shows_running_turn_to_end(desk, sheet):
    hold = Hold(desk)
    prompt = script(["Said before.", hold.use], Step("Said after.", chunk=1, delay=0.01))
    opened = sheet(f"%%claude --allow Bash\n{prompt}")
    opened.run(1, wait=False)
    opened.expect_text(1, "Wait for the file")
    opened.save()
    opened.page.reload()
    opened.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=SECONDS)
    opened.expect_text(1, "Wait for the file")
    opened.expect_text(1, "Said before.")
    expect(opened.stop_button(1)).to_be_visible(timeout=SECONDS)
    opened.shoot("6-loaded-again")
    hold.release()
    opened.expect_text(1, "Said after.")
    expect(opened.stop_button(1)).to_have_count(0, timeout=SECONDS)
    assert opened.output(1).inner_text().count("Said before.") == 1


def test_reloaded_page_can_stop_running_turn(desk, sheet):
    opened = sheet(f"%%claude --allow Bash\n{script(['Said before.', Hold(desk).use], 'ok')}")
    opened.run(1, wait=False)
    opened.expect_text(1, "Wait for the file")
    opened.save()
    opened.page.reload()
    opened.stop_button(1).click(timeout=SECONDS)
    opened.expect_text(1, re.compile("stopped", re.IGNORECASE))
    opened.expect_text(1, "Said before.")
    until(lambda: not any("go-" in command for command in _commands(desk)))


def _commands(desk) -> list[str]:
    """Return the command lines of the living processes below the home folder."""
    commands = []
    for process in living_at(str(desk.home)):
        with suppress(psutil.NoSuchProcess):
            commands.append(str(process.cmdline()))
    return commands


def test_errors_show_box_without_traceback(sheet):
    refused = script(Step("no", fails=Status(401)))
    opened = sheet(
        "%%claude --modle opus\nhi", "%%claude --cwd /no/such/folder\nhi", f"%%claude\n{refused}"
    )
    for cell, text in ((1, "--modle"), (2, "/no/such/folder"), (3, "claude-auth login")):
        opened.run(cell)
        opened.expect_text(cell, text)
        opened.expect_text(cell, "Error: ")
        assert "Traceback" not in opened.output(cell).inner_text()
    opened.shoot("7-errors-light")
    opened.theme("dark")
    opened.shoot("8-errors-dark")
    opened.theme("light")


def test_nested_magic_shows_turn(sheet):
    opened = sheet("%%time\n%%claude\nhello", "%autoawait off", "%%claude\nhello there")
    opened.run(1)
    opened.expect_text(1, "You said: hello")
    opened.expect_text(1, "Wall time")
    opened.run(2)
    opened.run(3)
    opened.expect_text(3, "You said: hello there")


def test_restarted_kernel_resumes_and_old_processes_end(desk, sheet):
    opened = sheet("%%claude\nmy name is Ada", "%%claude\nwhat is my name?")
    opened.run(1)
    before = {process.pid for process in living_at(str(desk.home)) if process.name() == "claude"}
    assert before
    opened.start("kernelmenu:restart")
    opened.page.get_by_role("button", name="Confirm Kernel Restart").click()
    until(lambda: not before & {process.pid for process in living_at(str(desk.home))})
    opened.wait_for_kernel()
    opened.run(0)
    opened.run(2)
    opened.expect_text(2, "Continues this notebook's conversation")
    opened.shoot("9-restarted")


def test_turn_asks_before_writing_and_running(desk, sheet):
    kept, refused = desk.root / f"kept-{desk.app}.py", desk.root / f"refused-{desk.app}"
    prompt = script(
        Use("Write", {"file_path": str(kept), "content": "x = 1\n"}),
        Use("Bash", {"command": f"touch {refused}", "description": "Touch a file"}),
        "All **done**.",
    )
    opened = sheet(f"%%claude\n{prompt}")
    opened.run(1, wait=False)
    output = opened.output(1)
    opened.expect_text(1, "Write this file?")
    opened.expect_text(1, "x = 1")
    assert not kept.exists()
    opened.shoot("asking-light")
    output.get_by_role("button", name="Allow once").click()

    opened.expect_text(1, "Run this command?")
    opened.expect_text(1, f"touch {refused}")
    assert kept.read_text() == "x = 1\n"
    opened.theme("dark")
    opened.shoot("asking-dark")
    output.get_by_role("button", name="Deny").click()
    output.get_by_placeholder("What should Claude do").fill("not today")
    output.get_by_role("button", name="Send", exact=True).first.click()

    opened.wait_until_done(1)
    opened.expect_text(1, "All done.")
    opened.expect_text(1, "Denied — “not today”")
    assert not refused.exists()
    opened.save()
    (output,) = saved_outputs(opened.path, 1)
    saved = str(output["data"]["text/html"])
    assert "Allowed once" in saved
    assert "not today" in saved
    opened.theme("light")


def test_question_survives_reload(desk, sheet):
    prompt = script(
        Use(
            "AskUserQuestion",
            {
                "questions": [
                    {
                        "question": "Which colour?",
                        "header": "Colour",
                        "options": [
                            {"label": "Red", "description": "warm"},
                            {"label": "Blue", "description": "cold"},
                        ],
                        "multiSelect": False,
                    }
                ]
            },
        ),
        "Thank you.",
    )
    opened = sheet(f"%%claude\n{prompt}")
    opened.run(1, wait=False)
    opened.expect_text(1, "Claude has a question")
    opened.save()
    opened.page.reload()
    opened.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=SECONDS)
    output = opened.output(1)
    output.get_by_label("Blue").check(timeout=SECONDS)
    output.get_by_role("button", name="Send answers").click()
    opened.expect_text(1, "Thank you.")


def test_background_turn_asks_and_continues_in_busy_kernel(desk, sheet):
    made, enough = (desk.root / f"{name}-{desk.app}" for name in ("made", "enough"))
    prompt = script(
        ["Before the question.", Use("Bash", {"command": f"touch {made}"})],
        Step("After the answer: " + COUNT[:400], chunk=8, delay=0.02),
    )
    opened = sheet(
        f"%%claude --bg --as job\n{prompt}",
        f"from pathlib import Path\nwhile not Path({str(enough)!r}).exists(): pass",
        "%claude /jobs",
        "print('After the answer' in await job, job.state)",
    )
    opened.run(1)
    opened.run(2, wait=False)
    opened.expect_text(1, "Run this command?")
    opened.expect_text(1, "1 question open")
    assert opened.is_running(2)
    opened.shoot("background-asks")
    assert not made.exists()
    opened.output(1).get_by_role("button", name="Allow once").click()
    opened.expect_text(1, "After the answer: word1")
    assert made.exists()
    opened.expect_text(1, COUNT[380:400])
    opened.expect_text(1, "tokens · $")
    assert opened.is_running(2)
    enough.touch()
    opened.wait_until_done(2)
    opened.run(3)
    opened.expect_text(3, "done")
    opened.run(4)
    opened.expect_text(4, "True done")
    opened.shoot("background-done")
    opened.save()
    assert "After the answer" in _saved(opened, 1)["text/markdown"]
    assert saved_outputs(opened.path, 2) == []
