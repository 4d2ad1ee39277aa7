"""Stored conversation of a notebook."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from claude_notebook.files import changing
from claude_notebook.notebook.notebook_path import notebook_path
from claude_notebook.turns.state import ConversationStore, TrustStore

NOTEBOOK = "/home/me/work/a.ipynb"


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(NOTEBOOK, tmp_path / "state" / "notebooks")


def test_conversation_store_keeps_the_id_after_a_restart(store):
    assert store.load() is None
    store.save("first")
    store.save("second")
    assert ConversationStore(store.path, store.folder).load() == "second"
    (file,) = store.folder.iterdir()
    assert json.loads(file.read_text()) == {"session_id": "second", "notebook": NOTEBOOK}


def test_conversation_store_separates_notebooks(store):
    other = ConversationStore("/home/me/work/b.ipynb", store.folder)
    store.save("mine")
    other.save("its")
    assert (store.load(), other.load()) == ("mine", "its")


def test_conversation_store_forgets(store):
    store.save("x")
    store.forget()
    store.forget()
    assert store.load() is None
    assert not list(store.folder.iterdir())


def test_conversation_store_without_a_path_keeps_nothing(tmp_path):
    store = ConversationStore(None, tmp_path)
    store.save("x")
    store.forget()
    assert store.load() is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '"text"',
        "null",
        "{}",
        '{"session_id": null}',
        '{"session_id": 7}',
        "\x00\xff",
    ],
)
def test_conversation_store_ignores_a_broken_file(store, content):
    store.save("x")
    (file,) = store.folder.iterdir()
    file.write_bytes(content.encode("latin-1"))
    assert store.load() is None
    store.save("y")
    assert store.load() == "y"


def test_conversation_store_logs_an_unwritable_folder(tmp_path, caplog):
    (tmp_path / "file").write_text("not a folder")
    store = ConversationStore(NOTEBOOK, tmp_path / "file" / "below")
    with caplog.at_level(logging.WARNING):
        store.save("x")
        store.forget()
    assert store.load() is None
    assert "cannot be stored" in caplog.text


def test_conversation_store_is_in_the_state_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store = ConversationStore.of(NOTEBOOK)
    store.save("x")
    assert list(tmp_path.rglob("*.json")) or sys.platform != "linux"


# --- notebook path -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "namespace", "path"),
    [
        ({}, {}, None),
        ({"JPY_SESSION_NAME": ""}, {}, None),
        ({"JPY_SESSION_NAME": "/work/a.ipynb"}, {}, "/work/a.ipynb"),
        ({"JPY_SESSION_NAME": "a.ipynb"}, {}, os.path.abspath("a.ipynb")),
        ({"JPY_SESSION_NAME": "/a.ipynb", "JPY_PARENT_PID": "none"}, {}, "/a.ipynb"),
        ({}, {"__vsc_ipynb_file__": "/code/b.ipynb"}, "/code/b.ipynb"),
        ({"JPY_SESSION_NAME": "/x"}, {"__vsc_ipynb_file__": "/code/b.ipynb"}, "/code/b.ipynb"),
        ({"JPY_SESSION_NAME": "/x.ipynb"}, {"__vsc_ipynb_file__": 7}, "/x.ipynb"),
    ],
)
def test_notebook_path_comes_from_the_environment_or_namespace(environ, namespace, path):
    assert notebook_path(environ, namespace) == path


def test_notebook_path_of_a_nested_kernel_is_not_the_outer_one():
    """As with `!jupyter execute b.ipynb` in a.ipynb: the environment names a.ipynb."""
    code = (
        "import os, subprocess, sys\n"
        "child = 'import os; from claude_notebook.notebook.notebook_path import notebook_path;'\\\n"
        "    'print(notebook_path(os.environ, {}))'\n"
        "env = {**os.environ, 'JPY_PARENT_PID': str(os.getpid()), 'JPY_SESSION_NAME': '/a.ipynb'}\n"
        "print(subprocess.run([sys.executable, '-c', child], env=env, capture_output=True,"
        " text=True, check=True).stdout)\n"
    )

    def reported_path(env: dict[str, str]) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    assert reported_path({}) == "/a.ipynb"
    assert reported_path({"JPY_SESSION_NAME": "/a.ipynb"}) == "None"
    assert reported_path({"JPY_SESSION_NAME": "/other.ipynb"}) == "/a.ipynb"


# --- trust, stored by several kernels at once -----------------------------------------------------

ADDS = """
import sys
from pathlib import Path
from claude_notebook.turns.state import TrustStore
store = TrustStore(Path(sys.argv[1]))
sys.stdin.read(1)
for number in range(40):
    store.add("/", [f"{sys.argv[2]}-{number}"])
"""


def test_trust_store_keeps_what_several_processes_add_at_once(tmp_path):
    folder = tmp_path / "state" / "trusted"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ADDS, str(folder), name], stdin=subprocess.PIPE, bufsize=0
        )
        for name in "abc"
    ]
    for process in processes:
        process.stdin.write(b"x")
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    for process in processes:
        process.stdin.close()

    added = {f"{name}-{number}" for name in "abc" for number in range(40)}
    assert TrustStore(folder).knows("/", added)


def test_trust_store_does_not_wait_for_a_process_that_keeps_the_lock(tmp_path):
    store = TrustStore(tmp_path / "state" / "trusted")
    store.add("/", ["a"])
    with changing(store.folder):
        store.add("/", ["b"])
    assert store.knows("/", ["a", "b"])
