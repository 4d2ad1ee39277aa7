"""Files are written whole or not at all, and never through a link."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claude_notebook.files import (
    STALE_SECONDS,
    Replacement,
    create_file,
    make_folder,
    open_append,
    open_regular,
    read_file,
    write_file,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


# --- the target -----------------------------------------------------------------------------------


def test_write_file_replaces_the_content_and_keeps_the_mode(desk: Path):
    write_file(desk / "new", "one")
    assert stat.S_IMODE((desk / "new").stat().st_mode) == 0o600
    (desk / "new").chmod(0o640)
    write_file(desk / "new", b"two")
    assert (desk / "new").read_text() == "two"
    assert stat.S_IMODE((desk / "new").stat().st_mode) == 0o640
    assert names(desk) == ["new"]


@pytest.mark.parametrize("exists", [True, False])
def test_write_file_replaces_a_link_and_not_its_target(desk: Path, tmp_path: Path, exists: bool):
    outside = tmp_path / "bashrc"
    if exists:
        outside.write_text("mine")
    (desk / "a").symlink_to(outside)
    write_file(desk / "a", "new")
    assert not (desk / "a").is_symlink()
    assert (desk / "a").read_text() == "new"
    assert outside.exists() == exists
    assert not exists or outside.read_text() == "mine"


def test_write_file_leaves_the_other_names_of_a_hard_link_alone(desk: Path, tmp_path: Path):
    outside = tmp_path / "bashrc"
    outside.write_text("mine")
    os.link(outside, desk / "a")
    write_file(desk / "a", "new")
    assert outside.read_text() == "mine"


def put(kind: str, path: Path) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as item:
            item.bind(str(path))


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket"])
def test_write_file_refuses_a_target_that_is_no_regular_file(desk: Path, monkeypatch, kind: str):
    monkeypatch.chdir(desk)  # a socket's path must be short
    put(kind, Path("a"))
    with pytest.raises(OSError, match="is not a regular file; move it away"):
        write_file(desk / "a", "new")
    assert names(desk) == ["a"]


def test_write_file_refuses_a_device():
    with pytest.raises(OSError, match="not a regular file"):
        write_file("/dev/null", "new")


# --- folders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["linked/a", "linked/below/a", "inner/linked/a"])
def test_write_file_rejects_linked_folder(desk: Path, tmp_path: Path, path: str):
    outside = tmp_path / "outside"
    (outside / "below").mkdir(parents=True)
    (desk / "inner").mkdir()
    (desk / "linked").symlink_to(outside)
    (desk / "inner" / "linked").symlink_to("../../outside")
    for write in (write_file, create_file):
        with pytest.raises(OSError, match="is a symbolic link; name the folder"):
            write(desk / path, "new", root=desk)
    with pytest.raises(OSError, match="is a symbolic link"):
        make_folder((desk / path).parent / "more", desk)
    with pytest.raises(OSError, match="is a symbolic link"):
        open_append(desk / path, root=desk)
    assert names(outside) == ["below"]
    assert names(outside / "below") == []


def test_write_file_follows_linked_root(desk: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(desk)
    write_file(tmp_path / "link" / "a", "new", root=tmp_path / "link")
    assert (desk / "a").read_text() == "new"


@pytest.mark.parametrize("path", ["../a", "in/../../a", "/etc/a"])
def test_write_file_rejects_path_outside_root(desk: Path, path: str):
    with pytest.raises(OSError, match="is not inside"):
        write_file(desk / path, "new", root=desk)


def test_make_folder_creates_parents_with_their_mode(desk: Path):
    make_folder(desk / "a" / "b", desk, mode=0o700)
    make_folder(desk / "a" / "b", desk, mode=0o700)
    assert stat.S_IMODE((desk / "a" / "b").stat().st_mode) == 0o700


def test_write_file_raises_for_unwritable_folder(desk: Path):
    with pytest.raises(OSError, match="No such file"):
        write_file(desk / "none" / "a", "new", root=desk)
    (desk / "file").write_text("x")
    with pytest.raises(OSError, match="Not a directory"):
        write_file(desk / "file" / "a", "new", root=desk)


# --- accidents ------------------------------------------------------------------------------------


def test_replacement_keeps_old_file_after_error(desk: Path):
    write_file(desk / "a", "old")
    with pytest.raises(TypeError), Replacement(desk / "a") as new:
        new.file.writelines([b"half", "no bytes"])
    assert (desk / "a").read_text() == "old"
    assert names(desk) == ["a"]


def child(text: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)], stdout=subprocess.PIPE
    )


FULL = """
import resource, sys
from claude_notebook.files import write_file
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_file(sys.argv[1], "x" * 1_000_000)
except OSError as error:
    print(error.strerror)
"""


def test_replacement_cleans_up_on_full_disk(desk: Path):
    write_file(desk / "a", "old")
    with child(FULL, desk / "a") as process:
        assert process.stdout.read() == b"File too large\n"
    assert (desk / "a").read_text() == "old"
    assert names(desk) == ["a"]


TWO_WRITERS = """
import sys
from claude_notebook.files import write_file
print(flush=True)
while True:
    write_file(sys.argv[1], sys.argv[2] * 300_000)
"""


def test_concurrent_writes_and_kills_leave_complete_file(desk: Path):
    write_file(desk / "a", "o" * 300_000)
    with (
        child(TWO_WRITERS, desk / "a", "x") as first,
        child(TWO_WRITERS, desk / "a", "y") as second,
    ):
        for process in (first, second):
            process.stdout.readline()
        for _ in range(100):
            content = read_file(desk / "a", 1_000_000)
            assert content in {each * 300_000 for each in (b"o", b"x", b"y")}
        for process in (first, second):
            process.send_signal(signal.SIGKILL)
    assert read_file(desk / "a", 1_000_000) in {b"x" * 300_000, b"y" * 300_000}
    assert set(names(desk)) - {name for name in names(desk) if name.endswith(".tmp")} == {"a"}


# --- other ways -----------------------------------------------------------------------------------


ABANDONED = """
import os, sys
from claude_notebook.files import Replacement
replacement = Replacement(sys.argv[1])
replacement.file.write(b"half")
replacement.file.flush()
os.kill(os.getpid(), 9)
"""


def write_in_new_process(path: Path) -> None:
    code = (
        "import sys; from claude_notebook.files import write_file; write_file(sys.argv[1], 'new')"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then), follow_symlinks=False)


def test_write_file_removes_what_a_killed_writer_left_a_week_ago(desk: Path):
    killed = subprocess.run([sys.executable, "-c", ABANDONED, str(desk / "a")], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = desk.iterdir()
    write_in_new_process(desk / "b")
    assert names(desk) == sorted(["b", left.name])
    age(left, STALE_SECONDS + 60)
    write_in_new_process(desk / "b")
    assert names(desk) == ["b"]


def test_write_file_removes_nothing_but_its_own_stale_files(desk: Path, tmp_path: Path):
    stale = ".a.json.0123456789abcdef.tmp"
    others = [
        *(".a.json.0123456789ABCDEF.tmp", ".a.json.0123456789abcde.tmp", ".a.json.tmp"),
        *(f"x{stale}", f"{stale}x", "a.json.0123456789abcdef.tmp", ".0123456789abcdef.tmp"),
    ]
    for name in (stale, *others):
        (desk / name).write_text("x")
    target = tmp_path / "target"
    target.write_text("keep")
    link, hard = desk / ".l.0123456789abcdef.tmp", desk / ".h.0123456789abcdef.tmp"
    link.symlink_to(target)
    os.link(target, hard)
    folder = desk / ".d.0123456789abcdef.tmp"
    folder.mkdir()
    young = desk / ".y.0123456789abcdef.tmp"
    young.write_text("x")
    kept = [*others, link.name, hard.name, folder.name]
    for name in (stale, *kept):
        age(desk / name, STALE_SECONDS + 60)
    age(young, STALE_SECONDS - 60)
    write_in_new_process(desk / "b")
    assert names(desk) == sorted([*kept, young.name, "b"])
    assert target.read_text() == "keep"


def test_write_file_succeeds_where_stale_files_cannot_be_listed(desk: Path, monkeypatch):
    def refuse(place: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(os, "scandir", refuse)
    write_file(desk / "b", "new")
    assert (desk / "b").read_text() == "new"


def test_create_file_takes_only_a_free_name(desk: Path, tmp_path: Path):
    create_file(desk / "a", "one")
    assert stat.S_IMODE((desk / "a").stat().st_mode) == 0o600
    (desk / "b").symlink_to(tmp_path / "outside")
    for name in ("a", "b"):
        with pytest.raises(FileExistsError):
            create_file(desk / name, "two")
    assert not (tmp_path / "outside").exists()


def test_open_append_adds_to_a_regular_file_only(desk: Path):
    (desk / "a").write_text("one")
    with open_append(desk / "a") as file:
        file.write(b" two")
    assert (desk / "a").read_text() == "one two"
    (desk / "link").symlink_to("a")
    os.mkfifo(desk / "pipe")
    for name in ("link", "pipe", "none"):
        with pytest.raises(OSError):
            open_append(desk / name)


@pytest.mark.parametrize("path", ["pipe", "/dev/zero", "/dev/stdin", "folder", "loop"])
def test_open_regular_never_waits_for_a_device_or_pipe(desk: Path, path: str):
    os.mkfifo(desk / "pipe")
    (desk / "folder").mkdir()
    (desk / "loop").symlink_to("loop")
    with pytest.raises(OSError):
        open_regular(desk / path)


def test_read_file_has_a_limit(desk: Path):
    with (desk / "a").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(OSError, match="larger than 1000 bytes"):
        read_file(desk / "a", 1000)


# --- the only one ---------------------------------------------------------------------------------

PACKAGE = Path(__file__).parents[1] / "claude_notebook"
WRITES = re.compile(
    r"\.write_text\(|\.write_bytes\(|\bmkstemp\(|NamedTemporaryFile\(|os\.(open|replace|rename|link"
    r"|symlink)\(|\.touch\(mode|shutil\.(copy|move)\w*\(|\bopen\([^)]*[\"'][wax][bt+]?[\"']"
)
ELSEWHERE = {
    "auth/cli_login.py": "writes a program into a temporary folder of its own",
    "command/headless.py": "recordings are copied into a temporary folder of its own",
    "cli/powers/files.py": "opens files of a folder to read them, without blocking",
    "sessions/transcripts/entries.py": "opens a transcript to read it",
}


def test_only_files_module_writes_files():
    results = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert results - set(ELSEWHERE) == {"files.py"}
