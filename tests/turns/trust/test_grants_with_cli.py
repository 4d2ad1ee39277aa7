"""Allow rules and further folders in the real CLI: they hold after the answer, and not before."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from talk import Talk

from claude_notebook.cli.powers import Grants, find_grants, find_powers, grants_of
from claude_notebook.replay import Replay, ReplayMode
from claude_notebook.testing.notation import script
from claude_notebook.testing.steps import Use
from claude_notebook.turns.request import LaunchSettings
from claude_notebook.turns.state import TrustStore
from claude_notebook.turns.trust.trust import TrustGate, powers_of

RULE = "Bash(touch *)"


def write_settings(folder: Path, name: str = "settings.json", **permissions: object) -> None:
    path = folder / ".claude" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"permissions": permissions}))


def git(folder: Path, *arguments: str) -> None:
    user = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *user, "-C", str(folder), *arguments], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", "-f", ".")
    git(folder, "commit", "-qm", "x")


class Folder:
    """A folder, and a person who answers the question about it."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.path = talk.cwd
        self.store = TrustStore(talk.cwd.parent / "trusted")
        self.gate = TrustGate(self.store)

    def trust(self) -> None:
        """Answer the question about the present content."""
        self.store.add(str(self.path), {power.digest for power in powers_of(self.launch())})

    def launch(self, cwd: Path | None = None) -> LaunchSettings:
        return LaunchSettings(cwd=str(cwd or self.path), env=self.talk.env)

    async def asks(self, tool: str, cwd: Path | None = None, **call: object) -> bool:
        """Make a call, and report whether it needed an answer."""
        launch = self.gate.apply_known(self.launch(cwd))
        answer = await self.talk.ask(script(Use(tool, call), "Done."), launch)
        return any(level == "warning" for level, _ in answer.notes)

    async def touch_asks(self) -> bool:
        return await self.asks("Bash", command="touch mark")


@pytest.fixture
def folder(talk: Talk) -> Folder:
    return Folder(talk)


def shared_file(folder: Path) -> None:
    write_settings(folder, allow=[RULE])


def committed_local_file(folder: Path) -> None:
    write_settings(folder, "settings.local.json", allow=[RULE])
    commit(folder)


def linked_local_file(folder: Path) -> None:
    write_settings(folder, "other.json", allow=[RULE])
    (folder / ".claude" / "settings.local.json").symlink_to("other.json")


LAYOUTS: list[Callable[[Path], None]] = [shared_file, committed_local_file, linked_local_file]


@pytest.mark.anyio
@pytest.mark.parametrize("build", LAYOUTS, ids=lambda build: build.__name__)
async def test_allow_rule_holds_once_the_folder_is_trusted(folder, build):
    build(folder.path)
    assert await folder.touch_asks()
    folder.trust()
    assert not await folder.touch_asks()
    assert (folder.path / "mark").exists()


@pytest.mark.anyio
async def test_committed_local_rules_of_the_root_hold_in_a_subfolder(folder):
    committed_local_file(folder.path)
    below = folder.path / "sub"
    below.mkdir()
    folder.store.add(str(below), {power.digest for power in powers_of(folder.launch(below))})
    assert not await folder.asks("Bash", below, command="touch mark")


@pytest.mark.anyio
async def test_path_rule_counts_from_the_working_directory(folder):
    write_settings(folder.path, allow=["Edit(/docs/**)"])
    folder.trust()
    path = folder.path / "docs" / "a.txt"
    assert not await folder.asks("Write", file_path=str(path), content="x")
    outside = folder.path.parent / "docs" / "a.txt"
    assert await folder.asks("Write", file_path=str(outside), content="x")


@pytest.mark.anyio
async def test_further_folder_is_open_once_the_folder_is_trusted(folder):
    other = folder.path.parent / "other"
    other.mkdir()
    (other / "a.txt").write_text("x")
    write_settings(folder.path, additionalDirectories=["../other"])
    assert await folder.asks("Read", file_path=str(other / "a.txt"))
    folder.trust()
    assert not await folder.asks("Read", file_path=str(other / "a.txt"))


@pytest.mark.anyio
async def test_rule_that_appears_after_the_answer_does_not_hold(folder):
    write_settings(folder.path, allow=["Bash(mkdir *)"])
    folder.trust()
    assert await folder.touch_asks()
    write_settings(folder.path, allow=["Bash(mkdir *)", RULE])
    assert await folder.touch_asks()
    folder.trust()
    assert not await folder.touch_asks()


@pytest.mark.anyio
async def test_removed_rule_no_longer_holds_in_the_same_process(folder):
    write_settings(folder.path, allow=["Bash(mkdir *)", RULE])
    folder.trust()
    assert not await folder.touch_asks()
    process = folder.talk.conversation.pid
    write_settings(folder.path, allow=["Bash(mkdir *)"])
    assert await folder.touch_asks()
    assert not await folder.asks("Bash", command="mkdir a")
    assert folder.talk.conversation.pid == process


@pytest.mark.anyio
@pytest.mark.parametrize("rule", [f"{RULE}, Bash", "Bash touch", f"{RULE} Bash"])
async def test_rule_grants_no_more_than_the_cli_would_read_in_it(folder, rule):
    write_settings(folder.path, allow=[rule, "Bash(mkdir *)"])
    folder.trust()
    assert await folder.asks("Bash", command="rm -f nothing")
    assert not await folder.asks("Bash", command="mkdir a")


@pytest.mark.anyio
async def test_trust_project_flag_applies_the_rules(folder):
    write_settings(folder.path, allow=[RULE])
    launch = folder.gate.apply_known(folder.launch(), trusted=True)
    answer = await folder.talk.ask(script(Use("Bash", {"command": "touch mark"}), "Ok."), launch)
    assert answer.notes == []
    assert (folder.path / "mark").exists()
    # The flag held for its cell.
    assert await folder.touch_asks()


@pytest.mark.anyio
async def test_mode_of_a_cell_survives_new_rules(folder):
    folder.trust()
    path = folder.path / "a.txt"
    use = script(Use("Write", {"file_path": str(path), "content": "x"}), "Done.")
    await folder.talk.ask("hello", folder.gate.apply_known(folder.launch()), mode="acceptEdits")
    write_settings(folder.path, allow=[RULE])
    folder.trust()
    await folder.talk.ask(use, folder.gate.apply_known(folder.launch()), mode="acceptEdits")
    assert path.exists()


@pytest.mark.anyio
async def test_rules_select_no_recording(folder):
    def launch(mode: ReplayMode) -> LaunchSettings:
        replay = Replay(folder.path.parent / "cassettes", mode)
        return folder.gate.apply_known(dataclasses.replace(folder.launch(), replay=replay))

    await folder.talk.ask("hello", launch("auto"))
    await folder.talk.conversation.close()
    write_settings(folder.path, allow=[RULE])
    folder.trust()
    played = await folder.talk.ask("hello", launch("only"), new=True)
    assert "played" in dict(played.notes)
    recorded = await folder.talk.ask(
        script(Use("Bash", {"command": "touch mark"}), "Ok."), launch("auto")
    )
    assert "warning" not in dict(recorded.notes)
    assert (folder.path / "mark").exists()


# --- without the CLI ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sub/.claude", "sub/.claude/.claude"])
def test_grants_exclude_rules_of_a_folder_below(tmp_path, name):
    write_settings((tmp_path / name).parent, allow=[RULE], additionalDirectories=["/x"])
    powers = find_powers(str(tmp_path), {"HOME": "/nonexistent"})
    assert {power.kind for power in powers} >= {"allow rule", "further folder"}
    assert grants_of(str(tmp_path), powers) == Grants()
    assert find_grants(str(tmp_path), {"HOME": "/nonexistent"}) == Grants()


def test_grants_include_a_rule_that_a_folder_below_repeats(tmp_path):
    for folder in (tmp_path, tmp_path / "a", tmp_path / "z"):
        write_settings(folder, allow=[RULE])
    powers = find_powers(str(tmp_path), {"HOME": "/nonexistent"})
    assert grants_of(str(tmp_path), powers) == Grants((RULE,))


def test_grants_are_the_same_through_a_link(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    write_settings(real, allow=[RULE], additionalDirectories=["../x"])
    link.symlink_to(real)
    for folder in (str(real), str(link)):
        expected = Grants((RULE,), ("../x",))
        assert find_grants(folder, {"HOME": "/nonexistent"}) == expected
        assert grants_of(folder, find_powers(folder, {"HOME": "/nonexistent"})) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"permissions": 3}',
        '{"permissions": {"allow": "Bash"}}',
        '{"permissions": {"allow": [1, null, ["Bash"], {"a": "Bash"}]}}',
        '{"permissions": {"allow": ["Bash"], "allow": ["Bash"]}}',
        '{"permissions": {"allow": ["Bash\\u0000"]}}',
    ],
)
def test_malformed_settings_grant_nothing(tmp_path, text):
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text(text)
    assert find_grants(str(tmp_path), {"HOME": "/nonexistent"}) == Grants()
    powers = find_powers(str(tmp_path), {"HOME": "/nonexistent"})
    assert grants_of(str(tmp_path), powers) == Grants()


def test_own_settings_of_the_user_grant_nothing(tmp_path):
    write_settings(tmp_path, allow=[RULE])
    assert find_grants(str(tmp_path), {"HOME": str(tmp_path)}) == Grants()
