"""`claude-notebook doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..cli.doctor.checks import Check


@dataclass(frozen=True)
class Doctor:
    """What was asked for.

    :param as_json: JSON in place of a table.
    :param offline: do not ask the model's service whether it is there.
    :param cli_path: the binary; the usual search when None.
    """

    as_json: bool = False
    offline: bool = False
    cli_path: str | None = None


def run(doctor: Doctor, *, environ: Mapping[str, str] | None = None) -> int:
    """Look at everything and print it. Returns the exit code: 1 when something is wrong."""
    # Here, so that the other subcommands need neither.
    import anyio

    from ..cli.doctor.facts import diagnose

    async def look() -> tuple[Check, ...]:
        return await diagnose(doctor.cli_path, environ=environ, offline=doctor.offline)

    rows = anyio.run(look)
    fine = all(row.ok for row in rows)
    if doctor.as_json:
        print(json.dumps({"ok": fine, "checks": [asdict(row) for row in rows]}, indent=2))
    else:
        print_table(rows)
    return 0 if fine else 1


def print_table(rows: Sequence[Check]) -> None:
    """The rows as a table on standard output; without colours where that is no terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", "What", "Found"):
        table.add_column(title, overflow="fold", no_wrap=title != "Found")
    for row in rows:
        mark = Text("ok", "green") if row.ok else Text("wrong", "bold red")
        found = Text(row.detail)
        if row.advice:
            found.append(f"\n-> {row.advice}", "cyan" if row.ok else "bold")
        table.add_row(mark, Text(row.name), found)
    # A pipe has no width: long paths must not be broken there.
    console = Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
    console.print(table)
    wrong = sum(not row.ok for row in rows)
    console.print(f"\n{wrong} of {len(rows)} are wrong." if wrong else "\nAll is well.")
