"""Argument parsing of the `claude-notebook` command."""

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
        (["demo", "--port", "many"], "'many' is not a port. Choose one from 0 to 65535"),
        (["demo", "--port", "65536"], "'65536' is not a port"),
        (["demo", "--port", "-1"], "--port"),
        (["demo", "--dir"], "--dir: expected one argument"),
    ],
)
def test_main_rejects_wrong_usage(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert words in capsys.readouterr().err


def test_main_prints_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as process:
        main(["--version"])
    assert process.value.code == 0
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
def test_main_passes_options_to_jupyter(
    run, here, arguments: list[str], options: list[str]
) -> None:
    process = run("demo", *arguments)
    assert process.returncode == 0, process.stderr
    folder = here / "claude-notebook-demo"
    assert json.loads(process.stdout.splitlines()[-1]) == [
        str(folder),
        f"--ServerApp.root_dir={folder}",
        "--LabApp.default_url=/lab/tree/01_first_question.ipynb",
        "-y",
        *options,
    ]
