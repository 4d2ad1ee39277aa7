"""Finding out: on the real CLI, real files, and a real server."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from claude_notebook.cli.doctor.facts import diagnose, gather

pytestmark = pytest.mark.anyio


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


async def test_all_is_well_here(claude_cli, claude_env, scripted_api, tmp_path: Path) -> None:
    facts = await gather(claude_cli, cwd=tmp_path, environ=claude_env)
    assert facts.cli.source == "cli_path"
    assert facts.cli_version
    assert facts.account["loggedIn"] is True
    assert (facts.reached, facts.service) == (True, scripted_api.url)
    assert facts.settings == ()
    assert {folder.name: folder.writable for folder in facts.folders} == {
        "Config folder": True,
        "Transcripts": True,
        "State folder": True,
    }
    assert "ANTHROPIC_API_KEY" in facts.variables
    assert claude_env["ANTHROPIC_API_KEY"] not in str(facts)
    assert scripted_api.turns == []
    assert [row for row in await diagnose(claude_cli, environ=claude_env) if not row.ok] == []


async def test_nobody_is_signed_in(claude_cli, claude_env) -> None:
    environment = {name: value for name, value in claude_env.items() if "API_KEY" not in name}
    rows = await diagnose(claude_cli, environ=environment, offline=True)
    assert [row.name for row in rows if not row.ok] == ["Signed in"]


async def test_no_cli(home: Path) -> None:
    facts = await gather("/nowhere/claude", environ={"HOME": str(home)}, offline=True)
    assert facts.cli is None
    assert "names /nowhere/claude, which is no file" in facts.cli_error


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("exit 1", "the binary does not work"),
        (
            'case "$1" in --version) echo 2.1.999;; *) printf "Commands:\\n  mcp\\n";; esac',
            "'auth'",
        ),
        (
            'case "$1" in --version) echo 2.1.999;; --help) printf "\\nCommands:\\n  auth\\n";;'
            " *) echo hello;; esac",
            "it is not JSON",
        ),
        (
            'case "$1" in --version) echo 2.1.999;; --help) printf "\\nCommands:\\n  auth\\n";;'
            " *) echo [];; esac",
            "it is not an object",
        ),
    ],
)
async def test_a_cli_that_does_not_tell_who_is_signed_in(home: Path, body: str, error: str) -> None:
    path = home / "claude"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    facts = await gather(path, environ={"HOME": str(home)}, offline=True)
    assert facts.account is None
    assert error in facts.account_error


async def test_settings_and_folders_that_are_wrong(home: Path, tmp_path: Path) -> None:
    project = tmp_path / "project" / ".claude"
    project.mkdir(parents=True)
    (project / "settings.json").write_text("{}")
    (project / "settings.local.json").write_text('{"a": 1} // why')
    (home / ".claude").mkdir()
    (home / ".claude" / "settings.json").write_text("{")
    (home / ".claude" / "projects").write_text("a file in its place")
    environment = {"HOME": str(home)}
    facts = await gather("/nowhere", cwd=project.parent, environ=environment, offline=True)
    user, fine, comments = facts.settings
    assert "is not valid JSON" in user.problem
    assert fine.problem == ""
    assert "Claude Code 2.1 ignores such a file" in comments.problem
    assert [folder.writable for folder in facts.folders[:2]] == [True, False]


# --- the service ----------------------------------------------------------------------------------


class Redirects(BaseHTTPRequestHandler):
    """Answers everything by sending it elsewhere; remembers what came."""

    came: list[str]

    def do_HEAD(self) -> None:
        self.came.append(self.path)
        self.send_response(302)
        self.send_header("Location", "http://192.0.2.1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    handler = type("Handler", (Redirects,), {"came": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def asked(url: str, **options: object):
    return await gather("/nowhere", environ={"HOME": "/h", "ANTHROPIC_BASE_URL": url}, **options)


async def test_any_answer_is_an_answer(server: HTTPServer) -> None:
    port = server.server_address[1]
    facts = await asked(f"http://me:a1b2c3d4e5@127.0.0.1:{port}/base/")
    assert facts.reached, facts.reach_detail
    assert facts.reach_detail.startswith("answered in ")
    assert server.RequestHandlerClass.came == ["/base/"]
    assert "a1b2c3d4e5" not in str(facts)


async def test_offline_asks_nobody(server: HTTPServer) -> None:
    facts = await asked(f"http://127.0.0.1:{server.server_address[1]}", offline=True)
    assert facts.reached is None
    assert server.RequestHandlerClass.came == []


async def test_nobody_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        facts = await asked(f"http://127.0.0.1:{port}")
        assert (facts.reached, "refused" in facts.reach_detail) == (False, True)
        silent.listen()
        facts = await asked(f"http://127.0.0.1:{port}", timeout=0.3)
        assert facts.reached is False
        assert "timed out" in facts.reach_detail or "no answer within 0.3 s" in facts.reach_detail


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1", "nonsense", "http://"])
async def test_what_is_no_address(url: str) -> None:
    facts = await asked(url)
    assert facts.reached is False
    assert facts.reach_detail


async def test_noise_in_place_of_http() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"\x00\x01 not HTTP\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        facts = await asked(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert facts.reached is False
    assert facts.reach_detail
