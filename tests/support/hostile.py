"""The hostile texts as one turn in a kernel."""

from __future__ import annotations

import sys
from pathlib import Path

from claude_notebook.render.view.reducer import apply_message

sys.path.insert(0, str(Path(__file__).parents[1] / "render"))

from gallery import Script
from xss import ALL, DIAGRAMS

from claude_notebook.messages import (
    AssistantMessage,
    InitMessage,
    TextBlock,
    ThinkingBlock,
    UnknownMessage,
)
from claude_notebook.notebook.output.outputs import WidgetOutput
from claude_notebook.permissions import ToolPermissionContext
from claude_notebook.render.output.mermaid import diagram_bundle, is_harmless
from claude_notebook.render.questions.permission import PermissionQuestion
from claude_notebook.render.tools.base import Call
from claude_notebook.render.view.turn_view import TurnView

COUNT = len(ALL)
LAST = "This was the last text."


def turn() -> TurnView:
    """Create a turn with every text as an answer, and some of them as tool calls.

    A faster test shows every text in every place to a browser without Jupyter.
    """
    script = Script()
    for number, text in enumerate(ALL):
        script.add(AssistantMessage([TextBlock(text)]))
        if number % 4:
            continue
        if number % 8:
            script.use(text, {text: text, "file_path": text}, text, {text: text})
        else:
            command = {"command": text, "description": text}
            script.use("Bash", command, text, {"stdout": text, "stderr": text})
    everything = "\n\n".join(ALL)
    change = {"file_path": everything, "old_string": everything, "new_string": f"{everything}!"}
    script.use("Edit", change, "ok", {"structuredPatch": [{"lines": [f"+{t}" for t in ALL]}]})
    script.add(AssistantMessage([ThinkingBlock(everything), TextBlock(everything)], model=ALL[0]))
    script.add(UnknownMessage({text: text for text in ALL}))
    _tools(script)
    view = TurnView(1000, can_stop=True)
    for message in script.messages:
        apply_message(view, message, 2000)
    for number, call in enumerate((_form(), Call("ExitPlanMode", {"plan": everything}))):
        question = PermissionQuestion(call, ToolPermissionContext(decision_reason=everything))
        view.put(f"form {number}", question.panel, question.pieces)
    for number, text in enumerate(ALL[::9]):
        question = PermissionQuestion(
            Call("Bash", {"command": text}), ToolPermissionContext(decision_reason=text)
        )
        view.put(f"ask {number}", question.panel, question.pieces)
        view.notice("warning", text)
    apply_message(view, AssistantMessage([TextBlock(LAST)]), 2000)
    return view


def _tools(script: Script) -> None:
    """Add names, schemas, checklists and data of tools and servers."""
    about = {text: {"title": text, "description": text} for text in ALL}
    schema = {"description": ALL[0], "properties": about}
    script.add(InitMessage("init", model=ALL[0], cwd=ALL[1], tool_schemas={"mcp__x__y": schema}))
    for text in ALL[::15]:
        meta = {"display_name": text, "server_display_name": text}
        call = script.call("mcp__x__y", {text: text, "list": [text]}, meta=meta)
        script.answer(call, [{"type": "text", "text": text}, {"type": text, "text": text}])
    todos = [{"content": text, "activeForm": text, "status": "in_progress"} for text in ALL[::3]]
    script.use("TodoWrite", {"todos": todos}, "ok")
    script.use("StructuredOutput", {"rows": [{text: text} for text in ALL[::9]]}, "ok")
    script.use("Agent", {"description": ALL[0], "prompt": ALL[2], "subagent_type": ALL[3]}, ALL[4])
    hits = [{"title": text, "url": text} for text in ALL]
    script.use("WebSearch", {"query": ALL[5]}, "x", {"results": [{"content": hits}]})


def _form() -> Call:
    questions = [
        {"question": text, "header": text, "options": [{"label": text, "description": text}]}
        for text in ALL[::15]
    ]
    return Call("AskUserQuestion", {"questions": questions})


def drawn() -> list[str]:
    """Return the hostile diagrams that the application draws."""
    sources = (text.removeprefix("```mermaid\n").removesuffix("\n```") for text in DIAGRAMS)
    return [source for source in sources if is_harmless(source)]


def draw() -> None:
    """Make the application draw them."""
    from IPython.display import display

    for number, source in enumerate(drawn()):
        display(diagram_bundle(source, number), raw=True)
    display({"text/plain": LAST}, raw=True)


class Shown:
    """The turn in a cell, live at first."""

    def __init__(self) -> None:
        self.view = turn()
        post = lambda function: function()  # noqa: E731  like the loop's method, without a loop
        self._output = WidgetOutput(self.view, lambda: None, post, lambda message: None)
        self._output.start()
        self._output.send(self.view.flush())

    def finish(self) -> None:
        """Replace the live view by its saved form."""
        self.view.finish("done", 3000)
        self._output.send(self.view.flush())
        self._output.finish()
