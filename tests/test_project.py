"""The project as a whole: forbidden names, metadata and promises of the documentation."""

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


# Secrets for tests, among invented folders and hosts.
_INVENTED = "tests/samples/secrets/"


def _files() -> list[Path]:
    """List the project's files: tracked ones, and untracked ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = (name for name in listed.stdout.split("\0") if name and not name.startswith(_INVENTED))
    return [path for name in names if (path := ROOT / name).is_file()]


def _hits(pattern: str) -> list[str]:
    hits = []
    for path in _files():
        for number, line in enumerate(path.read_bytes().decode("latin-1").split("\n"), 1):
            if match := re.search(pattern, line):
                start = max(0, match.start() - 30)
                hits.append(f"{path.relative_to(ROOT)}:{number}: {line[start : match.end() + 30]}")
    return hits


# --- forbidden names ------------------------------------------------------------------------------


def test_files_contain_no_machine_paths() -> None:
    made_up = r"home/(?:me|user|you)|work/a\.ipynb"
    folders = "home|Users|root|opt|srv|mnt|work|workspace"
    assert not _hits(rf"(?<![\w.~$}})\]*:/\\-])/(?!{made_up})(?:{folders})/[\w.]")


def test_files_contain_no_package_registry() -> None:
    assert not _hits(
        r"(?i)\b(?:registry\.\w[\w-]*\.\w+|files\.pythonhosted\.org|(?:test\.)?pypi\.org/simple"
        r"|(?:artifactory|nexus|devpi)[\w-]*\.\w+\.\w+)"
    )


def test_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]


# --- the version ----------------------------------------------------------------------------------


def test_version_is_defined_once() -> None:
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


def test_changelog_has_current_heading() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in ("Unreleased", claude_notebook.__version__)


# --- installation ---------------------------------------------------------------------------------


def test_installed_package_is_complete() -> None:
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


# --- documentation --------------------------------------------------------------------------------


def test_readme_extras_exist() -> None:
    named = re.findall(r"pip install (?:-e )?\"?(?:\.|claude-notebook)\[([\w,]+)\]", README)
    extras = {extra for names in named for extra in names.split(",")}
    assert {"lab", "test", "dev"} <= extras
    assert extras <= {*PYPROJECT["project"]["optional-dependencies"]}


def test_readme_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    commands = set(re.findall(r"claude-notebook ([a-z]+)", README))
    assert "demo" in commands
    for command in commands:
        with pytest.raises(SystemExit) as exit_info:
            build_parser().parse_args([command, "--help"])
        assert exit_info.value.code == 0, command
        assert capsys.readouterr().out.startswith(f"usage: claude-notebook {command} ")


def test_readme_links_exist() -> None:
    links = re.findall(r"(?:\]\(|src=\")([^)\"#]+)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]


def test_readme_python_uses_existing_names() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")
    for module, names in re.findall(r"^from (claude_notebook[\w.]*) import (.+)$", README, re.M):
        for name in names.split(","):
            assert hasattr(importlib.import_module(module), name.strip())


def test_ci_runs_readme_command_and_all_checks() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    command = 'pip install ".[test]" && pytest'
    assert command in README
    assert command in script
    assert "python tests/check.py --except tests" in script
    assert "python tests/check.py" in README
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"]).returncode == 0


def test_pre_commit_hooks_are_checks() -> None:
    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks
    commands = {command.replace(" --check", "") for command in CHECKS.values()}
    assert {hook.replace(" --fix", "") for hook in hooks} <= commands
