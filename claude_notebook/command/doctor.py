"""`claude-notebook doctor`, which reports problems with the installation and how to fix them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..cli.doctor.checks import Check


@dataclass(frozen=True)
class Doctor:
    """The subcommand's options.

    :param as_json: print JSON instead of a table.
    :param offline: do not contact the model's service.
    :param cli_path: the binary; None starts the usual search.
    :param fix: repair credentials that conflict with each other.
    """

    as_json: bool = False
    offline: bool = False
    cli_path: str | None = None
    fix: bool = False


def run(doctor: Doctor, *, environ: Mapping[str, str] | None = None) -> int:
    """Run all checks and print them.

    :returns: the exit code, which is 1 if a check failed.
    """
    # The other subcommands do not need these imports.
    import anyio

    from ..cli.doctor.facts import diagnose
    from . import credentials

    async def run_diagnosis() -> tuple[Check, ...]:
        return await diagnose(doctor.cli_path, environ=environ, offline=doctor.offline)

    variables = os.environ if environ is None else environ
    fixed = credentials.repair(variables) if doctor.fix else []
    rows = (*fixed, *anyio.run(run_diagnosis), *credentials.check(variables))
    fine = all(row.ok for row in rows)
    if doctor.as_json:
        print(json.dumps({"ok": fine, "checks": [asdict(row) for row in rows]}, indent=2))
    else:
        print_table(rows)
    return 0 if fine else 1


def print_table(rows: Sequence[Check]) -> None:
    """Print the rows as a table on standard output, with colors on a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", "Check", "Result"):
        table.add_column(title, overflow="fold", no_wrap=title != "Result")
    for row in rows:
        mark = Text("ok", "green") if row.ok else Text("failed", "bold red")
        result = Text(row.detail)
        if row.advice:
            result.append(f"\n-> {row.advice}", "cyan" if row.ok else "bold")
        table.add_row(mark, Text(row.name), result)
    # A pipe has no width, so do not wrap long paths.
    console = Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
    console.print(table)
    failed = sum(not row.ok for row in rows)
    console.print(f"\n{failed} of {len(rows)} checks failed." if failed else "\nAll checks passed.")
