"""Permission updates: the real CLI applies them and writes them to the right settings file."""

import json
from pathlib import Path

import pytest

from claude_notebook import (
    InformationalMessage,
    PermissionResultAllow,
    PermissionRuleValue,
    PermissionUpdate,
    create_sdk_mcp_server,
    query,
    tool,
)
from claude_notebook.testing import Use, script

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

FILES = {
    "userSettings": "home/settings.json",
    "projectSettings": "project/settings.json",
    "localSettings": "project/settings.local.json",
}


@tool("look", "Looks.", {"place": str})
async def look(args):
    return {"content": [{"type": "text", "text": "seen"}]}


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "f.txt").write_text("x")
    return folder


@pytest.fixture
def call(project, outside):
    """Return a function that makes the tool call of a case."""
    (project / "a.ipynb").write_text(
        '{"cells":[{"cell_type":"code","id":"x","metadata":{},"source":"0","outputs":[],'
        '"execution_count":null}],"metadata":{},"nbformat":4,"nbformat_minor":5}'
    )
    skill = project / ".claude/skills/greet/SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: greet\ndescription: Greets.\nallowed-tools: Bash(ls)\n---\nHi")
    calls = {
        "one command": ("Bash", {"command": "touch a"}),
        "two commands": ("Bash", {"command": "touch a; ls"}),
        "reading outside by command": ("Bash", {"command": f"cat {outside}/f.txt"}),
        "edit": ("Write", {"file_path": f"{project}/n.txt", "content": "x"}),
        "edit outside": ("Write", {"file_path": f"{outside}/g.txt", "content": "x"}),
        "read outside": ("Read", {"file_path": f"{outside}/f.txt"}),
        "notebook": (
            "NotebookEdit",
            {"notebook_path": f"{project}/a.ipynb", "new_source": "1", "cell_id": "x"},
        ),
        "web": ("WebFetch", {"url": "http://127.0.0.1:1/x", "prompt": "p"}),
        "mcp": ("mcp__maps__look", {"place": "here"}),
        "skill": ("Skill", {"skill": "greet"}),
    }
    return lambda name: Use(*calls[name])


@pytest.fixture
def ask_twice(real_options, project, claude_env):
    """Return a function that runs calls with updates, and returns the requests and the settings."""

    # The CLI drops a shared file's allow rules on reload unless the folder is trusted.
    trust = {"projects": {str(project): {"hasTrustDialogAccepted": True}}}
    Path(claude_env["HOME"], ".claude.json").write_text(json.dumps(trust))

    async def run(use, answer, *more, **options):
        requests = []

        async def can_use_tool(name, tool_input, context):
            requests.append(context)
            return PermissionResultAllow(updated_permissions=answer(context))

        read = Use("Read", {"file_path": f"{project}/a.ipynb"})
        steps = [read, use, *(more or (use,)), "Done."]
        messages = [
            message
            async for message in query(
                prompt=script(*steps),
                options=real_options(
                    can_use_tool=can_use_tool,
                    mcp_servers={"maps": create_sdk_mcp_server("maps", tools=[look])},
                    env={"ENABLE_TOOL_SEARCH": "false"},
                    setting_sources=["user", "project", "local"],
                    **options,
                ),
            )
        ]
        return requests, written(), messages

    def written():
        folders = {"project": project / ".claude", "home": f"{claude_env['HOME']}/.claude"}
        rules_by_destination = {}
        for destination, file in FILES.items():
            place, name = file.split("/")
            path = project.__class__(folders[place]) / name
            rules = json.loads(path.read_text()).get("permissions") if path.exists() else None
            if rules:
                rules_by_destination[destination] = rules
        return rules_by_destination

    return run


SUGGESTED = {
    "one command": {"localSettings": {"allow": ["Bash(touch a *)"]}},
    "two commands": {"localSettings": {"allow": ["Bash(touch a; ls)"]}},
    "reading outside by command": {"localSettings": {"allow": ["Bash(cat {outside}/f.txt)"]}},
    "edit": {},
    "edit outside": {},
    "read outside": {},
    "notebook": {},
    "web": {"localSettings": {"allow": ["WebFetch(domain:127.0.0.1)"]}},
    "mcp": {"localSettings": {"allow": ["mcp__maps__look"]}},
    "skill": {"localSettings": {"allow": ["Skill(greet)", "Skill(greet:*)"]}},
}


@pytest.mark.parametrize(("case", "rules"), SUGGESTED.items(), ids=SUGGESTED)
async def test_returned_suggestion_prevents_the_second_request(
    case, rules, call, ask_twice, outside
):
    requests, written, _ = await ask_twice(call(case), lambda context: context.suggestions)

    assert len(requests) == 1
    assert written == json.loads(json.dumps(rules).replace("{outside}", str(outside)))


@pytest.mark.parametrize("case", ["one command", "edit outside", "web", "mcp", "skill"])
async def test_suggestion_without_destination_applies_to_the_session(case, call, ask_twice):
    def answer(context):
        return [
            PermissionUpdate(u.type, u.rules, u.behavior, u.mode, u.directories)
            for u in context.suggestions
        ]

    requests, written, _ = await ask_twice(call(case), answer)

    assert len(requests) == 1
    assert written == {}


MCP_RULE = [PermissionRuleValue("mcp__maps__look")]


@pytest.mark.parametrize("kind", ["addRules", "replaceRules"])
@pytest.mark.parametrize("destination", [None, "session", *FILES])
async def test_rule_for_a_whole_tool_applies_at_every_destination(
    kind, destination, call, ask_twice
):
    update = PermissionUpdate(kind, MCP_RULE, "allow", destination=destination)

    requests, written, _ = await ask_twice(call("mcp"), lambda context: [update])

    assert len(requests) == 1
    kept = {destination: {"allow": ["mcp__maps__look"]}} if destination in FILES else {}
    assert written == kept


async def test_removed_rule_restores_the_request(call, ask_twice):
    updates = iter(
        [
            [PermissionUpdate("addRules", MCP_RULE, "allow")],
            [PermissionUpdate("removeRules", MCP_RULE, "allow")],
            None,
        ]
    )
    look_use = call("mcp")
    fetch = call("web")

    requests, written, _ = await ask_twice(
        look_use, lambda context: next(updates), look_use, fetch, look_use
    )

    assert len(requests) == 3
    assert written == {}


@pytest.mark.parametrize("destination", [None, "session"])
async def test_mode_update_prevents_further_requests(destination, call, ask_twice):
    update = PermissionUpdate("setMode", mode="acceptEdits", destination=destination)

    requests, written, _ = await ask_twice(call("edit"), lambda context: [update])

    assert len(requests) == 1
    assert written == {}


async def test_folder_updates_add_and_remove_access(call, ask_twice, outside):
    folders = [str(outside)]
    updates = iter(
        [
            [PermissionUpdate("addDirectories", directories=folders)],
            [PermissionUpdate("removeDirectories", directories=folders)],
            None,
        ]
    )
    read, fetch = call("read outside"), call("web")

    requests, written, _ = await ask_twice(read, lambda context: next(updates), read, fetch, read)

    assert len(requests) == 3
    assert written == {}


async def test_invalid_update_is_reported_and_the_call_allowed(call, ask_twice):
    good = PermissionUpdate("addRules", MCP_RULE, "allow")
    wrong = PermissionUpdate("addRules", MCP_RULE)

    requests, written, messages = await ask_twice(call("mcp"), lambda context: [good, wrong])

    notices = [m.content for m in messages if isinstance(m, InformationalMessage)]
    assert len(requests) == 2
    assert written == {}
    assert "has no behavior" in notices[0]
    assert "was allowed" in notices[0]
