"""The command line: what it takes, what it refuses, what it hands on."""

import json

import pytest

from claude_notebook import __version__
from claude_notebook.command.main import main


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["demo", "--prot", "8899"], "unrecognized arguments: --prot 8899"),
        (["demo", "--no-brow"], "unrecognized arguments: --no-brow"),
        (["demo", "--port", "many"], "'many' is no port: choose one from 0 to 65535"),
        (["demo", "--port", "65536"], "'65536' is no port"),
        (["demo", "--port", "-1"], "--port"),
        (["demo", "--dir"], "--dir: expected one argument"),
    ],
)
def test_wrong_usage_is_refused_with_the_reason(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert words in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], []),
        (["--no-browser"], ["--no-browser"]),
        (["--port", "8899", "--ip=0.0.0.0"], ["--port=8899", "--ip=0.0.0.0"]),
        (["--port=0", "--allow-root"], ["--allow-root", "--port=0"]),
        (["--no-browser", "--", "--debug", "--port"], ["--no-browser", "--debug", "--port"]),
        (["--", "--", "x"], ["--", "x"]),
    ],
)
def test_jupyter_gets_its_options(run, here, arguments: list[str], options: list[str]) -> None:
    done = run("demo", *arguments)
    assert done.returncode == 0, done.stderr
    folder = here / "claude-notebook-demo"
    assert json.loads(done.stdout.splitlines()[-1]) == [
        str(folder),
        f"--ServerApp.root_dir={folder}",
        "--LabApp.default_url=/lab/tree/01_first_question.ipynb",
        "-y",
        *options,
    ]
