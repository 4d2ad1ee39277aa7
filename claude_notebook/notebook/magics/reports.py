"""Markdown reports about cost, context, MCP servers, and the installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...messages import JSON
from ...messages.json_fields import Fields
from ...render.labels import format_cost, format_duration, format_tokens
from .markdown_tables import plain, table

if TYPE_CHECKING:
    from ...auth.login import AuthStatus
    from ...cli.doctor.checks import Check

_TOKEN_FIELDS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
_BAR = 20


def cost_report(usage: JSON, background: Sequence[float] = ()) -> str:
    """Render a conversation's cost by model.

    :param usage: the reply to `get_usage`.
    :param background: US dollars spent on each background turn in a separate conversation.
    """
    session = Fields(usage).obj("session")
    used = session.obj("model_usage")
    rows = [
        (
            name,
            *(format_tokens(used.obj(name).whole(key)) for key in _TOKEN_FIELDS),
            format_cost(used.obj(name).number("costUSD")),
        )
        for name in used.raw
    ]
    total = format_cost(session.number("total_cost_usd") or 0.0)
    api_time = format_duration(session.number("total_api_duration_ms") or 0.0)
    facts = [
        f"**{plain(total)}** for this conversation",
        f"{api_time} waiting for the model",
        f"{session.whole('total_lines_added')} lines added, "
        f"{session.whole('total_lines_removed')} removed",
    ]
    if background:
        facts.insert(1, f"{plain(format_cost(sum(background)))} in background turns")
    head = ("model", "input", "output", "cache read", "cache written", "cost")
    return " · ".join(facts) + (f"\n\n{table(head, rows, numbers=5)}" if rows else "")


def context_report(usage: object) -> str:
    """Render the contents of the context from the reply to `get_context_usage`."""
    fields = Fields(usage)
    limit = fields.whole("maxTokens")
    used = f"**{format_tokens(fields.whole('totalTokens'))} of {format_tokens(limit)} tokens**"
    parts = [
        f"{used} · {fields.whole('percentage')} % · {plain(fields.text('model'))}",
        table(
            ("category", "tokens", "share"),
            [_category_row(category, limit) for category in fields.objects("categories")],
            numbers=2,
        ),
    ]
    for key, head, name in (
        ("memoryFiles", "memory file", "path"),
        ("mcpTools", "MCP tool", "name"),
    ):
        rows = [
            (item.text(name), format_tokens(item.whole("tokens"))) for item in fields.objects(key)
        ]
        if rows:
            parts.append(table((head, "tokens"), rows, numbers=1))
    return "\n\n".join(parts)


def _category_row(category: Fields, limit: int) -> tuple[str, str, str]:
    count = category.whole("tokens")
    share = count / limit if limit else 0.0
    bar = "█" * round(share * _BAR)
    return category.text("name"), format_tokens(count), f"{bar} {share:.1%}".strip()


def mcp_report(status: object) -> str:
    """Render the MCP servers from the reply to `mcp_status`."""
    servers = Fields(status).objects("mcpServers")
    if not servers:
        return "No MCP servers. `claude mcp add` in a terminal adds one."
    rows = [
        (
            server.text("name"),
            server.text("status"),
            server.text("scope"),
            ", ".join(tool.text("name") for tool in server.objects("tools"))
            or server.text("error"),
        )
        for server in servers
    ]
    return table(("server", "status", "from", "tools"), rows)


def doctor_report(checks: Sequence[Check]) -> str:
    """Render the results of the checks, with advice for those that failed."""
    rows = [
        (
            "✓" if check.ok else "✗ failed",
            check.name,
            f"{check.detail} {check.advice and '→ ' + check.advice}",
        )
        for check in checks
    ]
    failed = sum(not check.ok for check in checks)
    summary = f"{failed} of {len(rows)} checks failed." if failed else "All checks passed."
    return f"**{summary}**\n\n{table(('', 'check', 'result'), rows)}"


def sign_in_report(status: AuthStatus) -> str:
    """Describe the sign-in that applies, never its secret."""
    if not status.signed_in:
        state = "Your sign-in has expired." if status.expired else "You are not signed in."
        reason = f" {plain(status.detail)}" if status.detail else ""
        return f"**{state}**{reason} `%claude /login` signs you in."
    validated = {True: "yes", False: "rejected", None: "not tested"}[status.validated]
    expiry = f"{status.expires_at:%Y-%m-%d %H:%M:%S %Z}" if status.expires_at else ""
    rows = [("source", status.source), ("account", status.account), ("validated", validated)]
    rows += [("valid until", expiry)] if expiry else []
    conflicts = "".join(f"\n\n{plain(conflict)}" for conflict in status.conflicts)
    shown = [row for row in rows if row[1]]
    head = ("credential", status.kind.replace("_", " "))
    return f"**You are signed in.**\n\n{table(head, shown)}{conflicts}"
