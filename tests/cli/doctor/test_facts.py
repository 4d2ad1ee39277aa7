"""Collection of facts from the real CLI, real files and a real server."""

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


async def test_gather_finds_complete_installation(
    claude_cli, claude_env, scripted_api, tmp_path: Path
) -> None:
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


async def test_diagnose_reports_missing_sign_in(claude_cli, claude_env) -> None:
    environment = {name: value for name, value in claude_env.items() if "API_KEY" not in name}
    rows = await diagnose(claude_cli, environ=environment, offline=True)
    assert [row.name for row in rows if not row.ok] == ["Signed in"]


async def test_gather_reports_missing_cli(home: Path) -> None:
    facts = await gather("/nowhere/claude", environ={"HOME": str(home)}, offline=True)
    assert facts.cli is None
    assert "is set to /nowhere/claude, which is not a file" in facts.cli_error


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("exit 1", "the binary does not run"),
        (
            'case "$1" in --version) echo 2.1.999;; *) printf "Commands:\\n  mcp\\n";; esac',
            "'auth'",
        ),
        (
            'case "$1" in --version) echo 2.1.999;; --help) printf "\\nCommands:\\n  auth\\n";;'
            " *) echo hello;; esac",
            "the output is not JSON",
        ),
        (
            'case "$1" in --version) echo 2.1.999;; --help) printf "\\nCommands:\\n  auth\\n";;'
            " *) echo [];; esac",
            "the output is not a JSON object",
        ),
    ],
)
async def test_gather_reports_broken_auth_status(home: Path, body: str, error: str) -> None:
    path = home / "claude"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    facts = await gather(path, environ={"HOME": str(home)}, offline=True)
    assert facts.account is None
    assert error in facts.account_error


async def test_gather_reports_broken_settings_and_folders(home: Path, tmp_path: Path) -> None:
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
    """Redirects every request and records its path."""

    paths: list[str]

    def do_HEAD(self) -> None:
        self.paths.append(self.path)
        self.send_response(302)
        self.send_header("Location", "http://192.0.2.1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    handler = type("Handler", (Redirects,), {"paths": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def gather_from(url: str, **options: object):
    return await gather("/nowhere", environ={"HOME": "/h", "ANTHROPIC_BASE_URL": url}, **options)


async def test_gather_accepts_any_response_of_service(server: HTTPServer) -> None:
    port = server.server_address[1]
    facts = await gather_from(f"http://me:a1b2c3d4e5@127.0.0.1:{port}/base/")
    assert facts.reached, facts.reach_detail
    assert facts.reach_detail.startswith("responded in ")
    assert server.RequestHandlerClass.paths == ["/base/"]
    assert "a1b2c3d4e5" not in str(facts)


async def test_gather_offline_does_not_contact_service(server: HTTPServer) -> None:
    facts = await gather_from(f"http://127.0.0.1:{server.server_address[1]}", offline=True)
    assert facts.reached is None
    assert server.RequestHandlerClass.paths == []


async def test_gather_reports_unreachable_service() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        facts = await gather_from(f"http://127.0.0.1:{port}")
        assert (facts.reached, "refused" in facts.reach_detail) == (False, True)
        silent.listen()
        facts = await gather_from(f"http://127.0.0.1:{port}", timeout=0.3)
        assert facts.reached is False
        assert "timed out" in facts.reach_detail or "no response within 0.3 s" in facts.reach_detail


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1", "nonsense", "http://"])
async def test_gather_rejects_invalid_url(url: str) -> None:
    facts = await gather_from(url)
    assert facts.reached is False
    assert facts.reach_detail


async def test_gather_reports_response_that_is_not_http() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def respond() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"\x00\x01 not HTTP\r\n\r\n")

        thread = threading.Thread(target=respond)
        thread.start()
        facts = await gather_from(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert facts.reached is False
    assert facts.reach_detail
