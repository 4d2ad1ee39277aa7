"""Turn with one text in every field that comes from outside."""

from gallery import Script

from claude_notebook.messages import (
    AssistantMessage,
    TextBlock,
    ThinkingBlock,
    UnknownMessage,
    UserMessage,
)
from claude_notebook.render.view.notices import ErrorSummary
from claude_notebook.render.view.reducer import view_of


def everywhere(text):
    """Return a view with this text in every field that comes from outside."""
    script = Script()
    script.add(UserMessage(text))
    script.add(AssistantMessage([ThinkingBlock(text), TextBlock(text)], model=text))
    script.use(text, {text: text, "command": text}, text, {text: text})
    for name in ("Bash", "Read", "Write", "Edit", "NotebookEdit", "Grep", "Glob", "WebFetch"):
        value = dict.fromkeys(
            ("command", "description", "file_path", "content", "old_string", "pattern", "url"), text
        )
        value |= {"new_string": f"{text}!", "notebook_path": text, "new_source": text, "path": text}
        record = {
            "stdout": text,
            "stderr": text,
            "file": {"content": text, "numLines": 1},
            "structuredPatch": [{"lines": [f"+{text}", f"-{text}"]}],
            "filenames": [text],
            "content": text,
            "result": text,
            "codeText": text,
            "code": 200,
        }
        script.use(name, value, text, record)
        script.use(name, value, text, text, error=True)
    hits = [{"title": text, "url": f"https://ok.invalid/{text}"}, {"title": text, "url": text}]
    script.use("WebSearch", {"query": text}, text, {"results": [{"content": hits}]})
    script.use("TaskCreate", {"subject": text}, text, {"task": {"id": text}})
    script.use("ExitPlanMode", {"plan": text}, text)
    choices = [{"label": text, "description": text}]
    script.use("AskUserQuestion", {"questions": [{"question": text, "options": choices}]},
               text, {"answers": {text: text}})  # fmt: skip
    script.use("StructuredOutput", {text: [{text: text}]}, text)
    back = [{"type": "text", "text": text}, {"type": "image", "source": {"data": text}}]
    script.use("Agent", {"description": text, "prompt": text, "subagent_type": text}, back)
    script.use(f"mcp__{text}__{text}", {text: text}, [{"type": text, "x": text}])
    script.add(UnknownMessage({"type": text, text: text}))
    view = view_of(script.messages)
    view.notice("warning", text)
    view.error(ErrorSummary(text, text, text))
    view.totals.update(note=text)
    return view
