"""In-process tool servers."""

import mcp.types
import pytest

from claude_notebook import OptionsError, ToolServer, create_sdk_mcp_server, tool
from claude_notebook.tools import full_name


@tool
def look() -> str:
    """Look."""
    return "seen"


def touch(a: int) -> None:
    """Touch."""


def test_create_sdk_mcp_server_accepts_tools_and_functions():
    config = create_sdk_mcp_server("nb", "2.0", [look, touch], instructions="Be kind.")
    server = config["instance"]
    assert config == {"type": "sdk", "name": "nb", "instance": server}
    assert isinstance(server, ToolServer)
    assert (server.name, server.version, list(server.tools)) == ("nb", "2.0", ["look", "touch"])


def test_create_sdk_mcp_server_without_tools():
    assert create_sdk_mcp_server("nb")["instance"].listing() == []


@pytest.mark.parametrize("instructions", [None, "Be kind."])
def test_manifest_matches_protocol(instructions):
    server = create_sdk_mcp_server("nb", tools=[look], instructions=instructions)["instance"]
    manifest = server.manifest()
    hello = mcp.types.InitializeResult.model_validate(manifest["initializeResult"])
    tools = mcp.types.ListToolsResult.model_validate(manifest["toolsListResult"])
    assert hello.instructions == instructions
    assert hello.capabilities.tools is not None
    assert [tool.name for tool in tools.tools] == ["look"]
    dumped = tools.model_dump(by_alias=True, exclude_none=True, mode="json")
    assert dumped["tools"] == manifest["toolsListResult"]["tools"]


@pytest.mark.parametrize("always_load", [True, False])
def test_server_sets_default_of_always_load(always_load):
    server = create_sdk_mcp_server("nb", tools=[look], always_load=always_load)["instance"]
    assert ("_meta" in server.listing()[0]) is always_load


@pytest.mark.parametrize(
    ("server", "name", "whole"),
    [
        ("nb", "look", "mcp__nb__look"),
        ("my nb", "größe.x", "mcp__my_nb__gr__e_x"),
    ],
)
def test_full_name(server, name, whole):
    assert full_name(server, name) == whole


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["look", "look"], "mcp__nb__look"),
        (["a.b", "a b"], "mcp__nb__a_b"),
        (["a" * 200], "128"),
    ],
)
def test_create_sdk_mcp_server_rejects_invalid_names(names, words):
    with pytest.raises(OptionsError, match=words):
        create_sdk_mcp_server("nb", tools=[tool(name)(touch) for name in names])
