"""Requests of cells: prompts, attachments, settings."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from claude_notebook.client.launch.command_line import build_argv, build_initialize
from claude_notebook.errors import OptionsError
from claude_notebook.turns.request import MAX_ATTACHMENT, LaunchSettings, build_content

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_build_contentout_attachments_is_text():
    assert build_content("hello {x}\n", [], "/") == "hello {x}\n"


@pytest.mark.parametrize("prompt", ["", " ", "\n\t\n"])
@pytest.mark.parametrize("attachments", [[], ["a.png"]])
def test_content_rejects_an_empty_prompt(prompt, attachments, tmp_path):
    (tmp_path / "a.png").write_bytes(PIXEL)
    with pytest.raises(OptionsError, match="prompt is empty"):
        build_content(prompt, attachments, str(tmp_path))


@pytest.mark.parametrize(
    ("name", "kind", "media_type"),
    [
        ("a.png", "image", "image/png"),
        ("my plot.JPG", "image", "image/jpeg"),
        ("a.webp", "image", "image/webp"),
        ("a.gif", "image", "image/gif"),
        ("a.pdf", "document", "application/pdf"),
    ],
)
def test_content_includes_pictures_and_documents(tmp_path, name, kind, media_type):
    (tmp_path / name).write_bytes(PIXEL)
    block, prompt = build_content("look", [name], str(tmp_path))
    assert block["type"] == kind
    assert block["source"]["media_type"] == media_type
    assert base64.b64decode(block["source"]["data"]) == PIXEL
    assert prompt == {"type": "text", "text": "look"}


def test_content_includes_text_files_with_their_paths(tmp_path):
    (tmp_path / "a.csv").write_text("naïve,🎉\n")
    (tmp_path / "README").write_text("hello")
    first, second, _ = build_content("look", ["a.csv", str(tmp_path / "README")], str(tmp_path))
    assert first["text"] == f'<file path="{tmp_path}/a.csv">\nnaïve,🎉\n\n</file>'
    assert "hello" in second["text"]


def test_content_expands_the_home_folder():
    Path.home().joinpath("here.txt").write_text("at home")
    block, _ = build_content("look", ["~/here.txt"], "/")
    assert "at home" in block["text"]


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_ATTACHMENT + 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "not a file"),
        (lambda path: os.mkfifo(path), "not a file"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00binary"), "not UTF-8 text"),
        (_large, "more than the limit"),
    ],
)
def test_content_rejects_unsupported_attachments(tmp_path, make, said):
    make(tmp_path / "thing.bin")
    with pytest.raises(OptionsError, match=said) as caught:
        build_content("look", ["thing.bin"], str(tmp_path))
    assert "thing.bin" in str(caught.value)


def test_content_rejects_an_attachment_with_a_nul_character(tmp_path):
    with pytest.raises(OptionsError, match="null byte"):
        build_content("look", ["a\0b"], str(tmp_path))


def test_launch_settings_become_options_and_arguments(tmp_path):
    settings = LaunchSettings(
        cwd=str(tmp_path),
        env={"A": "1"},
        add_dirs=("../other",),
        system="Be brief.",
        allow=("Bash(git *)", "Edit"),
        deny=("WebFetch",),
        budget=0.5,
        max_turns=3,
        bypass=True,
        notebook="/work/a.ipynb",
    )
    options = settings.options()
    argv = build_argv(options, "claude")
    assert options.env == {"A": "1", "CLAUDE_CODE_DISABLE_CRON": "1"}
    assert f"--add-dir={tmp_path.parent / 'other'}" in argv
    assert "--allowedTools=Bash(git *),Edit" in argv
    assert "--disallowedTools=WebFetch" in argv
    assert "--max-budget-usd=0.5" in argv
    assert "--max-turns=3" in argv
    assert "--allow-dangerously-skip-permissions" in argv
    assert "--include-partial-messages" in argv
    message = build_initialize(options, {})["appendSystemPrompt"]
    assert "/work/a.ipynb" in message
    assert message.endswith("Be brief.")


def test_launch_settings_of_a_trusted_folder_load_its_settings(tmp_path):
    options = LaunchSettings(cwd=str(tmp_path), env={}, project=True).options()
    assert options.setting_sources is None
    assert options.system_prompt is None
    assert LaunchSettings(cwd=str(tmp_path), env={}).options().setting_sources == ["user"]


def test_launch_settings_compare_equal(tmp_path):
    first = LaunchSettings(cwd=str(tmp_path), env={"A": "1"}, allow=("Read",))
    assert first == LaunchSettings(cwd=str(tmp_path), env={"A": "1"}, allow=("Read",))
    assert first != LaunchSettings(cwd=str(tmp_path), env={"A": "2"}, allow=("Read",))
