"""The checks behind `claude-notebook doctor`, as pure functions from facts to table rows.

A failed row reports a feature that will not work, and advises how to fix it. A passed row can
suggest an improvement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ...messages import JSONObject
from ..discovery import CLI, is_too_old

INSTALL_CLI = (
    "Install it: pip install claude-agent-sdk (or npm install -g @anthropic-ai/claude-code)."
)
SIGN_IN = (
    "Sign in with `claude-auth login` in a terminal, or set ANTHROPIC_API_KEY before the "
    "notebook's kernel starts."
)
_UNREACHED = (
    "Check the network, the proxy (HTTPS_PROXY), certificates (NODE_EXTRA_CA_CERTS) and "
    "ANTHROPIC_BASE_URL."
)
_OTHER_SERVICES = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")


@dataclass(frozen=True)
class Check:
    """One row in the report.

    :param name: the subject of the check.
    :param ok: False if something does not work.
    :param detail: the finding.
    :param advice: the next step, or "".
    """

    name: str
    ok: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True)
class FolderState:
    """A folder that claude_notebook or the CLI writes to.

    :param writable: whether the folder is writable or can be created.
    """

    name: str
    path: str
    exists: bool
    writable: bool


@dataclass(frozen=True)
class SettingsFile:
    """A settings file that exists.

    :param problem: why Claude Code cannot use it, or "".
    """

    path: str
    problem: str = ""


@dataclass(frozen=True)
class Facts:
    """Facts collected about the installation.

    :param python: the interpreter's version and path.
    :param packages: package names and versions, where None marks a missing package.
    :param cli: the binary, or None if the search failed; see `cli_error`.
    :param cli_version: the version; None if the binary does not report one.
    :param account: the output of `claude auth status`, or None; see `account_error`.
    :param account_error: why there is no account.
    :param service: the URL of the model service.
    :param reached: whether the service responded; None if it was not contacted.
    :param reach_detail: the response time, or why the request failed.
    :param folders: folders that are written to.
    :param settings: the settings files that exist.
    :param variables: the names (never the values) of relevant environment variables.
    """

    python: tuple[str, str]
    packages: Mapping[str, str | None]
    cli: CLI | None = None
    cli_version: str | None = None
    cli_error: str = ""
    account: JSONObject | None = None
    account_error: str = ""
    service: str = ""
    reached: bool | None = None
    reach_detail: str = ""
    folders: tuple[FolderState, ...] = ()
    settings: tuple[SettingsFile, ...] = ()
    variables: tuple[str, ...] = field(default=())

    def version_numbers(self, package: str) -> tuple[int, ...]:
        """Return a package's version as numbers, or an empty tuple if it is not installed."""
        return tuple(int(part) for part in re.findall(r"\d+", self.packages.get(package) or "")[:3])


def run_checks(facts: Facts) -> tuple[Check, ...]:
    """Check all facts, starting with the rows that others depend on."""
    return tuple(row for rows in _ROWS for row in rows(facts))


def _python(facts: Facts) -> Iterable[Check]:
    version, path = facts.python
    own = facts.packages.get("claude-notebook") or "from source"
    yield Check("Python", True, f"{version} at {path}; claude_notebook {own}")


def _kernel(facts: Facts) -> Iterable[Check]:
    release = facts.version_numbers("ipykernel")
    upgrade = "pip install --upgrade 'ipykernel>=7.4'"
    if not release:
        detail = "ipykernel is not installed: notebooks cannot run in this environment"
        yield Check("Kernel", False, detail, f"Install it: {upgrade}")
        return
    detail = f"ipykernel {facts.packages['ipykernel']}"
    if release < (7, 0):
        meaning = f"{detail}: buttons do not reach a running cell, and questions are asked as text"
        yield Check("Kernel", False, meaning, f"Upgrade to 7.0 or later: {upgrade}")
    elif release < (7, 4):
        yield Check(
            "Kernel",
            True,
            detail,
            f"Consider 7.4, which is better tested (with Python 3.11): {upgrade}",
        )
    else:
        yield Check("Kernel", True, detail)


def _front_end(facts: Facts) -> Iterable[Check]:
    versions = {name: facts.packages.get(name) for name in ("jupyterlab", "notebook")}
    installed = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    if not installed:
        detail = "neither jupyterlab nor notebook is installed here"
        advice = (
            "Fine if the front end runs elsewhere (VS Code, a server); otherwise: "
            "pip install jupyterlab"
        )
        yield Check("Front end", True, detail, advice)
        return
    old = facts.version_numbers("jupyterlab") < (4, 0) and facts.version_numbers("notebook") < (
        7,
        0,
    )
    advice = "Upgrade it: pip install --upgrade jupyterlab" if old else ""
    yield Check("Front end", not old, installed, advice)


def _live_view(facts: Facts) -> Iterable[Check]:
    version = facts.packages.get("anywidget")
    if version:
        widgets = facts.packages.get("ipywidgets") or "missing"
        yield Check("Live view", True, f"anywidget {version}, ipywidgets {widgets}")
    else:
        detail = "anywidget is not installed: answers are shown as static HTML"
        yield Check("Live view", False, detail, "Install it: pip install anywidget")


def _cli(facts: Facts) -> Iterable[Check]:
    if facts.cli is None:
        yield Check("Claude Code", False, facts.cli_error or "not found", INSTALL_CLI)
        return
    location = f"{facts.cli.path} (found in: {facts.cli.source})"
    if facts.cli_version is None:
        advice = f"Run `{facts.cli.path} --version` in a terminal to see why. {INSTALL_CLI}"
        yield Check("Claude Code", False, f"{location} does not report its version", advice)
        return
    old = is_too_old(facts.cli_version)
    advice = "Update it: `claude update`, or pip install --upgrade claude-agent-sdk" if old else ""
    yield Check("Claude Code", not old, f"{facts.cli_version} at {location}", advice)


def _account(facts: Facts) -> Iterable[Check]:
    if facts.cli is None:
        return
    if facts.account is None:
        detail = f"`claude auth status` failed: {facts.account_error or 'unknown'}"
        yield Check("Signed in", False, detail, "Run it in a terminal to see why.")
    elif facts.account.get("loggedIn") is True:
        yield Check("Signed in", True, _account_detail(facts.account))
    else:
        yield Check("Signed in", False, "no", SIGN_IN)


def _account_detail(account: JSONObject) -> str:
    """Describe the sign-in without revealing names, addresses or keys."""
    words = {
        "by": account.get("authMethod"),
        "with": account.get("apiProvider"),
        "from": account.get("apiKeySource"),
        "plan": account.get("subscriptionType"),
    }
    return ", ".join(f"{word} {value}" for word, value in words.items() if isinstance(value, str))


def _service(facts: Facts) -> Iterable[Check]:
    others = [name for name in _OTHER_SERVICES if name in facts.variables]
    if others:
        yield Check("Service", True, f"not contacted: {others[0]} selects another service")
    elif facts.reached is None:
        yield Check("Service", True, f"{facts.service}: not contacted")
    else:
        detail = f"{facts.service}: {facts.reach_detail}"
        yield Check("Service", facts.reached, detail, "" if facts.reached else _UNREACHED)


def _folders(facts: Facts) -> Iterable[Check]:
    for folder in facts.folders:
        state = "" if folder.exists else " (created when needed)"
        advice = "" if folder.writable else "Make it writable: check its owner and mode."
        detail = f"{folder.path}{state if folder.writable else ' is not writable'}"
        yield Check(folder.name, folder.writable, detail, advice)


def _settings(facts: Facts) -> Iterable[Check]:
    broken = [file for file in facts.settings if file.problem]
    for file in broken:
        yield Check("Settings", False, file.problem, f"Correct {file.path} by hand.")
    if not broken:
        paths = ", ".join(file.path for file in facts.settings)
        yield Check("Settings", True, paths or "no files")


def _environment(facts: Facts) -> Iterable[Check]:
    names = ", ".join(facts.variables)
    advice = ""
    account = facts.account or {}
    if "ANTHROPIC_API_KEY" in facts.variables and account.get("authMethod") not in (
        None,
        "api_key",
    ):
        advice = (
            "ANTHROPIC_API_KEY is set and applies in cells, but Claude Code reports another "
            "sign-in. Unset one of the two."
        )
    yield Check("Environment", True, names or "no relevant variables are set", advice)


_ROWS: tuple[Callable[[Facts], Iterable[Check]], ...] = (
    _python,
    _kernel,
    _front_end,
    _live_view,
    _cli,
    _account,
    _service,
    _folders,
    _settings,
    _environment,
)
