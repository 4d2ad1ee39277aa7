"""Changes of a folder while the real CLI runs in it: nothing acts that was not trusted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from talk import Talk, eventually

from claude_notebook.testing.notation import script
from claude_notebook.testing.steps import Use
from claude_notebook.turns.request import LaunchSettings
from claude_notebook.turns.state import TrustStore
from claude_notebook.turns.trust.guard import FolderGuard
from claude_notebook.turns.trust.trust import TrustGate, powers_of

WAIT = "touch runs; until [ -e go ]; do sleep 0.1; done"
SETTINGS = '{"theme": "dark", "permissions": {"allow": ["Bash(sh wait.sh)"]}}'
EVENTS = ("PreToolUse", "UserPromptSubmit", "Stop", "SessionEnd", "ConfigChange", "FileChanged")


def hooks(mark: Path) -> str:
    command = [{"hooks": [{"type": "command", "command": f"touch {mark}"}]}]
    return json.dumps({"hooks": dict.fromkeys(EVENTS, command)})


class Folder:
    """A trusted folder, and a process that runs in it."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.path = talk.cwd
        self.mark = talk.cwd / "mark"
        self.store = TrustStore(talk.cwd.parent / "trusted")
        self.gate = TrustGate(self.store)
        talk.conversation.admits = self.gate.admits

    def launch(self) -> LaunchSettings:
        return LaunchSettings(cwd=str(self.path), env=self.talk.env)

    def trust(self) -> None:
        self.store.add(str(self.path), {power.digest for power in powers_of(self.launch())})

    def write(self, name: str = "settings.json", text: str | None = None) -> None:
        path = self.path / ".claude" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(hooks(self.mark) if text is None else text)

    async def change(self, change: Callable[[Folder], None]) -> None:
        """Make a change until the CLI's watcher, which starts late, has seen it."""
        for _ in range(8):
            change(self)
            with anyio.move_on_after(5):
                await eventually(lambda: self.guard.has_refused)
                return
        raise AssertionError("the CLI has not seen the change")

    async def ask(self, prompt: str = "hello") -> None:
        await self.talk.ask(prompt, self.gate.apply_known(self.launch()))

    @property
    def guard(self) -> FolderGuard:
        guard = self.talk.conversation._guard
        assert guard is not None
        return guard


@pytest.fixture
def folder(talk: Talk) -> Folder:
    return Folder(talk)


def change_hooks(folder: Folder) -> None:
    folder.write()


def change_local_hooks(folder: Folder) -> None:
    folder.write("settings.local.json")


def replace_hooks(folder: Folder) -> None:
    path = folder.path / ".claude" / "new"
    path.write_text(hooks(folder.mark))
    path.rename(folder.path / ".claude" / "settings.json")


def add_rule(folder: Folder) -> None:
    rule = {"permissions": {"allow": [f"Bash(touch {folder.mark})"]}}
    folder.write("settings.local.json", json.dumps(rule))


CHANGES: list[Callable[[Folder], None]] = [
    change_hooks,
    change_local_hooks,
    replace_hooks,
    add_rule,
]


@pytest.mark.anyio
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_change_between_cells_waits_for_trust(folder, change):
    folder.write(text='{"theme": "dark"}')
    use = script(Use("Bash", {"command": f"touch {folder.mark}"}), "Done.")
    await folder.ask()
    await folder.change(change)
    await folder.talk.conversation.close()
    assert not folder.mark.exists()
    await folder.ask(use)
    assert not folder.mark.exists()
    folder.trust()
    await folder.ask(use)
    assert folder.mark.exists()


@pytest.mark.anyio
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_change_within_a_turn_waits_for_trust(folder, change):
    folder.write(text=SETTINGS)
    (folder.path / "wait.sh").write_text(WAIT)
    folder.trust()
    await folder.ask()
    use = Use("Bash", {"command": f"touch {folder.mark}"})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(folder.ask, script(Use("Bash", {"command": "sh wait.sh"}), use, "Done."))
        await eventually((folder.path / "runs").exists)
        await folder.change(change)
        (folder.path / "go").touch()
    await folder.talk.conversation.close()
    assert not folder.mark.exists()


@pytest.mark.anyio
async def test_trusted_change_is_loaded_by_the_next_cell(folder):
    folder.write(text='{"theme": "dark"}')
    await folder.ask()
    process = folder.talk.conversation.pid
    await folder.change(change_hooks)
    folder.trust()
    await folder.ask()
    assert folder.mark.exists()
    assert folder.talk.conversation.pid != process


@pytest.mark.anyio
async def test_known_change_is_loaded_at_once(folder):
    folder.write()
    folder.trust()
    folder.write(text='{"theme": "dark"}')
    await folder.ask()
    process = folder.talk.conversation.pid
    folder.write()
    admitted: list[bool] = []
    admits = folder.guard._admits
    folder.guard._admits = lambda launch: admitted.append(admits(launch)) or admitted[-1]
    for _ in range(8):
        folder.write()
        with anyio.move_on_after(5):
            await eventually(lambda: admitted)
            break
    await folder.ask()
    await folder.talk.conversation.close()
    assert admitted
    assert all(admitted)
    assert folder.mark.exists()
    assert not folder.guard.has_refused
    assert process is not None


@pytest.mark.anyio
async def test_change_is_not_loaded_by_a_process_that_ends_before_the_decision(folder):
    folder.write(text='{"theme": "dark"}')
    await folder.ask()
    decided = threading.Event()
    folder.guard._admits = lambda launch: decided.wait(20)
    await folder.change(change_hooks)
    await folder.talk.conversation.end()
    decided.set()
    assert not folder.mark.exists()


@pytest.mark.anyio
async def test_guard_that_fails_refuses(folder):
    def fail(launch: LaunchSettings) -> bool:
        raise OSError("the disk is gone")

    folder.write(text='{"theme": "dark"}')
    await folder.ask()
    folder.guard._admits = fail
    await folder.change(change_hooks)
    await folder.talk.conversation.close()
    assert not folder.mark.exists()


# --- without the CLI ------------------------------------------------------------------------------


def change_of(source: str | None) -> Any:
    return {"hook_event_name": "ConfigChange", **({"source": source} if source else {})}


@pytest.mark.anyio
@pytest.mark.parametrize("source", ["project_settings", "local_settings", "skills", "new", None])
async def test_guard_refuses_changes_from_any_source_but_the_users_own(source):
    guard = FolderGuard(LaunchSettings(cwd="/", env={}, project=True), lambda _: False)
    reply = await guard._decide(change_of(source), None, {"signal": None})
    assert reply["decision"] == "block"
    assert guard.has_refused
    for own in ("user_settings", "policy_settings"):
        assert await guard._decide(change_of(own), None, {"signal": None}) == {}


def test_guard_has_no_hooks_where_nothing_of_the_folder_is_loaded():
    assert FolderGuard(LaunchSettings(cwd="/", env={}), lambda _: False).hooks() is None
