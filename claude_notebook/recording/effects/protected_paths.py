"""Files that programs execute or obey, which a recording never writes.

They are the kinds that Claude Code itself asks about (version control, editors, shells, its own
settings), and similar ones: build tools, package managers, CI, services that start at login, and
modules that Python imports automatically. Names are compared like on the most tolerant file system:
ignoring case, Unicode form, invisible characters, and trailing dots or spaces.
"""

from __future__ import annotations

import functools
import re
import stat
import sys
import unicodedata
from pathlib import Path, PurePath

_AGENTS = "Claude Code and other agents read it"
_BUILD = "build tools run it"
_CI = "build servers run it"
_EDITORS = "editors obey it"
_LOGIN = "the system runs it automatically"
_PACKAGES = "package managers obey it"
_PYTHON = "Python imports it automatically"
_SECRETS = "programs read keys and servers from it"
_SYSTEM = "the system opens or loads it"
_TESTS = "test runners and checkers run it"

# Names in lower case. Hidden files are all protected anyway.
_NAMES: dict[str, str] = {
    name: reason
    for reason, names in {
        _AGENTS: "claude.md claude.local.md agents.md gemini.md",
        _BUILD: (
            "makefile gnumakefile justfile taskfile.yml taskfile.yaml rakefile cmakelists.txt "
            "cmakepresets.json meson.build build build.bazel workspace workspace.bazel "
            "module.bazel sconstruct sconscript wscript dockerfile containerfile compose.yml "
            "compose.yaml procfile tiltfile vagrantfile gradlew mvnw gradle.properties pom.xml "
            "build.xml build.rs flake.nix shell.nix default.nix devbox.json devenv.nix "
            "gradle-wrapper.properties maven-wrapper.properties dodo.py fabfile.py tasks.py "
            "postbuild"
        ),
        _CI: (
            "jenkinsfile azure-pipelines.yml bitbucket-pipelines.yml appveyor.yml cloudbuild.yaml "
            "buildspec.yml netlify.toml vercel.json action.yml action.yaml dangerfile "
            "renovate.json wercker.yml codefresh.yml"
        ),
        _LOGIN: "crontab sudoers launchd.conf rc.local autorun.inf",
        _PACKAGES: (
            "package.json package-lock.json npm-shrinkwrap.json pnpm-workspace.yaml yarn.lock "
            "pnpm-lock.yaml bunfig.toml deno.json deno.jsonc lerna.json nx.json turbo.json "
            "cargo.toml go.mod go.work gemfile composer.json mix.exs setup.py setup.cfg "
            "pyproject.toml pipfile environment.yml environment.yaml pip.conf pip.ini "
            "pydistutils.cfg conda.yml apt.txt lefthook.yml lefthook.yaml condarc pixi.toml uv.toml"
        ),
        _PYTHON: (
            "sitecustomize.py usercustomize.py ipython_config.py ipython_kernel_config.py "
            "kernel.json pyvenv.cfg _bootlocale.py"
        ),
        _SECRETS: "_netrc authorized_keys authorized_keys2 known_hosts rc environment",
        _TESTS: (
            "conftest.py pytest.ini tox.ini noxfile.py pyrightconfig.json mypy.ini tsconfig.json "
            "jsconfig.json pylintrc ruff.toml"
        ),
        _EDITORS: "_vimrc _exrc _gvimrc",
        _SYSTEM: "desktop.ini web.config thumbs.db",
    }.items()
    for name in names.split()
}
_FOLDERS: dict[str, str] = {
    name: reason
    for reason, names in {
        _LOGIN: (
            "autostart systemd launchagents launchdaemons startup cron.d cron.hourly cron.daily "
            "cron.weekly cron.monthly init.d rc.d profile.d sudoers.d xinitrc.d"
        ),
        _PYTHON: "site-packages dist-packages __pycache__",
        _PACKAGES: "node_modules",
        "git runs its hooks": "githooks",
    }.items()
    for name in names.split()
}
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r".*\.(pth|pyc|pyd|egg-link)", _PYTHON),
        (r"jupyter_.*config.*|jupyter_config\..*|overrides\.json", "Jupyter obeys it"),
        (r".*\.(so|so\..*|dll|dylib|exe|com|scr|bat|cmd|ps1|psm1|vbs|wsf)", _SYSTEM),
        (r".*\.(reg|lnk|url|scf)", _SYSTEM),
        (r".*\.(service|timer|socket|desktop|plist|command|workflow)", _LOGIN),
        (r".*\.(code-workspace|sublime-project|iml|sln|.*proj|props|targets)", _EDITORS),
        (r".*\.(mk|gradle|gradle\.kts|cmake|bzl|bazel|gemspec|podspec|nix)", _BUILD),
        (r"(dockerfile|docker-compose|compose|makefile)\..*|docker-compose.*", _BUILD),
        (r".*\.config\.(js|cjs|mjs|ts|cts|mts|json)", _BUILD),
        (r"(gulp|grunt|jake|web)file\..*", _BUILD),
        (r"(requirements|constraints).*\.(txt|in)", _PACKAGES),
        (r"id_(rsa|dsa|ecdsa|ed25519).*", _SECRETS),
        (r".*:.*", "it names a hidden part of a file"),
        (r"[^.]{1,8}~\d+(\..*)?", "it is the short form of another name"),
    )
)
_HIDDEN = "hidden files configure programs"


def reason_to_skip(path: PurePath) -> str:
    """Return the reason not to write a path, relative to its folder; "" if it may be written."""
    parts = [_plain(part) for part in re.split(r"[/\\]", str(path))]
    for part in parts:
        if part.startswith("."):
            return _HIDDEN
        reason = _FOLDERS.get(part) or next(
            (why for pattern, why in _PATTERNS if pattern.fullmatch(part)), ""
        )
        if reason:
            return reason
    return _NAMES.get(parts[-1], "") or _shadows(parts)


def is_executable(target: Path) -> bool:
    """Test if a path is a file that the system would run."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _plain(part: str) -> str:
    """Normalize a name like a tolerant file system."""
    text = unicodedata.normalize("NFKC", part)
    visible = "".join(each for each in text if unicodedata.category(each) not in ("Cf", "Cc", "Mn"))
    folded = unicodedata.normalize("NFKC", visible).casefold().replace("\u0131", "i")
    return folded.strip().rstrip(". ") or "."


def _shadows(parts: list[str]) -> str:
    """Return a reason if a file shadows a module.

    Python and its kernels look for modules in their working directory first.
    """
    names = {parts[0].removesuffix(".py"), *(p.removesuffix(".py") for p in parts[-1:])}
    is_module = parts[-1].endswith(".py")
    return _PYTHON if is_module and names & _modules() else ""


@functools.cache
def _modules() -> frozenset[str]:
    """Return the names of all importable modules, in lower case."""
    from importlib.metadata import packages_distributions

    installed = (name for name in packages_distributions() if name.isidentifier())
    return frozenset(name.lower() for name in {*sys.stdlib_module_names, *installed})
