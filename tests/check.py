"""Run every check of this project in one command.

python tests/check.py                   all checks python tests/check.py lint types        some
checks python tests/check.py --except tests    all checks except some

Requires `pip install -e ".[dev]"`, and Node for the front end.
"""

import argparse
import os
import shlex
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# name -> command in the project's folder
CHECKS = {
    "lint": "ruff check",
    "format": "ruff format --check",
    "types": "mypy",
    "types-newest": "mypy --python-version 3.13",
    "layers": "lint-imports --no-cache",
    "view": "npm --prefix js run check",
    "tests": "pytest --cov",
}


def run(name: str) -> bool:
    """Run one check with live output, and return True if it passed."""
    print(f"\n--- {name}: {CHECKS[name]}", flush=True)
    # Use this Python's tools, even if its environment is not activated.
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))
    environment = {**os.environ, "PATH": path}
    try:
        return not subprocess.run(shlex.split(CHECKS[name]), cwd=ROOT, env=environment).returncode
    except FileNotFoundError as error:
        print(f"{error.filename} is not installed", file=sys.stderr)
        return False


def main() -> int:
    """Run the selected checks, and return 0 if all passed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CHECKS))
    parser.add_argument("--except", nargs="+", dest="skipped", default=[], metavar="NAME")
    options = parser.parse_args()
    if unknown := {*options.names, *options.skipped} - {*CHECKS}:
        parser.error(
            f"unknown checks: {', '.join(sorted(unknown))} (choose from {', '.join(CHECKS)})"
        )

    lines, failed = [], 0
    for name in CHECKS:
        if name in options.skipped or (options.names and name not in options.names):
            continue
        start = time.monotonic()
        passed = run(name)
        failed += not passed
        lines.append(
            f"{'passed' if passed else 'FAILED'}  {time.monotonic() - start:6.1f} s  {name}"
        )
    print("", *lines, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
