"""Runs tests of the notebook against several releases of ipykernel, each in a venv of its own.

    python tests/kernel_matrix.py FOLDER [pytest arguments]

Besides, for each release, how a question is answered in a browser (`tests/ui/how_asked.py`).

The venvs in FOLDER take everything but ipykernel from the environment that runs this, and are kept
for the next time. In CI only the installed release runs.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

RELEASES = ("6.31", "7.0", "7.3", "7.4")
ROOT = Path(__file__).parent.parent
USUAL = ("tests/notebook/test_questions_in_kernel.py", "tests/turns/questions/test_questions.py")


def environment(folder: Path, release: str) -> Path:
    """The Python of the venv with this release, made if it is not there."""
    where = folder / f"ipykernel-{release}"
    python = where / "bin" / "python"
    if not python.exists():
        venv.create(where, with_pip=True)
        own = where / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        rest = sysconfig.get_path("purelib")
        (own / "rest.pth").write_text(f"import site; site.addsitedir({rest!r})\n")
        wanted = ["install", "-q", "--no-deps", f"ipykernel=={release}.*"]
        subprocess.run([python, "-m", "pip", *wanted], check=True)
    # What the page has of widgets is no Python package.
    extensions = Path("share", "jupyter", "labextensions")
    if not (where / extensions).exists():
        (where / extensions.parent).mkdir(parents=True, exist_ok=True)
        (where / extensions).symlink_to(Path(sys.prefix, extensions))
    return python


def run(python: Path, arguments: list[str]) -> str:
    """The last line of a run of pytest."""
    command = [python, "-m", "pytest", "-q", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "\n    ".join([done.stdout.strip().splitlines()[-1], *failed])


def main() -> None:
    folder, *arguments = sys.argv[1:]
    for release in RELEASES:
        python = environment(Path(folder).resolve(), release)
        code = "import ipykernel; print(ipykernel.__version__)"
        version = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout
        print(f"ipykernel {version.strip()}: {run(python, arguments or [*USUAL])}", flush=True)
        subprocess.run([python, ROOT / "tests" / "ui" / "how_asked.py"], check=True)


if __name__ == "__main__":
    main()
