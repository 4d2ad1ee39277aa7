"""Folder layouts that act in the real CLI: the question shows them, and none acts before it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_notebook.cli.powers import find_powers
from claude_notebook.testing.notation import script
from claude_notebook.testing.steps import Use
from claude_notebook.turns.request import LaunchSettings
from claude_notebook.turns.state import TrustStore
from claude_notebook.turns.trust.trust import TrustGate

COMMAND = "!`touch mark`\nhi"
GRANT = f"---\ndescription: x\nallowed-tools: Bash(touch *)\n---\n{COMMAND}"

Layout = Callable[[Path], list[str]]
"""Builds a layout in a folder and returns the prompts that trigger it."""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def command_with(front_matter: str) -> Layout:
    def build(folder: Path) -> list[str]:
        write(folder / ".claude" / "commands" / "c.md", front_matter + COMMAND)
        return ["/c"]

    return build


def linked_skills(folder: Path) -> list[str]:
    write(folder / "stuff" / "s" / "SKILL.md", GRANT)
    (folder / ".claude").mkdir()
    (folder / ".claude" / "skills").symlink_to("../stuff")
    return ["/s"]


def linked_skill(folder: Path) -> list[str]:
    write(folder / "stuff" / "s" / "SKILL.md", GRANT)
    (folder / ".claude" / "skills").mkdir(parents=True)
    (folder / ".claude" / "skills" / "s").symlink_to("../../stuff/s")
    return ["/s"]


def linked_claude(folder: Path) -> list[str]:
    write(folder / "stuff" / "commands" / "c.md", GRANT)
    (folder / ".claude").symlink_to("stuff")
    return ["/c"]


def main_tree_of_a_worktree(folder: Path) -> list[str]:
    main = folder.parent / "main"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(main)]
    write(main / ".claude" / "commands" / "c.md", GRANT)
    write(main / "a.txt", "x")
    for arguments in (["init", "-q"], ["add", "a.txt"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True)
    folder.rmdir()
    subprocess.run([*git, "worktree", "add", "-q", str(folder)], check=True)
    return ["/c"]


def nested_skill(folder: Path) -> list[str]:
    write(folder / "sub" / ".claude" / "skills" / "s" / "SKILL.md", GRANT)
    write(folder / "sub" / "a.txt", "x")
    read = Use("Read", {"file_path": str(folder / "sub" / "a.txt")})
    return [script(read, "Read."), "/s"]


LAYOUTS: dict[str, Layout] = {
    "flow_mapping": command_with('---\n{description: x, allowed-tools: "Bash(touch *)"}\n---\n'),
    "escaped_key": command_with('---\n"allowed\\x2dtools": "Bash(touch *)"\n---\n'),
    "fence_in_a_line": command_with("---\nallowed-tools: Bash(touch *) #---\n"),
    "blank_lines_in_the_fence": command_with("---\n\n\nallowed-tools: Bash(touch *)\n---\n"),
    "anchor": command_with('---\ndescription: &a "Bash(touch *)"\nallowed-tools: *a\n---\n'),
    "explicit_key": command_with('---\n? allowed-tools\n: "Bash(touch *)"\n---\n'),
    "linked_skills": linked_skills,
    "linked_skill": linked_skill,
    "linked_claude": linked_claude,
    "main_tree_of_a_worktree": main_tree_of_a_worktree,
    "nested_skill": nested_skill,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    return path


def arguments(launch: LaunchSettings) -> list[str]:
    sources = launch.options().setting_sources
    return [] if sources is None else ["--setting-sources", ",".join(sources)]


@pytest.mark.parametrize("build", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_layout_acts_only_where_the_folder_is_trusted(open_cli, folder, claude_env, build, trusted):
    prompts = build(folder)
    assert find_powers(str(folder), claude_env), "it would act without a question"
    launch = LaunchSettings(cwd=str(folder), env=claude_env, project=trusted)
    cli = open_cli(*arguments(launch), env=launch.options().env, cwd=folder)
    for prompt in prompts:
        cli.turn(prompt)
    assert (folder / "mark").exists() is trusted


@pytest.mark.parametrize("text", ["!`touch mark`", "!$ARGUMENTS`touch mark`", "!$x`touch mark`"])
def test_shell_command_in_a_text_runs_and_is_power(open_cli, folder, claude_env, text):
    write(folder / ".claude" / "commands" / "c.md", f"---\narguments: x\n---\n{text}")
    assert [power.kind for power in find_powers(str(folder), claude_env)] == ["command"]
    # The user's own settings allow the command, as many do for harmless ones.
    open_cli("--allowedTools", "Bash(touch *)", cwd=folder).turn("/c")
    assert (folder / "mark").exists()


# --- text outside the folder ---------------------------------------------------------------------


def linked_instructions(folder: Path) -> str:
    (folder / "CLAUDE.md").symlink_to("../private")
    return "hello"


def linked_instructions_below(folder: Path) -> str:
    write(folder / "sub" / "a.txt", "x")
    (folder / "sub" / "CLAUDE.md").symlink_to("../../private")
    return script(Use("Read", {"file_path": str(folder / "sub" / "a.txt")}), "Read.")


def linked_skill_text(folder: Path) -> str:
    (folder / ".claude" / "skills" / "s").mkdir(parents=True)
    (folder / ".claude" / "skills" / "s" / "SKILL.md").symlink_to("../../../../private")
    return "hello"


LINKS = [linked_instructions, linked_instructions_below, linked_skill_text]


@pytest.mark.parametrize("build", LINKS, ids=lambda build: build.__name__)
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_text_from_outside_is_sent_only_where_the_folder_is_trusted(
    open_cli, folder, claude_env, scripted_api, build, trusted
):
    write(folder.parent / "private", "the private words")
    prompt = build(folder)
    assert "outside link" in {power.kind for power in find_powers(str(folder), claude_env)}
    launch = LaunchSettings(cwd=str(folder), env=claude_env, project=trusted)
    open_cli(*arguments(launch), env=launch.options().env, cwd=folder).turn(prompt)
    sent = "".join(str(request.body) for request in scripted_api.requests)
    assert ("the private words" in sent) is trusted


# --- scheduled tasks ------------------------------------------------------------------------------


def scheduled(folder: Path, cron: str = "* * * * *", since: float | None = None) -> None:
    """Write a task. By default its time has passed: it fires within seconds after a turn."""
    created = time.time() - 30 * 3600 if since is None else since
    task = {"id": cron, "cron": cron, "prompt": "fired", "createdAt": int(created * 1000)}
    write(folder / ".claude" / "scheduled_tasks.json", json.dumps({"tasks": [task]}))


def test_scheduled_task_fires_where_the_folder_is_trusted(open_cli, folder, claude_env):
    scheduled(folder)
    assert [power.kind for power in find_powers(str(folder), claude_env)] == ["scheduled task file"]
    launch = LaunchSettings(cwd=str(folder), env=claude_env, project=True, cron=True)
    cli = open_cli(env=launch.options().env, cwd=folder)
    cli.turn("hello")
    assert "fired" in json.dumps(cli.until_result(90))


def test_scheduled_task_stays_that_is_written_after_the_folder_was_trusted(
    open_cli, folder, claude_env, tmp_path
):
    scheduled(folder, "0 0 29 2 *", time.time())
    launch = LaunchSettings(cwd=str(folder), env=claude_env)
    store = TrustStore(tmp_path / "trusted")
    store.add(str(folder), {power.digest for power in find_powers(str(folder), claude_env)})
    launch = TrustGate(store).apply_known(launch)
    assert launch.project
    cli = open_cli(*arguments(launch), env=launch.options().env, cwd=folder)
    cli.turn("hello")
    # A scheduler would watch the file by now. The task would fire, and vanish from the file.
    time.sleep(3)
    scheduled(folder)
    time.sleep(6)
    cli.turn("hello again")
    assert "* * * * *" in (folder / ".claude" / "scheduled_tasks.json").read_text()
    assert [m["type"] for m in cli.messages].count("result") == 2


def test_scheduled_task_stays_where_the_folder_is_untrusted(open_cli, folder, claude_env):
    scheduled(folder)
    tasks = folder / ".claude" / "scheduled_tasks.json"
    before = tasks.read_bytes()
    launch = LaunchSettings(cwd=str(folder), env=claude_env)
    cli = open_cli(*arguments(launch), env=launch.options().env, cwd=folder)
    cli.turn("hello")
    # A scheduler removes an overdue task from the file as it fires; here that never happens.
    time.sleep(5)
    cli.turn("hello again")
    assert tasks.read_bytes() == before
    assert [m["type"] for m in cli.messages].count("result") == 2
