"""Run the notebook's tests with several releases of ipykernel, each in its own venv.

    python tests/kernel_matrix.py FOLDER [pytest arguments]

Also reports how each release answers a question in a browser (`tests/ui/how_asked.py`).

The venvs in FOLDER use all packages except ipykernel from the current environment, and are kept for
the next run. CI only tests the installed release.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

RELEASES = ("6.31", "7.0", "7.3", "7.4")
ROOT = Path(__file__).parent.parent
DEFAULT_TESTS = (
    "tests/notebook/test_questions_in_kernel.py",
    "tests/turns/questions/test_questions.py",
)


def environment(folder: Path, release: str) -> Path:
    """Return the Python of the venv with this release; create the venv if missing."""
    target = folder / f"ipykernel-{release}"
    python = target / "bin" / "python"
    if not python.exists():
        venv.create(target, with_pip=True)
        own = (
            target / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        )
        rest = sysconfig.get_path("purelib")
        (own / "rest.pth").write_text(f"import site; site.addsitedir({rest!r})\n")
        wanted = ["install", "-q", "--no-deps", f"ipykernel=={release}.*"]
        subprocess.run([python, "-m", "pip", *wanted], check=True)
    # The browser part of the widgets is not a Python package.
    extensions = Path("share", "jupyter", "labextensions")
    if not (target / extensions).exists():
        (target / extensions.parent).mkdir(parents=True, exist_ok=True)
        (target / extensions).symlink_to(Path(sys.prefix, extensions))
    return python


def run(python: Path, arguments: list[str]) -> str:
    """Run pytest and return the last line of its output, with failures."""
    command = [python, "-m", "pytest", "-q", *arguments]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    failed = [line for line in process.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "\n    ".join([process.stdout.strip().splitlines()[-1], *failed])


def main() -> None:
    folder, *arguments = sys.argv[1:]
    for release in RELEASES:
        python = environment(Path(folder).resolve(), release)
        code = "import ipykernel; print(ipykernel.__version__)"
        version = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout
        print(
            f"ipykernel {version.strip()}: {run(python, arguments or [*DEFAULT_TESTS])}", flush=True
        )
        subprocess.run([python, ROOT / "tests" / "ui" / "how_asked.py"], check=True)


if __name__ == "__main__":
    main()
