"""Handwritten turn with every kind of panel content."""

from __future__ import annotations

import base64
import struct
import zlib

from claude_notebook.messages import (
    APIRetryMessage,
    AssistantMessage,
    CompactBoundaryMessage,
    InitMessage,
    Message,
    PermissionDeniedMessage,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownMessage,
    UserMessage,
)

ANSWER = """\
## What is odd about `data.csv`

Three things stand out in the **1,204 rows**; the rest looks *plausible*:

1. The column `price` mixes currencies: $5 and $10 stand beside 5 €.
2. Row 17 has a date in the future (`2062-01-04`).
3. The mean is $\\bar{x} = \\frac{1}{n}\\sum_i x_i$, and it is off by a factor of two:

$$
\\hat\\sigma^2 = \\frac{1}{n-1}\\sum_{i=1}^{n}(x_i-\\bar{x})^2
$$

| column | missing | note |
|:-------|--------:|:----:|
| date   | 0       | ok   |
| price  | 12      | two currencies |
| ~~id~~ | 1,204   | always empty |

- [x] read the file
- [ ] fix the prices

> [!WARNING]
> Row 17 would be dropped by a filter on dates.

```python
import pandas as pd

frame = pd.read_csv("data.csv", parse_dates=["date"])
print(frame.describe())  # mean, std, min, max
```

More in the [documentation](https://example.com/docs)[^1].

[^1]: As of version 2.
"""


def png(width: int = 160, height: int = 60) -> str:
    """Return a small PNG image as base64."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in (40 + x, 90 + y, 200 - x // 2))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    raw = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + raw).decode()


class Script:
    """Builder of messages, which adds the result to each tool call."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._count = 0

    def add(self, *messages: Message) -> None:
        self.messages += messages

    def say(self, text: str, parent: str | None = None) -> None:
        self.add(AssistantMessage([TextBlock(text)], parent_tool_use_id=parent))

    def call(self, name: str, value: dict, parent: str | None = None, meta=None) -> str:
        self._count += 1
        call_id = f"toolu_{self._count}"
        self.add(
            AssistantMessage(
                [ToolUseBlock(call_id, name, value)],
                parent_tool_use_id=parent,
                tool_use_meta=[{"id": call_id, **meta}] if meta else None,
            )
        )
        return call_id

    def answer(self, call_id: str, content, record=None, error=False, parent=None, meta=None):
        self.add(
            UserMessage(
                [ToolResultBlock(call_id, content, error)],
                tool_use_result=record,
                parent_tool_use_id=parent,
                tool_result_meta=[{"id": call_id, **meta}] if meta else None,
            )
        )

    def use(self, name: str, value: dict, content="", record=None, error=False, parent=None) -> str:
        call_id = self.call(name, value, parent)
        self.answer(call_id, content, record, error, parent)
        return call_id


PATCH = [
    {
        "oldStart": 10,
        "oldLines": 5,
        "newStart": 10,
        "newLines": 6,
        "lines": [
            " def load(path):",
            '-    frame = pd.read_csv(path, sep=",")',
            '+    frame = pd.read_csv(path, sep=";")',
            '+    frame["date"] = pd.to_datetime(frame["date"])',
            "     return frame",
            " ",
            " ",
        ],
    },
    {
        "oldStart": 40,
        "oldLines": 2,
        "newStart": 41,
        "newLines": 1,
        "lines": [" # the end", "-print('debug')"],
    },
]


def gallery() -> list[Message]:
    """Return the messages of the turn."""
    script = Script()
    script.add(InitMessage("init", model="claude-opus-5-5", cwd="/home/user/project"))
    script.add(UserMessage("Read data.csv and tell me what's odd about it."))
    script.add(
        AssistantMessage(
            [ThinkingBlock("The person wants to know about **data.csv**.\n\nI will read it.")],
            thinking_duration_ms=3200,
        )
    )
    _files(script)
    _agents(script)
    _web(script)
    _servers(script)
    _remarks(script)
    script.say(ANSWER)
    script.add(
        ResultMessage(
            usage={"input_tokens": 18_204, "output_tokens": 1_911},
            cost_usd=0.0412,
            total_cost_usd=0.1377,
            model_usage={"claude-opus-5-5": {"contextWindow": 200_000}},
        )
    )
    return script.messages


def _files(script: Script) -> None:
    script.say("I'll look at the file first.")
    script.use(
        "Read",
        {"file_path": "/home/user/project/data.csv", "offset": 1, "limit": 4},
        "1\tdate,price",
        {
            "type": "text",
            "file": {
                "filePath": "/home/user/project/data.csv",
                "content": "date,price\n2026-01-04,5 €\n2062-01-04,$10\n2026-01-05,7\n",
                "numLines": 4,
                "startLine": 1,
                "totalLines": 1205,
            },
        },
    )
    script.use(
        "Bash",
        {
            "command": "wc -l data.csv && pytest -q 2>&1 | tail -n 3",
            "description": "Count and test",
        },
        "",
        {
            "stdout": "1205 data.csv\n\x1b[32m..\x1b[0m\x1b[31mF\x1b[0m\n"
            "\x1b[1;31mFAILED\x1b[0m test_load.py::test_dates - \x1b[33mAssertionError\x1b[0m",
            "stderr": "warning: slow",
        },
    )
    script.use(
        "Bash",
        {"command": "python3 demo.py", "description": "Run the demo"},
        "Exit code 3\nTraceback (most recent call last):\nKeyError: 'price'",
        "Error: Exit code 3",
        error=True,
    )
    script.use(
        "Edit",
        {"file_path": "/home/user/project/analysis.py", "old_string": "a", "new_string": "b"},
        "ok",
        {"filePath": "/home/user/project/analysis.py", "structuredPatch": PATCH},
    )
    script.use(
        "Write",
        {"file_path": "/home/user/project/clean.py", "content": "import sys\n\nprint(sys.argv)\n"},
        "ok",
        {"type": "create", "structuredPatch": []},
    )
    script.use(
        "NotebookEdit",
        {"notebook_path": "/home/user/a.ipynb", "cell_id": "c1", "new_source": "x = 2\nx + 1"},
        "ok",
        {"old_source": "x = 1\nx + 1", "new_source": "x = 2\nx + 1", "cell_id": "c1"},
    )
    script.use("Glob", {"pattern": "**/*.py"}, "a", {"filenames": ["analysis.py", "demo.py"]})
    script.use(
        "Grep",
        {"pattern": "def load", "path": "/home/user/project", "output_mode": "content"},
        "a",
        {"content": "analysis.py:10:def load(path):", "numLines": 1, "filenames": []},
    )


def _agents(script: Script) -> None:
    script.use("TaskCreate", {"subject": "Read the data"}, "ok", {"task": {"id": "1"}})
    script.use("TaskCreate", {"subject": "Fix the prices"}, "ok", {"task": {"id": "2"}})
    script.use("TaskCreate", {"subject": "Write a report"}, "ok", {"task": {"id": "3"}})
    script.use("TaskUpdate", {"taskId": "1", "status": "completed"}, "ok", {"success": True})
    script.use("TaskUpdate", {"taskId": "2", "status": "in_progress"}, "ok", {"success": True})
    agent = script.call(
        "Agent",
        {
            "description": "Look for duplicates",
            "prompt": "Look for duplicate rows in `data.csv`.",
            "subagent_type": "Explore",
        },
    )
    script.use(
        "Bash",
        {"command": "sort data.csv | uniq -d", "description": "Find duplicates"},
        "2026-01-05,7",
        {"stdout": "2026-01-05,7", "stderr": ""},
        parent=agent,
    )
    script.say("There is **one** duplicate row.", parent=agent)
    script.answer(
        agent,
        [{"type": "text", "text": "There is one duplicate row."}],
        {
            "content": [{"type": "text", "text": "There is one duplicate row."}],
            "totalToolUseCount": 1,
        },
    )
    script.use("ExitPlanMode", {"plan": "1. Drop the duplicate\n2. Convert the prices"}, "approved")
    script.use(
        "AskUserQuestion",
        {
            "questions": [
                {
                    "question": "Which currency?",
                    "options": [
                        {"label": "Euro", "description": "as most rows"},
                        {"label": "Dollar", "description": "as the header says"},
                    ],
                }
            ]
        },
        "ok",
        {"answers": {"Which currency?": "Euro"}},
    )


def _web(script: Script) -> None:
    hits = [{"title": "pandas.read_csv", "url": "https://pandas.pydata.org/read_csv.html"}]
    script.use("WebSearch", {"query": "pandas read_csv sep"}, "x", {"results": [{"content": hits}]})
    script.use(
        "WebFetch",
        {"url": "https://pandas.pydata.org/read_csv.html", "prompt": "What does sep do?"},
        "x",
        {"result": "`sep` is the **delimiter**.", "code": 200, "codeText": "OK"},
    )


def _servers(script: Script) -> None:
    plot = script.call(
        "mcp__nb__plot",
        {"kind": "hist"},
        meta={"display_name": "Plot", "server_display_name": "nb"},
    )
    source = {"type": "base64", "media_type": "image/png", "data": png()}
    script.answer(plot, [{"type": "text", "text": "here"}, {"type": "image", "source": source}])
    script.use(
        "StructuredOutput", {"rows": 1204, "columns": [{"name": "date", "missing": 0}]}, "ok"
    )
    script.use("SomeNewTool", {"alpha": 1, "beta": ["x"], "path": "a/b"}, '{"answer": 42}')


def _remarks(script: Script) -> None:
    denied = script.call("Bash", {"command": "rm -rf \u202e/tmp", "description": "Clean up"})
    script.add(PermissionDeniedMessage("permission_denied", tool_name="Bash", tool_use_id=denied))
    script.answer(denied, "You may not do this.", error=True)
    script.add(
        APIRetryMessage(
            "api_retry",
            attempt=1,
            max_retries=10,
            retry_delay_ms=1200,
            error_status=529,
            error="overloaded",
        )
    )
    script.add(CompactBoundaryMessage("compact_boundary", compact_metadata={"pre_tokens": 160_000}))
    script.add(
        RateLimitEvent(
            RateLimitInfo("allowed_warning", rate_limit_type="five_hour", utilization=0.91)
        )
    )
    script.add(UnknownMessage({"type": "brand_new", "value": 1}, "type"))
    script.add(
        AssistantMessage(
            [TextBlock("API Error: 529 Overloaded")],
            error="overloaded",
            api_error_status=529,
            is_api_error_message=True,
        )
    )
