"""Display functions in a real kernel and outside of one."""

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

# Written for the official SDK; only the import line has changed.
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
answer = AssistantMessage([TextBlock("**Done.** <script>alert(1)</script>")])
end = ResultMessage("success", total_cost_usd=0.25, duration_ms=1500)
conversation = [call, back, answer, end]

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
    """Start a kernel without the extension, which the functions do not need."""
    with kernel(env, home / "work") as opened:
        assert opened.run(SAMPLE).status == "ok"
        yield opened


def html_of(run) -> str:
    return "\n".join(str(bundle.get("text/html", "")) for bundle in run.kept)


# --- in a notebook -------------------------------------------------------------------------------


def test_display_loop_runs_in_notebook(notebook):
    run = notebook.run(LOOP)
    assert run.status == "ok"
    answer, sums, markdown = run.kept
    assert "You said: Explain Python decorators" in answer["text/markdown"]
    assert "tokens" in sums["text/plain"]
    assert "<strong>bold</strong>" in markdown["text/html"]
    assert markdown["text/markdown"].startswith("# Hello")
    assert run.streams == {}


def test_display_colors_calls_results_and_failures(notebook):
    run = notebook.run("for message in conversation: display_claude_response(message)")
    assert run.status == "ok"
    call, back, answer, end = run.kept
    assert "3px solid #2f81f7" in call["text/html"]
    assert "3px solid #2da44e" in back["text/html"]
    # A result without its call still names the call.
    assert "Read a.py" in back["text/plain"]
    assert "<strong>Done.</strong>" in answer["text/html"]
    assert "<script" not in answer["text/html"]
    assert end["text/plain"] == "[$0.2500 in all · 1.5 s]"
    wrong = "display_claude_response(UserMessage([ToolResultBlock('t', 'no such file', True)]))"
    assert "3px solid #d1242f" in html_of(notebook.run(wrong))


def test_display_options_hide_and_truncate(notebook):
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


@pytest.mark.parametrize("value", ["answer", "conversation", "ShownMessages(conversation)"])
def test_messages_as_cell_value_are_rendered(notebook, value):
    notebook.run("from claude_notebook.notebook.output.message_reprs import ShownMessages")
    notebook.run("%load_ext claude_notebook")
    run = notebook.run(value)
    assert run.status == "ok"
    (output,) = run.kept
    if value == "ShownMessages(conversation)":
        assert output == {"text/plain": "<4 messages, shown above>"}
    else:
        assert set(output) == {"text/html", "text/markdown", "text/plain"}
        assert "<strong>Done.</strong>" in output["text/html"]


@pytest.mark.parametrize("again", ["_claude", "display_claude_response(_claude, whole=True)"])
def test_turn_as_cell_value_is_rendered_again(notebook, again):
    notebook.run("%load_ext claude_notebook")
    assert notebook.run("%%claude\nhello **you**").status == "ok"
    run = notebook.run(again)
    assert run.status == "ok"
    (output,) = run.kept
    assert "You said: hello <strong>you</strong>" in output["text/html"]
    assert "You said: hello **you**" in output["text/markdown"]
    assert "tokens" in output["text/plain"]


def test_other_lists_keep_their_display(notebook):
    notebook.run("%load_ext claude_notebook")
    notebook.run(
        "class Own(list):\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/plain': 'own', 'text/html': '<i>own</i>'}"
    )
    assert notebook.run("[1, 'a', None]").kept == [{"text/plain": "[1, 'a', None]"}]
    assert notebook.run("[]").kept == [{"text/plain": "[]"}]
    assert notebook.run("Own([answer])").kept[0]["text/html"] == "<i>own</i>"
    mixed = notebook.run("[answer, 1]").kept[0]
    assert set(mixed) == {"text/plain"}
    # A message without visible content shows its fields.
    assert notebook.run("InitMessage()").kept[0]["text/plain"].startswith("InitMessage(")


def test_display_stream_shows_and_returns_messages(notebook):
    run = notebook.run("got = await display_claude_stream(stream(*conversation))\nlen(got)")
    assert run.status == "ok"
    assert "application/vnd.jupyter.widget-view+json" in run.bundles[0]
    output, count = run.kept
    assert "<strong>Done.</strong>" in output["text/html"]
    assert count["text/plain"] == "4"
    assert notebook.run("got == conversation and isinstance(got, list)").plain == "True"
    # As the value of the cell, the messages are not shown a second time.
    run = notebook.run("await display_claude_stream(stream(answer))")
    assert [set(item) == {"text/plain"} for item in run.kept] == [False, True]


def test_failed_stream_keeps_its_output(notebook):
    run = notebook.run("await display_claude_stream(stream(answer, fails=RateLimitError('slow')))")
    assert run.error == "RateLimitError"
    (output,) = run.kept
    assert "<strong>Done.</strong>" in output["text/html"]
    assert "slow" in output["text/plain"]


def test_interrupt_keeps_output_and_closes_stream(notebook):
    request = notebook.start("await display_claude_stream(stream(answer, waits=True))")
    notebook.wait_for("now it waits")
    notebook.interrupt()
    run = notebook.wait(request)
    assert run.status == "error"
    (output,) = run.kept
    assert "<strong>Done.</strong>" in output["text/html"]
    assert notebook.run("closed").plain == "[True]"
    notebook.run("closed.clear()")


def test_stop_button_keeps_output_and_closes_stream(notebook):
    request = notebook.start("await display_claude_stream(stream(answer, waits=True))")
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
    (output,) = run.kept
    assert "<strong>Done.</strong>" in output["text/html"]
    assert "stopped" in output["text/plain"]
    assert notebook.run("closed").plain == "[True]"
    notebook.run("closed.clear()")


def test_display_refuses_other_values_with_advice(notebook):
    for value in ("'text'", "3", "[1]", "stream(answer)"):
        run = notebook.run(f"display_claude_response({value})")
        assert run.error == "OptionsError", value
        assert "render_markdown" in run.evalue
    assert notebook.run("await display_claude_stream([answer])").error == "OptionsError"
    assert notebook.run("NotebookDisplay(markdown_engine='x')").error == "OptionsError"


def test_display_stream_without_stdin_shows_one_static_output(notebook):
    notebook.answers = False
    try:
        run = notebook.run("got = await display_claude_stream(stream(*conversation))")
    finally:
        notebook.answers = True
    assert run.updates == 0
    (output,) = run.kept
    assert "<strong>Done.</strong>" in output["text/html"]


# --- in a script ---------------------------------------------------------------------------------


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
    """Wrap a notebook's code in an async function, for a script."""
    imports = [line for line in code.splitlines() if line.startswith("from ")]
    rest = ["    " + line for line in code.splitlines() if not line.startswith("from ")]
    return "\n".join(
        ["import anyio, sys", *imports, "async def main():", *rest, "anyio.run(main)",
         "assert 'IPython' not in sys.modules"]
    )  # fmt: skip


def test_display_loop_runs_in_script(env, tmp_path):
    answer = script({**env, "PYTHONIOENCODING": "utf-8"}, tmp_path, in_main(LOOP))
    assert answer.startswith("You said: Explain Python decorators\n")
    assert answer.endswith("# Hello\nThis is **bold** text with `code`\n")
    assert "\x1b" not in answer


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_display_stream_in_script_writes_text(env, tmp_path, backend):
    code = (
        f"{SAMPLE}\nimport anyio\n"
        "async def main():\n"
        "    got = await display_claude_stream(stream(*conversation))\n"
        "    assert got == conversation\n"
        "    try:\n"
        "        await display_claude_stream(stream(answer, fails=KeyError('mine')))\n"
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
    answer = script({**env, "PYTHONIOENCODING": "utf-8"}, tmp_path, code)
    first, _, rest = answer.partition("[$0.2500 in all")
    assert first.startswith("Look:\n\n✓ Read a.py (done")
    assert "x = 1" in first
    assert "mine" in rest
    assert "(stopped" in rest
    assert "\x1b" not in answer


@tool
def forecast(city: Annotated[str, "Where the weather is"], days: int = 1) -> str:
    """The weather."""
    return f"{city} {days}"


def test_view_orders_tool_arguments_by_schema():
    servers = {"w": create_sdk_mcp_server("weather", tools=[forecast]), "far": {"url": "x"}}
    schemas = schemas_of(servers)
    assert list(schemas) == ["mcp__w__forecast"]
    call = ToolUseBlock("t", "mcp__w__forecast", {"days": 3, "city": "Oslo"})
    view = view_of([AssistantMessage([call])], options=ViewOptions(schemas=schemas))
    (piece,) = view.tools["t"].pieces("input")
    assert "city      Oslo   Where the weather is\n" in piece_text(piece)
    assert schemas_of("servers.json") == schemas_of(None) == {}
