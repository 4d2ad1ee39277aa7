"""`pytest --nbval .`: every cell of these guides shows what is saved below it, word for word.

They play their recordings, without network, login or Claude Code, each in a new folder.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

collect_ignore = ["example_project"]  # a project of its own, with tests of its own

# What a kernel does first: nbval would have it work, and write, where the notebooks are.
STARTUP = """\
import os, tempfile
os.chdir(tempfile.mkdtemp(dir={scratch!r}))
os.environ["CLAUDE_NOTEBOOK_APPLY"] = os.getcwd()
del os, tempfile
"""


def pytest_configure(config: pytest.Config) -> None:
    """Kernels inherit the environment."""
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    scratch = Path(tempfile.mkdtemp(prefix="claude-notebook-guides-")).resolve()
    config.add_cleanup(lambda: shutil.rmtree(scratch, ignore_errors=True))
    startup = scratch / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "folder.py").write_text(STARTUP.format(scratch=str(scratch)), encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(scratch / "ipython")
    os.environ.setdefault("CLAUDE_NOTEBOOK_REPLAY", "only")
    os.environ.setdefault("CLAUDE_NOTEBOOK_CASSETTES", str(HERE / "cassettes"))
