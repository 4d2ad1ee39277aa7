"""`claude-notebook cassette` on recordings made with an in-memory CLI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from echo import Echo
from turns import turn

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.command.main import main
from claude_notebook.recording.cassette_transport import CassetteTransport
from claude_notebook.replay import Replay

SECRET = "sk-ant-REDACTED"


def record(folder: Path, *prompts: str, source: str = "a.ipynb") -> None:
    async def talk() -> None:
        replay = Replay(folder, "record", source=source)
        options = ClaudeCodeOptions()
        tape = CassetteTransport(replay, options, lambda _: Echo())
        async with ClaudeSDKClient(options, tape) as client:
            for prompt in prompts:
                await turn(client, prompt)

    anyio.run(talk)


def turns(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.jsonl") if path.name != "hello.jsonl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cassettes"
    record(folder, "one", "two")
    return folder


def test_cassette_show_prints_messages(folder, capsys):
    assert main(["cassette", "show", str(turns(folder)[0])]) == 0
    output = capsys.readouterr().out
    assert "prompt: one" in output
    assert "us      user 'one'" in output
    assert "stream_event  (2 times)" in output
    assert "result success 'You said: one'" in output
    assert "exit code None" in output


def test_cassette_verify_accepts_new_recordings(folder, capsys):
    assert main(["cassette", "verify", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("3 recordings, 0 problems\n")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "it is incomplete"),
        (lambda text: text.replace('"from":"us"', '"from":"us","extra":1', 1), "schema.json"),
        (lambda text: text.replace('"key":"', '"key":"x', 1), "schema.json"),
        (lambda text: text.replace("You said", SECRET), "may contain a secret"),
        (lambda text: text.replace('"cassette":1', '"cassette":7'), "has format 7"),
        (lambda text: "nonsense\n", "is not JSON"),
    ],
)
def test_cassette_verify_reports_damage(folder, capsys, damage, message):
    first = turns(folder)[0]
    first.write_text(damage(first.read_text()))
    assert main(["cassette", "verify", str(folder)]) == 1
    assert message in capsys.readouterr().out


def test_cassette_verify_reports_missing_turn(folder, capsys):
    first, second = turns(folder)
    first.unlink()
    assert main(["cassette", "verify", str(folder)]) == 1
    assert f"{second}: the previous turn" in capsys.readouterr().out


def test_cassette_redact_hides_only_secrets(folder, capsys):
    first, second = turns(folder)
    before = second.read_bytes()
    first.write_text(first.read_text().replace("You said: one", SECRET))
    assert main(["cassette", "redact", str(folder)]) == 0
    assert "2 lines changed" in capsys.readouterr().out
    assert SECRET not in first.read_text()
    assert second.read_bytes() == before
    assert [path.name for path in folder.glob("*.tmp")] == []
    for line in first.read_text().splitlines():
        json.loads(line)


def test_cassette_prune_deletes_unplayable_recordings(folder, capsys):
    first, second = turns(folder)
    whole = first.read_text()
    assert main(["cassette", "prune", str(folder)]) == 0
    assert turns(folder) == [first, second]

    first.write_text(whole[: len(whole) // 2])
    assert main(["cassette", "prune", "--dry-run", str(folder)]) == 0
    assert turns(folder) == [first, second]
    assert main(["cassette", "prune", str(folder)]) == 0
    output = capsys.readouterr().out
    assert "it is incomplete" in output
    assert "the previous turn is missing" in output
    assert turns(folder) == []


def make_folder(path):
    path.unlink()
    path.mkdir()


def make_pipe(path):
    path.unlink()
    os.mkfifo(path)


def make_link(path):
    path.rename(path.with_suffix(".moved"))
    path.symlink_to("somewhere")


def make_newer(path):
    path.write_text(path.read_text().replace('"cassette":1', '"cassette":7'))


@pytest.mark.parametrize("change", [make_folder, make_pipe, make_link, make_newer])
def test_cassette_prune_keeps_files_that_may_be_intact_and_their_next_turns(folder, change):
    before = turns(folder)
    change(before[0])
    assert main(["cassette", "prune", str(folder)]) == 0
    assert turns(folder) == before


def test_cassette_show_prints_texts_that_are_no_unicode(folder):
    first = turns(folder)[0]
    first.write_text(first.read_text().replace('"prompt":"', '"prompt":"\\ud800', 1))
    command = [sys.executable, "-m", "claude_notebook.command.main", "cassette", "show"]
    done = subprocess.run([*command, str(folder)], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\ud800" in done.stdout


def test_cassette_prune_superseded_keeps_latest_of_notebook(folder, capsys):
    for age, path in enumerate(turns(folder)):
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    record(folder, "1", "two")
    record(folder, "three", source="b.ipynb")
    assert main(["cassette", "prune", "--superseded", str(folder)]) == 0
    prompts = [json.loads(path.read_text().split("\n")[0])["prompt"] for path in turns(folder)]
    assert sorted(prompts) == ["1", "three", "two"]


def test_cassette_reports_missing_path(tmp_path, capsys):
    assert main(["cassette", "show", str(tmp_path / "none")]) == 1
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["cassette", "prune", str(tmp_path / "file")]) == 1
    assert "is not a folder" in capsys.readouterr().err
