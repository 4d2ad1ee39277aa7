"""Setup for `pytest --nbval .`, which compares each cell's output with the saved one.

The guides play their recordings in new folders, without network, login, or Claude Code.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

collect_ignore = ["example_project"]  # a separate project with its own tests

# Each kernel starts in a new folder; nbval would start it in the folder of the notebooks.
STARTUP = """\
import os, tempfile
os.chdir(tempfile.mkdtemp(dir={scratch!r}))
os.environ["CLAUDE_NOTEBOOK_APPLY"] = os.getcwd()
del os, tempfile
"""


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the environment that the kernels inherit."""
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
