"""Questions in a real kernel without a page, which appear as input prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel import Kernel, kernel

from claude_notebook.testing import Use, script

pytestmark = pytest.mark.kernel


def answer(opened: Kernel, text: str) -> None:
    """Answer the next input prompt."""
    request = opened.client.get_stdin_msg(timeout=60)
    assert request["msg_type"] == "input_request"
    opened.client.input(text)


def test_kernel_without_page_asks_at_input_prompt(notebook_env: dict[str, str], tmp_path: Path):
    env = {**notebook_env, "IPYTHONDIR": str(tmp_path / "ipython")}
    made, refused = tmp_path / "made", tmp_path / "refused"
    uses = [Use("Write", {"file_path": str(path), "content": "x"}) for path in (made, refused)]
    with kernel(env, tmp_path) as opened:
        assert opened.run("%load_ext claude_notebook").status == "ok"
        request = opened.start(f"%%claude\n{script(*uses, 'That is all.')}")
        answer(opened, "a")
        answer(opened, "d")
        answer(opened, "not that one")
        run = opened.wait(request)
        assert run.status == "ok"
    assert made.exists()
    assert not refused.exists()
    assert "Write this file?" in run.stdout
    assert "[a] Allow once" in run.stdout
    assert "That is all." in run.plain
    assert "not that one" in run.plain
