"""Turns with retries: a notice with the end of the wait, then success."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel import kernel

from claude_notebook.testing import ScriptedAPI, Status, Step, Use, clean_environment, script

pytestmark = pytest.mark.kernel

# (variable of the CLI, the failure, the announcement)
# The service sets the delay: a shorter wait could end before a busy machine shows the notice.
WAIT = {"retry-after": "3"}
CASES = [
    (
        "2",
        Status(429, times=1, headers=WAIT),
        "Trying again: too many requests (429), attempt 1 of",
    ),
    (
        "2",
        Status(529, times=1, headers=WAIT),
        "Trying again: the service is overloaded (529), attempt 1 of",
    ),
    # The CLI has given up, so this package retries.
    ("0", Status(500, times=1), "Trying again: the service failed (500), attempt 1 of 3"),
]


def test_turn_shows_retry_and_succeeds(tmp_path: Path, claude_cli: str) -> None:
    with ScriptedAPI() as api:
        env = {
            **clean_environment(api.url, tmp_path),
            "CLAUDE_CLI_PATH": claude_cli,
            "IPYTHONDIR": str(tmp_path / "ipython"),
        }
        with kernel(env, tmp_path) as notebook:
            notebook.run("import os\n%load_ext claude_notebook")
            for retries, failure, announced in CASES:
                notebook.run(f"os.environ['CLAUDE_CODE_MAX_RETRIES'] = {retries!r}")
                step = Step("All is well.", fails=failure)
                prompt = script(Use("Bash", {"command": "echo a"}), step)
                request = notebook.start(f"%%claude --allow Bash\n{prompt}")
                notebook.wait_for(announced)
                run = notebook.wait(request)

                assert run.status == "ok", run
                assert run.plain.count("All is well.") == 1
                assert "Trying again" not in run.plain
