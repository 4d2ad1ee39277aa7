"""Representations of public values: no secret of an environment, a header, or a server."""

import io
import json
import pprint
import traceback

import pytest
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from claude_notebook.cli.settings.commands import parse_value
from claude_notebook.cli.subcommands.commands import _mcp_arguments
from claude_notebook.client.launch.command_line import Launch, build_env
from claude_notebook.client.launch.validation import check_options
from claude_notebook.client.prompts import prompt_from_message
from claude_notebook.errors import CLIJSONDecodeError, OptionsError
from claude_notebook.options import AgentDefinition, ClaudeCodeOptions
from claude_notebook.protocol.codec.lines import decode
from claude_notebook.replay import Replay

SECRET = "hunter" + "2-and-more"
SERVERS = {
    "a": {"command": "x", "env": {"WHATEVER": SECRET}, "args": ["--token", SECRET]},
    "b": {"type": "http", "url": f"https://u:{SECRET}@h/", "headers": {"X-Mine": SECRET}},
}
JSON_SERVERS = f'{{"mcpServers": {{"a": {{"env": {{"WHATEVER": "{SECRET}"}}}}}}}}'
SECRETIVE = {
    "env": ClaudeCodeOptions(env={"WHATEVER": SECRET}),
    "servers": ClaudeCodeOptions(mcp_servers=SERVERS),
    "servers as JSON": ClaudeCodeOptions(mcp_servers=JSON_SERVERS),
    "settings as JSON": ClaudeCodeOptions(settings=f'{{"env": {{"WHATEVER": "{SECRET}"}}}}'),
    "arguments": ClaudeCodeOptions(extra_args={"api-key": SECRET}),
    "prompt": ClaudeCodeOptions(system_prompt=f"The password is {SECRET}."),
    "agents": ClaudeCodeOptions(agents={"a": AgentDefinition("d", "p", mcpServers=[SERVERS])}),
    "agent": AgentDefinition("d", f"password={SECRET}", mcpServers=[SERVERS]),
    "sandbox": ClaudeCodeOptions(sandbox={"network": {"x": f"http://u:{SECRET}@h:1"}}),
    "launch": Launch(["claude", "--mcp-config", JSON_SERVERS], {"WHATEVER": SECRET}, None),
    "replay": Replay("folder", about={"env": {"WHATEVER": SECRET}}),
    "environment": build_env(ClaudeCodeOptions(env={"WHATEVER": SECRET}), {}),
}
# URLs of MCP servers: only scheme and host may be shown.
URLS = {
    f"https://h.example.org{rest}": "https://h.example.org/"
    for rest in (
        f"/?key={SECRET}", f"/mcp?a=1&auth={SECRET}", f"/?k={SECRET}", f"?{SECRET}",
        f"/{SECRET}/sse",
        f"/mcp/s/{SECRET}", f"/mcp#{SECRET}", f"#t={SECRET}", f"/a;v={SECRET}", f"/@{SECRET}/x",
        f"/?k=a b {SECRET}", f"/?k=a\"{SECRET}", f"\\{SECRET}", f"/?next=https://i/{SECRET}",
    )
} | {
    f"https://u:{SECRET}@h.example.org/mcp": "https://h.example.org/",
    f"https://{SECRET}@h.example.org:8443/mcp": "https://h.example.org:8443/",
    f"https://u:p@{SECRET}@h.example.org/": "https://h.example.org/",
    f"https://u:{SECRET}/x@h.example.org/": "https://REDACTED-secret",
    f"https://u:12345/{SECRET}@h.example.org/": "https://REDACTED-secret",
    f"wss://[::1]:99/{SECRET}": "wss://[::1]:99/",
    f"//h.example.org/{SECRET}": "//h.example.org/",
    f"HTTP://h.example.org/{SECRET}": "HTTP://h.example.org/",
}  # fmt: skip
HOLDERS = {
    "http": lambda url: ClaudeCodeOptions(mcp_servers={"a": {"type": "http", "url": url}}),
    "sse": lambda url: ClaudeCodeOptions(mcp_servers={"a": {"type": "sse", "url": url}}),
    "arguments": lambda url: ClaudeCodeOptions(
        mcp_servers={"a": {"command": "npx", "args": ["mcp-remote", url]}}
    ),
    "one argument": lambda url: ClaudeCodeOptions(
        mcp_servers={"a": {"command": "npx", "args": [f"--url={url}"]}}
    ),
    "JSON": lambda url: ClaudeCodeOptions(
        mcp_servers=json.dumps({"mcpServers": {"a": {"url": url}}})
    ),
    "flag": lambda url: ClaudeCodeOptions(
        extra_args={"mcp-config": json.dumps({"mcpServers": {"a": {"url": url}}})}
    ),
    "bad JSON": lambda url: ClaudeCodeOptions(mcp_servers=f'{{"mcpServers": {{"url": "{url}'),
    "agent": lambda url: AgentDefinition("d", "p", mcpServers=[{"a": {"url": url}}]),
    "launch": lambda url: Launch(
        ["claude", "--mcp-config", json.dumps({"mcpServers": {"a": {"url": url}}})], {}, None
    ),
    "proxy": lambda url: ClaudeCodeOptions(sandbox={"network": {"httpProxy": url}}),
}
VIEWS = {
    "repr": repr,
    "str": str,
    "format": "{}".format,
    "pprint": pprint.pformat,
    "rich": pretty_repr,
    "in a list": lambda value: repr([value]),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("value", SECRETIVE)
def test_reprs_show_no_secret(value, view):
    text = VIEWS[view](SECRETIVE[value])

    assert SECRET not in text
    assert "REDACTED-" in text or value == "launch"


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("url", URLS)
def test_reprs_show_scheme_and_host_of_urls_only(url, holder):
    text = repr(HOLDERS[holder](url))

    assert SECRET not in text
    assert URLS[url] in text


def test_reprs_keep_urls_that_hold_no_secret():
    servers = {"a": {"type": "http", "url": "http://localhost:8080"}, "b": {"url": "https://h/"}}

    text = repr(ClaudeCodeOptions(mcp_servers=servers, system_prompt="See https://h/docs/x"))

    assert "'http://localhost:8080'" in text
    assert "'https://h/'" in text
    assert "https://h/docs/x" in text


@pytest.mark.parametrize("value", SECRETIVE)
def test_traceback_with_locals_shows_no_secret(value):
    def fail(held):
        raise ValueError("no")

    try:
        fail(SECRETIVE[value])
    except ValueError as error:
        output = io.StringIO()
        view = Traceback.from_exception(
            type(error), error, error.__traceback__, show_locals=True, locals_max_string=None
        )
        Console(file=output, width=400).print(view)
        plain = traceback.TracebackException.from_exception(error, capture_locals=True)

        assert SECRET not in output.getvalue()
        assert SECRET not in "".join(plain.format())


def test_options_repr_keeps_ordinary_values():
    options = ClaudeCodeOptions(model="opus", max_turns=3, env={"A": "b"}, allowed_tools=["Read"])

    text = repr(options)

    assert text.startswith("ClaudeCodeOptions(system_prompt=None, ")
    assert "model='opus'" in text
    assert "max_turns=3" in text
    assert "allowed_tools=['Read']" in text
    assert "env={'A': 'REDACTED-secret'}" in text


def test_environment_of_launch_has_its_values():
    assert build_env(ClaudeCodeOptions(env={"A": SECRET}), {"B": "c"})["A"] == SECRET


def test_error_about_a_line_shows_no_secret():
    with pytest.raises(CLIJSONDecodeError) as caught:
        decode(f'{{"type": "x", "password": "{SECRET}", '.encode())

    assert SECRET not in str(caught.value)
    assert SECRET not in caught.value.line


MALFORMED = {
    "env with a number": {"env": {"WHATEVER": SECRET, "PORT": 8080}},
    "env with None": {"env": {"WHATEVER": SECRET, "PORT": None}},
    "env as pairs": {"env": [("WHATEVER", SECRET)]},
    "env as text": {"env": f"WHATEVER={SECRET}"},
    "server as URL": {"mcp_servers": {"a": f"https://u:{SECRET}@h/{SECRET}"}},
    "servers as list": {"mcp_servers": [SERVERS["b"]]},
    "settings as dict": {"settings": {"env": {"WHATEVER": SECRET}}},
    "arguments as list": {"extra_args": ["--password", SECRET]},
    "agent as dict": {"agents": {"a": {"prompt": f"password={SECRET}"}}},
    "plugin": {"plugins": [{"type": "git", "url": f"https://u:{SECRET}@h/"}]},
    "after much text": {"add_dirs": {"x" * 70: f"password={SECRET}"}},
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_options_errors_show_no_secret(fields):
    with pytest.raises(OptionsError) as caught:
        check_options(ClaudeCodeOptions(**fields))
    (name,) = fields
    assert str(caught.value).startswith(f"{name} must be ")
    assert SECRET[:8] not in "".join(traceback.format_exception(caught.value))


def test_options_error_shows_the_value_that_is_no_text():
    with pytest.raises(OptionsError, match="'PORT': 8080"):
        check_options(ClaudeCodeOptions(env={"A": SECRET, "PORT": 8080}))


@pytest.mark.parametrize(
    "call",
    [
        lambda: _mcp_arguments(["add", f"--envy=WHATEVER={SECRET}", "a", "x"]),
        lambda: _mcp_arguments(f"add a -e PASSWORD={SECRET}"),
        lambda: parse_value(f'{{"password": "{SECRET}"', ("mcp", "x")),
        lambda: prompt_from_message({"type": "user", "password": SECRET}),
    ],
    ids=["option", "subcommand", "value", "message"],
)
def test_errors_about_arguments_show_no_secret(call):
    with pytest.raises(OptionsError) as caught:
        call()
    assert SECRET not in str(caught.value)
