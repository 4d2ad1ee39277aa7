"""Costs, context, servers and health as the CLI tells them, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...messages import JSON
from ...messages.json_fields import Fields
from ...render.labels import format_cost, format_duration, format_tokens
from .markdown_tables import plain, table

if TYPE_CHECKING:
    from ...cli.doctor.checks import Check

_USED = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
_BAR = 20


def cost_words(usage: JSON, beside: Sequence[float] = ()) -> str:
    """What a conversation has cost, model by model.

    :param usage: the answer to `get_usage`.
    :param beside: US dollars that background turns have cost, in conversations of their own.
    """
    session = Fields(usage).obj("session")
    used = session.obj("model_usage")
    rows = [
        (
            name,
            *(format_tokens(used.obj(name).whole(key)) for key in _USED),
            format_cost(used.obj(name).number("costUSD")),
        )
        for name in used.raw
    ]
    total = format_cost(session.number("total_cost_usd") or 0.0)
    api_time = format_duration(session.number("total_api_duration_ms") or 0.0)
    facts = [
        f"**{plain(total)}** for this conversation",
        f"{api_time} of waiting for the model",
        f"{session.whole('total_lines_added')} lines added, "
        f"{session.whole('total_lines_removed')} removed",
    ]
    if beside:
        facts.insert(1, f"{plain(format_cost(sum(beside)))} for background turns besides")
    head = ("model", "input", "output", "cache read", "cache written", "cost")
    return " · ".join(facts) + (f"\n\n{table(head, rows, numbers=5)}" if rows else "")


def context_words(usage: JSON) -> str:
    """What fills the context: the answer to `get_context_usage`."""
    told = Fields(usage)
    room = told.whole("maxTokens")
    used = f"**{format_tokens(told.whole('totalTokens'))} of {format_tokens(room)} tokens**"
    parts = [
        f"{used} · {told.whole('percentage')} % · {plain(told.text('model'))}",
        table(
            ("what", "tokens", "share"),
            [_part(one, room) for one in told.objects("categories")],
            numbers=2,
        ),
    ]
    for key, head, name in (
        ("memoryFiles", "memory file", "path"),
        ("mcpTools", "MCP tool", "name"),
    ):
        if rows := [
            (one.text(name), format_tokens(one.whole("tokens"))) for one in told.objects(key)
        ]:
            parts.append(table((head, "tokens"), rows, numbers=1))
    return "\n\n".join(parts)


def _part(category: Fields, room: int) -> tuple[str, str, str]:
    count = category.whole("tokens")
    share = count / room if room else 0.0
    bar = "█" * round(share * _BAR)
    return category.text("name"), format_tokens(count), f"{bar} {share:.1%}".strip()


def mcp_words(status: JSON) -> str:
    """The MCP servers: the answer to `mcp_status`."""
    servers = Fields(status).objects("mcpServers")
    if not servers:
        return "No MCP servers. `claude mcp add` in a terminal adds one."
    rows = [
        (
            one.text("name"),
            one.text("status"),
            one.text("scope"),
            ", ".join(tool.text("name") for tool in one.objects("tools")) or one.text("error"),
        )
        for one in servers
    ]
    return table(("server", "status", "from", "tools"), rows)


def doctor_words(checks: Sequence[Check]) -> str:
    """What was looked at, and what to do about it."""
    rows = [
        ("✓" if one.ok else "✗ wrong", one.name, f"{one.detail} {one.advice and '→ ' + one.advice}")
        for one in checks
    ]
    wrong = sum(not one.ok for one in checks)
    said = f"{wrong} of {len(rows)} are wrong." if wrong else "All is well."
    return f"**{said}**\n\n{table(('', 'what', 'found'), rows)}"
