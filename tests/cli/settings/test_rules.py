"""Rules that count from the folder of their settings."""

from __future__ import annotations

import json

import pytest

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient, OptionsError
from claude_notebook.cli.settings.rules import absolute_rule, absolute_settings
from claude_notebook.client.launch.credential import settings_object


@pytest.mark.parametrize(
    ("rule", "absolute"),
    [
        ("Edit(/docs/**)", "Edit(//data/a b/docs/**)"),
        ("Read(/.env)", "Read(//data/a b/.env)"),
        ("Edit(//docs/**)", "Edit(//docs/**)"),
        ("Edit(docs/**)", "Edit(docs/**)"),
        ("Edit(~/docs/**)", "Edit(~/docs/**)"),
        ("Bash(/bin/ls *)", "Bash(/bin/ls *)"),
        ("Edit", "Edit"),
    ],
)
def test_absolute_rule_changes_only_paths_that_count_from_the_folder(rule, absolute):
    assert absolute_rule(rule, "/data/a b") == absolute


def test_absolute_rule_refuses_folder_that_would_be_a_pattern():
    assert absolute_rule("Edit", "/data/[a]*") == "Edit"
    with pytest.raises(ValueError, match="cannot be part of a rule"):
        absolute_rule("Edit(/docs/**)", "/data/[a]*")


def test_absolute_settings_keep_everything_else():
    settings = {"model": "m", "permissions": {"deny": ["Read(/x)", 7], "defaultMode": "plan"}}
    assert absolute_settings(settings, "/f") == {
        "model": "m",
        "permissions": {"deny": ["Read(//f/x)", 7], "defaultMode": "plan"},
    }


def test_settings_file_keeps_the_folder_from_which_its_rules_count(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"permissions": {"deny": ["Read(/x)"]}}))
    settings = settings_object(path, ClaudeCodeOptions())
    assert settings["permissions"] == {"deny": [f"Read(/{tmp_path}/x)"]}
    strange = tmp_path / "[a]"
    strange.mkdir()
    path.rename(strange / "settings.json")
    with pytest.raises(OptionsError, match="cannot be part of a rule"):
        settings_object(strange / "settings.json", ClaudeCodeOptions())


@pytest.mark.anyio
async def test_rule_of_settings_file_holds_beside_a_credential(claude_cli, tmp_path):
    from claude_notebook.testing import ScriptedAPI, Use, clean_environment, script

    home, folder = tmp_path / "home", tmp_path / "work"
    folder.mkdir()
    path = folder / "settings.json"
    path.write_text(json.dumps({"permissions": {"allow": ["Edit(/docs/**)"]}}))
    with ScriptedAPI() as api:
        options = ClaudeCodeOptions(
            cli_path=claude_cli, cwd=folder, env=clean_environment(api.url, home), settings=path
        )
        use = Use("Write", {"file_path": str(folder / "docs" / "a"), "content": "x"})
        async with ClaudeSDKClient(options) as client:
            await client.query(script(use, "Done."))
            async for _ in client.receive_response():
                pass
    assert (folder / "docs" / "a").read_text() == "x"
