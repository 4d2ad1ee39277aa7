"""`claude-notebook cassette`: on recordings made with a CLI in memory."""

import json
import os
from pathlib import Path

import anyio
import pytest
from echo import Echo
from turns import turn

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.command.main import main
from claude_notebook.recording.cassette_transport import TapeTransport
from claude_notebook.replay import Replay

SECRET = "sk-ant-REDACTED"


def record(folder: Path, *prompts: str, source: str = "a.ipynb") -> None:
    async def talk() -> None:
        replay = Replay(folder, "record", source=source)
        options = ClaudeCodeOptions()
        tape = TapeTransport(replay, options, lambda _: Echo())
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


def test_show_tells_what_was_said(folder, capsys):
    assert main(["cassette", "show", str(turns(folder)[0])]) == 0
    told = capsys.readouterr().out
    assert "prompt: one" in told
    assert "us      user 'one'" in told
    assert "stream_event  (2 times)" in told
    assert "result success 'You said: one'" in told
    assert "exit code None" in told


def test_what_was_recorded_is_in_order(folder, capsys):
    assert main(["cassette", "verify", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("3 recordings, 0 problems\n")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text[: len(text) // 2], "it is incomplete"),
        (lambda text: text.replace('"from":"us"', '"from":"us","extra":1', 1), "schema.json"),
        (lambda text: text.replace('"key":"', '"key":"x', 1), "schema.json"),
        (lambda text: text.replace("You said", SECRET), "looks like a secret"),
        (lambda text: text.replace('"cassette":1', '"cassette":7'), "has format 7"),
        (lambda text: "what?\n", "is not JSON"),
    ],
)
def test_verify_says_what_is_wrong(folder, capsys, damage, told):
    first = turns(folder)[0]
    first.write_text(damage(first.read_text()))
    assert main(["cassette", "verify", str(folder)]) == 1
    assert told in capsys.readouterr().out


def test_verify_misses_a_turn_that_others_continue(folder, capsys):
    first, second = turns(folder)
    first.unlink()
    assert main(["cassette", "verify", str(folder)]) == 1
    assert f"{second}: the turn before it" in capsys.readouterr().out


def test_redact_hides_secrets_and_nothing_else(folder, capsys):
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


def test_prune_deletes_what_nothing_plays(folder, capsys):
    first, second = turns(folder)
    whole = first.read_text()
    assert main(["cassette", "prune", str(folder)]) == 0
    assert turns(folder) == [first, second]

    first.write_text(whole[: len(whole) // 2])
    assert main(["cassette", "prune", "--dry-run", str(folder)]) == 0
    assert turns(folder) == [first, second]
    assert main(["cassette", "prune", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "it is incomplete" in told
    assert "the previous turn is missing" in told
    assert turns(folder) == []


def test_prune_keeps_the_newest_of_a_notebook(folder, capsys):
    for age, path in enumerate(turns(folder)):
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    record(folder, "1", "two")
    record(folder, "three", source="b.ipynb")
    assert main(["cassette", "prune", "--superseded", str(folder)]) == 0
    prompts = [json.loads(path.read_text().split("\n")[0])["prompt"] for path in turns(folder)]
    assert sorted(prompts) == ["1", "three", "two"]


def test_what_is_not_there_is_told(tmp_path, capsys):
    assert main(["cassette", "show", str(tmp_path / "none")]) == 1
    assert "is not there" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["cassette", "prune", str(tmp_path / "file")]) == 1
    assert "is no folder" in capsys.readouterr().err
