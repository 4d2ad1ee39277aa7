"""The project as a whole: what it must not name, and what its papers promise."""

import importlib
import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from check import CHECKS

import claude_notebook
from claude_notebook.command.main import build_parser

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _files() -> list[Path]:
    """The files of the project: what git knows, and what it would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _hits(pattern: str) -> list[str]:
    found = []
    for path in _files():
        for number, line in enumerate(path.read_bytes().decode("latin-1").split("\n"), 1):
            if match := re.search(pattern, line):
                start = max(0, match.start() - 30)
                found.append(f"{path.relative_to(ROOT)}:{number}: {line[start : match.end() + 30]}")
    return found


# --- what no file may name ------------------------------------------------------------------------


def test_no_path_of_anybodys_machine() -> None:
    made_up = r"home/(?:me|user|you)|work/a\.ipynb"
    folders = "home|Users|root|opt|srv|mnt|work|workspace"
    assert not _hits(rf"(?<![\w.~$}})\]*:/\\-])/(?!{made_up})(?:{folders})/[\w.]")


def test_no_package_registry() -> None:
    assert not _hits(
        r"(?i)\b(?:registry\.\w[\w-]*\.\w+|files\.pythonhosted\.org|(?:test\.)?pypi\.org/simple"
        r"|(?:artifactory|nexus|devpi)[\w-]*\.\w+\.\w+)"
    )


def test_the_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]


# --- the version ----------------------------------------------------------------------------------


def test_the_version_stands_in_one_place() -> None:
    assert "version" not in PYPROJECT["project"]
    assert PYPROJECT["project"]["dynamic"] == ["version"]
    assert json.loads((ROOT / "js" / "package.json").read_text())["version"] == "0.0.0"
    places = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "claude_notebook").rglob("*.py")
        if re.search(r"^(?:__version__|VERSION) *= *['\"]", path.read_text(), re.MULTILINE)
    ]
    assert places == ["claude_notebook/_version.py"]
    assert importlib.metadata.version("claude-notebook") == claude_notebook.__version__


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in ("Unreleased", claude_notebook.__version__)


# --- what is installed ----------------------------------------------------------------------------


def test_the_installed_package_is_complete() -> None:
    distribution = importlib.metadata.distribution("claude-notebook")
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        pytest.skip("installed from the checkout, in place")
    installed = {path.as_posix() for path in distribution.files or ()}
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in _files()
        if path.is_relative_to(ROOT / "claude_notebook")
    }
    guides = {
        f"claude_notebook/guides/{path.relative_to(ROOT / 'notebooks').as_posix()}"
        for path in _files()
        if path.is_relative_to(ROOT / "notebooks")
    }
    assert {"claude_notebook/py.typed", "claude_notebook/__init__.pyi"} <= expected
    assert guides
    assert not (expected | guides) - installed


# --- what the papers promise ----------------------------------------------------------------------


def test_every_extra_in_the_readme_exists() -> None:
    named = re.findall(r"pip install (?:-e )?\"?(?:\.|claude-notebook)\[([\w,]+)\]", README)
    extras = {extra for names in named for extra in names.split(",")}
    assert {"lab", "test", "dev"} <= extras
    assert extras <= {*PYPROJECT["project"]["optional-dependencies"]}


def test_every_command_in_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    commands = set(re.findall(r"claude-notebook ([a-z]+)", README))
    assert "demo" in commands
    for command in commands:
        with pytest.raises(SystemExit) as done:
            build_parser().parse_args([command, "--help"])
        assert done.value.code == 0, command
        assert capsys.readouterr().out.startswith(f"usage: claude-notebook {command} ")


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    links = re.findall(r"(?:\]\(|src=\")([^)\"#]+)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]


def test_the_python_in_the_readme_uses_what_exists() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")
    for module, names in re.findall(r"^from (claude_notebook[\w.]*) import (.+)$", README, re.M):
        for name in names.split(","):
            assert hasattr(importlib.import_module(module), name.strip())


def test_ci_runs_the_command_of_the_readme_and_every_other_check() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    command = 'pip install ".[test]" && pytest'
    assert command in README
    assert command in script
    assert "python tests/check.py --except tests" in script
    assert "python tests/check.py" in README
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"]).returncode == 0


def test_the_hooks_before_a_commit_are_among_the_checks() -> None:
    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks
    commands = {command.replace(" --check", "") for command in CHECKS.values()}
    assert {hook.replace(" --fix", "") for hook in hooks} <= commands
