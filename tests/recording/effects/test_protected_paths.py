"""Protection of files that make programs act, for every spelling of their names."""

import os
from pathlib import PurePath

import pytest
from stage import Stage

from claude_notebook.recording.effects.protected_paths import reason_to_skip

# Claude Code 2.1.332 asks before it changes these files.
ASKED_BY_CLAUDE_CODE = [
    ".gitconfig",
    ".gitmodules",
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".zprofile",
    ".profile",
    ".zshenv",
    ".zlogin",
    ".zlogout",
    ".bash_login",
    ".bash_aliases",
    ".bash_logout",
    ".envrc",
    ".ripgreprc",
    ".mcp.json",
    ".claude.json",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    ".pnp.js",
    ".pnp.data.json",
    ".pnpmfile.cjs",
    "bunfig.toml",
    ".bunfig.toml",
    ".bazelrc",
    ".bazelversion",
    ".bazeliskrc",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    ".lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yaml",
    "gradle-wrapper.properties",
    "maven-wrapper.properties",
    ".devcontainer.json",
    "pyrightconfig.json",
    ".git/config",
    ".vscode/tasks.json",
    ".idea/workspace.xml",
    ".claude/settings.json",
    ".husky/pre-commit",
    ".cargo/config.toml",
    ".devcontainer/devcontainer.json",
    ".yarn/releases/y.cjs",
    ".mvn/jvm.config",
    ".config/git/config",
]
OTHERS = [
    ".git/hooks/pre-commit",
    ".github/workflows/a.yml",
    ".gitattributes",
    ".env",
    ".pypirc",
    ".netrc",
    "_netrc",
    ".ssh/config",
    ".ipython/profile_default/startup/a.py",
    ".jupyter/jupyter_server_config.py",
    "jupyter_notebook_config.json",
    ".direnv/a",
    "Makefile",
    "GNUmakefile",
    "makefile.local",
    "rules.mk",
    "justfile",
    "Rakefile",
    "CMakeLists.txt",
    "BUILD.bazel",
    "package.json",
    "vite.config.ts",
    "gulpfile.js",
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "conftest.py",
    "tox.ini",
    "sitecustomize.py",
    "usercustomize.py",
    "easy.pth",
    "lib/site-packages/a.py",
    "a.pyc",
    "native.so",
    "ipython_config.py",
    "kernel.json",
    "json.py",
    "random.py",
    "os/__init__.py",
    "requirements.txt",
    "requirements-dev.txt",
    "Dockerfile",
    "Dockerfile.dev",
    "docker-compose.yml",
    "compose.yaml",
    "Jenkinsfile",
    "azure-pipelines.yml",
    "CLAUDE.md",
    "sub/CLAUDE.md",
    "AGENTS.md",
    "crontab",
    "autostart/a.desktop",
    "systemd/user/a.service",
    "LaunchAgents/a.plist",
    "cron.d/a",
    "profile.d/a.sh",
    "authorized_keys",
    "id_ed25519",
    "run.bat",
    "tool.exe",
    "app.lnk",
    "project.code-workspace",
    "build.gradle",
    "pom.xml",
    "Cargo.toml",
    "build.rs",
    "go.mod",
    "Gemfile",
    "flake.nix",
    "node_modules/a/index.js",
    "__pycache__/a.pyc",
    "githooks/pre-push",
    "desktop.ini",
]
SPELLINGS = [
    ".GIT/config",
    ".Git/CONFIG",
    ".git./config",
    ".git /config",
    "．git/config",
    ".g\u200cit/config",
    ".\u200bgit/config",
    "\u200c.git/config",
    "GIT~1/config",
    "git~1/config",
    ".git::$INDEX_ALLOCATION/config",
    "a.txt:stream",
    "sub/../.git/config",
    "sub/.git/config",
    "sub\\.git\\config",
    "MAKEFILE",
    "Makefile.",
    "Makefile ",
    "makefıle",
    "conFtest.PY",
    "conftest\u00ad.py",
    "ｃonftest.py",
    "claude.MD",
    "ſetup.py",
    "SITE-PACKAGES/a.py",
]
HARMLESS = [
    "a.txt",
    "shopping.txt",
    "data/bakery.csv",
    "report.md",
    "src/model.py",
    "main.py",
    "analysis.ipynb",
    "notes/2026.1.txt",
    "figure.png",
    "tables/a.tsv",
    "docs/index.html",
    "index.html",
    "query.sql",
    "README.md",
    "app.js",
    "package.txt",
    "makefiles.md",
    "builder.py",
    "data.json",
]


def test_applier_skips_writes_of_protected_files(tmp_path):
    stage = Stage(tmp_path / "again", "/desk")
    stage.folder.mkdir()
    violations = []
    for path in [*ASKED_BY_CLAUDE_CODE, *OTHERS, *SPELLINGS]:
        note = stage.apply("Write", file_path=f"/desk/{path}", content="x")
        is_reported = "is not applied: " in note.text and "Make this change manually" in note.text
        if note.kind != "not applied" or not is_reported or stage.files != {}:
            violations.append((path, note))
    assert violations == []


@pytest.mark.parametrize("path", HARMLESS)
def test_applier_writes_ordinary_files(tmp_path, path):
    stage = Stage(tmp_path / "again", "/desk")
    assert stage.apply("Write", file_path=f"/desk/{path}", content="x").kind == "applied"
    assert stage.files == {path: "x"}


def test_applier_skips_edits_of_protected_files(tmp_path):
    stage = Stage(tmp_path, "/desk")
    (tmp_path / "Makefile").write_text("all:\n")
    note = stage.apply("Edit", file_path="Makefile", old_string="all", new_string="evil")
    assert note.kind == "not applied"
    assert stage.files == {"Makefile": "all:\n"}


def test_applier_skips_executable_files(tmp_path):
    stage = Stage(tmp_path, "/desk")
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)
    note = stage.apply("Write", file_path="tool", content="evil")
    assert "it is an executable file" in note.text
    assert stage.files == {"tool": "#!/bin/sh\n"}


def test_applier_follows_no_link_to_a_protected_path(tmp_path):
    stage = Stage(tmp_path / "again", "/desk")
    (stage.folder / ".git").mkdir(parents=True)
    (stage.folder / "harmless").symlink_to(".git")
    (stage.folder / "note.txt").symlink_to(".git/config")
    for path in ("harmless/config", "note.txt"):
        assert stage.apply("Write", file_path=path, content="evil").kind == "not applied"
    assert list((stage.folder / ".git").iterdir()) == []


def test_applier_breaks_hard_links(tmp_path):
    stage = Stage(tmp_path / "again", "/desk")
    stage.folder.mkdir()
    (tmp_path / "bashrc").write_text("mine")
    os.link(tmp_path / "bashrc", stage.folder / "a.txt")
    stage.apply("Edit", file_path="a.txt", old_string="mine", new_string="evil")
    assert (stage.folder / "a.txt").read_text() == "evil"
    assert (tmp_path / "bashrc").read_text() == "mine"


@pytest.mark.parametrize("path", ["pipe", "folder", "loop", "a\x00b", "a" * 5000, "/dev/null"])
def test_applier_notes_a_target_that_is_not_a_file(tmp_path, path):
    stage = Stage(tmp_path / "again", "/desk")
    (stage.folder / "folder").mkdir(parents=True)
    os.mkfifo(stage.folder / "pipe")
    (stage.folder / "loop").symlink_to("loop")
    for tool, more in (("Write", {"content": "x"}), ("Edit", {"old_string": "a"})):
        assert stage.apply(tool, file_path=path, **more).kind == "not applied"


@pytest.mark.parametrize("content", [None, 1, ["x"], {"a": 1}])
def test_applier_skips_content_that_is_not_text(tmp_path, content):
    stage = Stage(tmp_path, "/desk")
    assert stage.apply("Write", file_path="a.txt", content=content).kind == "not applied"
    assert stage.files == {}


def test_reason_to_skip_depends_on_the_name():
    assert reason_to_skip(PurePath("a/hooks/x.py")) == "git runs its hooks"
    assert reason_to_skip(PurePath("a/b.txt")) == ""
