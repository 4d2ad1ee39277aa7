"""The functions that show messages, in a real kernel and outside of one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from kernel import Kernel, kernel

from claude_notebook import AssistantMessage, ToolUseBlock, create_sdk_mcp_server, tool
from claude_notebook.render.output.text import piece_text
from claude_notebook.render.view.options import ViewOptions
from claude_notebook.render.view.reducer import view_of
from claude_notebook.testing import ScriptedAPI, clean_environment
from claude_notebook.tools.server import schemas_of

pytestmark = pytest.mark.kernel

# As people have written it; only the import line is another one.
LOOP = """
from claude_notebook import query
from claude_notebook.notebook_utils import display_claude_response, render_markdown

# Beautiful markdown rendering
async for message in query(prompt="Explain Python decorators"):
    display_claude_response(message)

# Or render markdown directly
render_markdown("# Hello\\nThis is **bold** text with `code`")
"""

SAMPLE = """
from claude_notebook import *
call = AssistantMessage([TextBlock("Look:"), ToolUseBlock("t", "Read", {"file_path": "a.py"})])
back = UserMessage([ToolResultBlock("t", "x = 1", False)])
said = AssistantMessage([TextBlock("**Done.** <script>alert(1)</script>")])
end = ResultMessage("success", total_cost_usd=0.25, duration_ms=1500)
conversation = [call, back, said, end]

async def stream(*messages, fails=None, waits=False):
    import anyio
    for message in messages:
        yield message
    if fails:
        raise fails
    if waits:
        waiting.append(True)
        print("now it waits")
        try:
            await anyio.sleep_forever()
        finally:
            closed.append(True)

closed, waiting = [], []
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "work").mkdir()
    return home


@pytest.fixture(scope="module")
def api() -> Iterator[ScriptedAPI]:
    with ScriptedAPI() as api:
        yield api


@pytest.fixture(scope="module")
def env(api: ScriptedAPI, home: Path, claude_cli: str) -> dict[str, str]:
    return {
        **clean_environment(api.url, home),
        "CLAUDE_CLI_PATH": claude_cli,
        "IPYTHONDIR": str(home / "ipython"),
    }


@pytest.fixture(scope="module")
def notebook(env: dict[str, str], home: Path) -> Iterator[Kernel]:
    """A kernel without the extension: the functions need none."""
    with kernel(env, home / "work") as opened:
        assert opened.run(SAMPLE).status == "ok"
        yield opened


def html_of(run) -> str:
    return "\n".join(str(bundle.get("text/html", "")) for bundle in run.kept)


# --- in a notebook -------------------------------------------------------------------------------


def test_the_loop_that_people_write_runs_in_a_notebook(notebook):
    run = notebook.run(LOOP)
    assert run.status == "ok"
    said, sums, markdown = run.kept
    assert "You said: Explain Python decorators" in said["text/markdown"]
    assert "tokens" in sums["text/plain"]
    assert "<strong>bold</strong>" in markdown["text/html"]
    assert markdown["text/markdown"].startswith("# Hello")
    assert run.streams == {}


def test_a_call_is_blue_its_result_green_and_a_failure_red(notebook):
    run = notebook.run("for message in conversation: display_claude_response(message)")
    assert run.status == "ok"
    call, back, said, end = run.kept
    assert "3px solid #2f81f7" in call["text/html"]
    assert "3px solid #2da44e" in back["text/html"]
    # A result that comes alone says what it is the result of.
    assert "Read a.py" in back["text/plain"]
    assert "<strong>Done.</strong>" in said["text/html"]
    assert "<script" not in said["text/html"]
    assert end["text/plain"] == "[$0.2500 in all · 1.5 s]"
    wrong = "display_claude_response(UserMessage([ToolResultBlock('t', 'no such file', True)]))"
    assert "3px solid #d1242f" in html_of(notebook.run(wrong))


def test_options_change_what_is_shown(notebook):
    run = notebook.run(
        "show = NotebookDisplay(show_tool_use=False, show_tool_results=False, "
        "render_markdown=False, syntax_highlight=False, max_text_length=12)\n"
        "show.display_message([AssistantMessage([TextBlock('# no **head** here')]), back])"
    )
    html = html_of(run)
    assert "# no **head*" in html
    assert "cut: 12 of 18 characters" in html
    assert "x = 1" not in html
    assert "<h1" not in html


@pytest.mark.parametrize("value", ["said", "conversation", "ShownMessages(conversation)"])
def test_messages_at_the_end_of_a_cell_show_themselves(notebook, value):
    notebook.run("from claude_notebook.notebook.output.message_reprs import ShownMessages")
    notebook.run("%load_ext claude_notebook")
    run = notebook.run(value)
    assert run.status == "ok"
    (shown,) = run.kept
    if value == "ShownMessages(conversation)":
        assert shown == {"text/plain": "<4 messages, shown above>"}
    else:
        assert set(shown) == {"text/html", "text/markdown", "text/plain"}
        assert "<strong>Done.</strong>" in shown["text/html"]


@pytest.mark.parametrize("again", ["_claude", "display_claude_response(_claude, whole=True)"])
def test_a_turn_of_a_cell_is_shown_once_more(notebook, again):
    notebook.run("%load_ext claude_notebook")
    assert notebook.run("%%claude\nhello **you**").status == "ok"
    run = notebook.run(again)
    assert run.status == "ok"
    (shown,) = run.kept
    assert "You said: hello <strong>you</strong>" in shown["text/html"]
    assert "You said: hello **you**" in shown["text/markdown"]
    assert "tokens" in shown["text/plain"]


def test_other_lists_look_as_ever(notebook):
    notebook.run("%load_ext claude_notebook")
    notebook.run(
        "class Own(list):\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/plain': 'own', 'text/html': '<i>own</i>'}"
    )
    assert notebook.run("[1, 'a', None]").kept == [{"text/plain": "[1, 'a', None]"}]
    assert notebook.run("[]").kept == [{"text/plain": "[]"}]
    assert notebook.run("Own([said])").kept[0]["text/html"] == "<i>own</i>"
    mixed = notebook.run("[said, 1]").kept[0]
    assert set(mixed) == {"text/plain"}
    # What has nothing to see shows its fields.
    assert notebook.run("InitMessage()").kept[0]["text/plain"].startswith("InitMessage(")


def test_a_stream_is_shown_live_and_returned(notebook):
    run = notebook.run("got = await display_claude_stream(stream(*conversation))\nlen(got)")
    assert run.status == "ok"
    assert "application/vnd.jupyter.widget-view+json" in run.bundles[0]
    shown, count = run.kept
    assert "<strong>Done.</strong>" in shown["text/html"]
    assert count["text/plain"] == "4"
    assert notebook.run("got == conversation and isinstance(got, list)").plain == "True"
    # Not once more when it stands at the end of the cell.
    run = notebook.run("await display_claude_stream(stream(said))")
    assert [set(one) == {"text/plain"} for one in run.kept] == [False, True]


def test_a_stream_that_fails_keeps_what_was_shown(notebook):
    run = notebook.run("await display_claude_stream(stream(said, fails=RateLimitError('slow')))")
    assert run.error == "RateLimitError"
    (shown,) = run.kept
    assert "<strong>Done.</strong>" in shown["text/html"]
    assert "slow" in shown["text/plain"]


def test_an_interrupt_keeps_what_was_shown_and_closes_the_stream(notebook):
    request = notebook.start("await display_claude_stream(stream(said, waits=True))")
    notebook.wait_for("now it waits")
    notebook.interrupt()
    run = notebook.wait(request)
    assert run.status == "error"
    (shown,) = run.kept
    assert "<strong>Done.</strong>" in shown["text/html"]
    assert notebook.run("closed").plain == "[True]"
    notebook.run("closed.clear()")


def test_the_stop_button_keeps_what_was_shown_and_closes_the_stream(notebook):
    request = notebook.start("await display_claude_stream(stream(said, waits=True))")
    model = next(
        message["content"]["data"]["application/vnd.jupyter.widget-view+json"]["model_id"]
        for message in iter(notebook.client.get_iopub_msg, None)
        if "application/vnd.jupyter.widget-view+json" in message["content"].get("data", {})
    )
    notebook.wait_for("now it waits")
    data = {"method": "custom", "content": {"type": "stop"}}
    message = notebook.client.session.msg("comm_msg", {"comm_id": model, "data": data})
    notebook.client.shell_channel.send(message)
    run = notebook.wait(request)
    assert run.error == "TurnInterrupted"
    assert len(run.traceback) == 1
    (shown,) = run.kept
    assert "<strong>Done.</strong>" in shown["text/html"]
    assert "stopped" in shown["text/plain"]
    assert notebook.run("closed").plain == "[True]"
    notebook.run("closed.clear()")


def test_what_is_no_message_is_refused_with_advice(notebook):
    for value in ("'text'", "3", "[1]", "stream(said)"):
        run = notebook.run(f"display_claude_response({value})")
        assert run.error == "OptionsError", value
        assert "render_markdown" in run.evalue
    assert notebook.run("await display_claude_stream([said])").error == "OptionsError"
    assert notebook.run("NotebookDisplay(markdown_engine='x')").error == "OptionsError"


def test_where_nobody_answers_there_is_one_static_output(notebook):
    notebook.answers = False
    try:
        run = notebook.run("got = await display_claude_stream(stream(*conversation))")
    finally:
        notebook.answers = True
    assert run.updates == 0
    (shown,) = run.kept
    assert "<strong>Done.</strong>" in shown["text/html"]


# --- outside of one ------------------------------------------------------------------------------


def script(env: dict[str, str], tmp_path: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_main(code: str) -> str:
    """A notebook's code as a script: what is awaited goes into a function."""
    imports = [line for line in code.splitlines() if line.startswith("from ")]
    rest = ["    " + line for line in code.splitlines() if not line.startswith("from ")]
    return "\n".join(
        ["import anyio, sys", *imports, "async def main():", *rest, "anyio.run(main)",
         "assert 'IPython' not in sys.modules"]
    )  # fmt: skip


def test_the_loop_that_people_write_runs_in_a_script(env, tmp_path):
    said = script({**env, "PYTHONIOENCODING": "utf-8"}, tmp_path, in_main(LOOP))
    assert said.startswith("You said: Explain Python decorators\n")
    assert said.endswith("# Hello\nThis is **bold** text with `code`\n")
    assert "\x1b" not in said


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_stream_in_a_script_is_text(env, tmp_path, backend):
    code = (
        f"{SAMPLE}\nimport anyio\n"
        "async def main():\n"
        "    got = await display_claude_stream(stream(*conversation))\n"
        "    assert got == conversation\n"
        "    try:\n"
        "        await display_claude_stream(stream(said, fails=KeyError('mine')))\n"
        "    except KeyError: pass\n"
        "    else: raise SystemExit('it was swallowed')\n"
        "    async with anyio.create_task_group() as tasks:\n"
        "        tasks.start_soon(display_claude_stream, stream(call, waits=True))\n"
        "        while not waiting:\n"
        "            await anyio.sleep(0.01)\n"
        "        tasks.cancel_scope.cancel()\n"
        f"    assert closed\nanyio.run(main, backend={backend!r})"
    )
    code = code.replace("from claude_notebook import *", "from claude_notebook import (\n"
        "AssistantMessage, TextBlock, ToolUseBlock, UserMessage, ToolResultBlock, ResultMessage,\n"
        "display_claude_stream)")  # fmt: skip
    said = script({**env, "PYTHONIOENCODING": "utf-8"}, tmp_path, code)
    first, _, rest = said.partition("[$0.2500 in all")
    assert first.startswith("Look:\n\n✓ Read a.py (done")
    assert "x = 1" in first
    assert "mine" in rest
    assert "(stopped" in rest
    assert "\x1b" not in said


@tool
def forecast(city: Annotated[str, "Where the weather is"], days: int = 1) -> str:
    """The weather."""
    return f"{city} {days}"


def test_arguments_of_own_tools_are_shown_by_their_schema():
    servers = {"w": create_sdk_mcp_server("weather", tools=[forecast]), "far": {"url": "x"}}
    schemas = schemas_of(servers)
    assert list(schemas) == ["mcp__w__forecast"]
    call = ToolUseBlock("t", "mcp__w__forecast", {"days": 3, "city": "Oslo"})
    view = view_of([AssistantMessage([call])], options=ViewOptions(schemas=schemas))
    (piece,) = view.tools["t"].pieces("input")
    assert "city      Oslo   Where the weather is\n" in piece_text(piece)
    assert schemas_of("servers.json") == schemas_of(None) == {}
