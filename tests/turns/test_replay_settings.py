"""Replay settings of a notebook: recording with the real CLI, and playing without a CLI."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from kernel import Kernel, kernel
from talk import living_at

from claude_notebook.errors import OptionsError
from claude_notebook.testing import ScriptedAPI, Use, clean_environment, script
from claude_notebook.turns.replay_settings import NotebookReplay, ReplayFlags

NO_FLAGS = ReplayFlags()

# --- sources -------------------------------------------------------------------------------------


def settle(
    flags: ReplayFlags = NO_FLAGS,
    config: ReplayFlags = NO_FLAGS,
    environ: dict | None = None,
    **how,
):
    notebook = how.pop("notebook", "/books/a.ipynb")
    attended = how.pop("attended", False)
    return NotebookReplay(notebook).settings(
        flags, config, environ or {}, "/desk", attended=attended
    )


def test_replay_settings_default_to_none():
    assert settle() is None


@pytest.mark.parametrize(
    ("flags", "config", "environ", "mode"),
    [
        (ReplayFlags("only"), ReplayFlags("auto"), {"CLAUDE_NOTEBOOK_REPLAY": "record"}, "only"),
        (ReplayFlags("off"), ReplayFlags("auto"), {"CLAUDE_NOTEBOOK_REPLAY": "record"}, "off"),
        (NO_FLAGS, ReplayFlags("auto"), {"CLAUDE_NOTEBOOK_REPLAY": "record"}, "auto"),
        (NO_FLAGS, NO_FLAGS, {"CLAUDE_NOTEBOOK_REPLAY": "record"}, "record"),
    ],
)
def test_replay_settings_prefer_flag_then_configuration_then_environment(
    flags, config, environ, mode
):
    assert settle(flags, config, environ).mode == mode


@pytest.mark.parametrize(
    ("flag", "config", "attended", "speed"),
    [
        (None, None, False, None),
        (None, None, True, 1.0),
        (None, 4.0, True, 4.0),
        (2.0, 4.0, True, 2.0),
        (0.0, 4.0, True, None),
    ],
)
def test_replay_settings_choose_the_pace(flag, config, attended, speed):
    assert (
        settle(ReplayFlags("auto", flag), ReplayFlags(speed=config), attended=attended).speed
        == speed
    )


@pytest.mark.parametrize(
    ("notebook", "config", "environ", "folder"),
    [
        ("/books/a.ipynb", None, {}, "/books/cassettes"),
        (None, None, {}, "/desk/cassettes"),
        (None, "tapes", {"CLAUDE_NOTEBOOK_CASSETTES": "/x"}, "/desk/tapes"),
        (None, None, {"CLAUDE_NOTEBOOK_CASSETTES": "/x"}, "/x"),
    ],
)
def test_replay_settings_choose_the_folder(notebook, config, environ, folder):
    result = settle(ReplayFlags("auto"), ReplayFlags(folder=config), environ, notebook=notebook)
    assert result.folder == folder


@pytest.mark.parametrize(
    ("flags", "config", "environ", "runs"),
    [
        (NO_FLAGS, NO_FLAGS, {}, False),
        (ReplayFlags("only", run_tools=True), NO_FLAGS, {}, True),
        (NO_FLAGS, ReplayFlags(run_tools=True), {}, True),
        (NO_FLAGS, NO_FLAGS, {"CLAUDE_NOTEBOOK_RUN_TOOLS": "1"}, True),
        (NO_FLAGS, NO_FLAGS, {"CLAUDE_NOTEBOOK_RUN_TOOLS": "0"}, False),
    ],
)
def test_replay_settings_run_tools_only_on_request(flags, config, environ, runs):
    replay = settle(flags, config, {"CLAUDE_NOTEBOOK_REPLAY": "only", **environ})
    assert replay.run_tools is runs


def test_replay_settings_reject_an_unknown_mode():
    with pytest.raises(OptionsError, match=r"ClaudeMagics.replay must be one of auto, only"):
        settle(config=ReplayFlags("sometimes"))


# --- in kernels -----------------------------------------------------------------------------------

FIRST = script(Use("Write", {"file_path": "a.txt", "content": "words\n"}), "Written.")


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        **clean_environment("http://127.0.0.1:9", home),
        "IPYTHONDIR": str(home / "ipython"),
        "PATH": os.environ["PATH"],
        **more,
    }


@pytest.mark.kernel
def test_notebook_is_recorded_played_edited_and_recorded_again(
    claude_cli: str, scripted_api: ScriptedAPI, tmp_path: Path
) -> None:
    book = tmp_path / "book"
    book.mkdir()
    reached = clean_environment(scripted_api.url, tmp_path / "home")
    live = environment(tmp_path / "home", **reached, CLAUDE_CLI_PATH=claude_cli)
    cells = [f"%%claude --mode acceptEdits\n{FIRST}", f"%%claude\n{script('Second.')}"]
    with kernel({**live, "CLAUDE_NOTEBOOK_REPLAY": "auto"}, book, answers=False) as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        recorded = [opened.run(cell) for cell in cells]
    assert ["Written." in recorded[0].plain, "Second." in recorded[1].plain] == [True, True]
    assert "Recorded in cassettes/01-" in recorded[0].plain
    (book / "a.txt").unlink()

    # Another home, no CLI, no network: every real request fails.
    bare = environment(tmp_path / "other", CLAUDE_CLI_PATH=str(tmp_path / "none"))
    (tmp_path / "other").mkdir(exist_ok=True)
    with kernel({**bare, "CLAUDE_NOTEBOOK_REPLAY": "only"}, book, answers=False) as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        played = [opened.run(cell) for cell in cells]
        again = [opened.run(cell.replace("%%claude", "%%claude --new", 1)) for cell in cells[:1]]
        missed = opened.run("%%claude\nSomething else")
        assert living_at(str(tmp_path / "other")) == [] or all(
            "ipykernel" in " ".join(item.cmdline()) for item in living_at(str(tmp_path / "other"))
        )
        assert "words" not in str(list(book.iterdir()))
        applied = opened.run(cells[0].replace("%%claude", "%%claude --new --apply again", 1))
    assert [run.status for run in [*played, *again]] == ["ok", "ok", "ok"]
    assert "recorded" in played[0].plain
    assert "Written." in played[0].plain
    assert "Second." in played[1].plain
    assert missed.status == "error"
    assert missed.error == "CassetteError"
    assert "“Something else”" in missed.evalue
    assert not (book / "a.txt").exists()
    assert applied.status == "ok"
    assert (book / "again" / "a.txt").read_text() == "words\n"

    # Only the edited second cell makes a request, which contains the recorded conversation.
    before = len(scripted_api.turns)
    with kernel({**live, "CLAUDE_NOTEBOOK_REPLAY": "auto"}, book, answers=False) as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        opened.run(cells[0])
        edited = opened.run(f"%%claude\n{script('Another second.')}")
    assert "Another second." in edited.plain
    assert "The nearest was 02-" in edited.plain
    sent = [str(turn.body["messages"]) for turn in scripted_api.turns[before:]]
    assert len(sent) == 1
    assert "Written." in sent[0]
    assert "Second." not in sent[0].replace("Another second.", "")


def heard(api: ScriptedAPI, words: str) -> set[str]:
    """Return the words of the conversation at the time of this request."""
    (body,) = [
        str(turn.body["messages"])
        for turn in api.turns
        if words in str(turn.body["messages"][-1]["content"])
    ]
    return {
        item for item in ("First.", "Beside.", "Second.", "In a copy.", "Third.") if item in body
    }


@pytest.mark.kernel
def test_notebook_plays_background_turns_and_copies(
    claude_cli: str, scripted_api: ScriptedAPI, tmp_path: Path
) -> None:
    """A copy starts from its original's state, even if the original continues first."""
    book = tmp_path / "book"
    book.mkdir()
    reached = clean_environment(scripted_api.url, tmp_path / "home")
    live = environment(tmp_path / "home", **reached, CLAUDE_CLI_PATH=claude_cli)
    cells = [
        f"%%claude\n{script('First.')}",
        f"%%claude --bg --as job\n{script('Beside.')}",
        f"%%claude\n{script('Second.')}",
        "original = _claude.result.session_id\nawait job\nprint(job.text, job.state)",
        f"%%claude --fork\n{script('In a copy.')}",
        f"get_ipython().run_line_magic('claude', f'--resume {{original}} ' + {script('Third.')!r})",
    ]
    texts = ["First.", "", "Second.", "Beside. done", "In a copy.", "Third."]

    def run(env: dict[str, str]) -> list[str]:
        with kernel(env, book, answers=False) as opened:
            assert opened.run("%load_ext claude_notebook").status == "ok"
            runs = [opened.run(cell) for cell in cells]
        assert [item.evalue for item in runs] == [""] * len(cells)
        return [item.plain + item.stdout for item in runs]

    recorded = run({**live, "CLAUDE_NOTEBOOK_REPLAY": "record"})
    assert [word in text for word, text in zip(texts, recorded, strict=True)] == [True] * 6
    bare = environment(tmp_path / "other", CLAUDE_CLI_PATH=str(tmp_path / "none"))
    (tmp_path / "other").mkdir(exist_ok=True)
    for _ in range(2):
        played = run({**bare, "CLAUDE_NOTEBOOK_REPLAY": "only"})
        assert [word in text for word, text in zip(texts, played, strict=True)] == [True] * 6

    assert heard(scripted_api, "Beside.") == {"First.", "Beside."}
    assert heard(scripted_api, "Second.") == {"First.", "Second."}
    assert heard(scripted_api, "In a copy.") == {"First.", "Second.", "In a copy."}
    assert heard(scripted_api, "Third.") == {"First.", "Second.", "Third."}


PLAN = "1. Measure\n2. Mend"
QUESTION = {
    "question": "Which flour?",
    "header": "Flour",
    "multiSelect": False,
    "options": [{"label": "Rye", "description": "dark"}, {"label": "Wheat", "description": ""}],
}
ASKING = script(
    Use("Write", {"file_path": "made.txt", "content": "made\n"}),
    Use("Bash", {"command": "touch never", "description": "Make a file"}),
    Use("AskUserQuestion", {"questions": [QUESTION]}),
    "That is all.",
)
PLANNING = script(Use("ExitPlanMode", {"plan": PLAN}), "A good plan.")


def ask(opened: Kernel, cell: str, *answers: str) -> dict[str, str]:
    """Run a cell and answer its prompts; return the saved bundle."""
    request = opened.start(cell)
    for text in answers:
        assert opened.client.get_stdin_msg(timeout=60)["msg_type"] == "input_request"
        opened.client.input(text)
    run = opened.wait(request)
    assert run.status == "ok"
    return run.kept[-1]


@pytest.mark.kernel
def test_notebook_plays_answers_as_their_panels(
    claude_cli: str, scripted_api: ScriptedAPI, tmp_path: Path
) -> None:
    book = tmp_path / "book"
    book.mkdir()
    reached = clean_environment(scripted_api.url, tmp_path / "home")
    live = environment(tmp_path / "home", **reached, CLAUDE_CLI_PATH=claude_cli)
    cells = [f"%%claude\n{ASKING}", f"%%claude --mode plan\n{PLANNING}"]
    with kernel({**live, "CLAUDE_NOTEBOOK_REPLAY": "record"}, book) as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        first = ask(opened, cells[0], "a", "d", "Not that one.", "2")
        second = ask(opened, cells[1], "a")
    bare = environment(tmp_path / "other", CLAUDE_CLI_PATH=str(tmp_path / "none"))
    (tmp_path / "other").mkdir(exist_ok=True)
    with kernel({**bare, "CLAUDE_NOTEBOOK_REPLAY": "only"}, book, answers=False) as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        played = [opened.run(cell).kept[-1] for cell in cells]
    assert "Allowed once · recorded" in played[0]["text/plain"]
    assert "Denied — “Not that one.” · recorded" in played[0]["text/plain"]
    assert "Which flour? Wheat · recorded" in played[0]["text/plain"]
    assert "Plan approved · recorded" in played[1]["text/plain"]
    assert "Allowed once · recorded" in played[0]["text/html"]
    for then, now in zip((first, second), played, strict=True):
        assert panels(now) == panels(then)


def panels(bundle: dict[str, str]) -> list[str]:
    """Return the output without times, the footer, and the marks of a recording."""
    text = re.sub(r" · recorded|, [0-9.]+ m?s(?=\))", "", bundle["text/plain"])
    outputs = [splitline for splitline in text.splitlines()[:-1] if splitline]
    return [splitline for splitline in outputs if "Recorded in cassettes" not in splitline]
