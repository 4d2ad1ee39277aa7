"""What `claude-notebook doctor` says: facts in, one row for each thing that matters out. Pure.

A row that is not `ok` stands for something that will not work; its advice says what to do. An `ok`
row may have advice too, where something works but could be better.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ...messages import JSONObject
from ..discovery import CLI, too_old

INSTALL_CLI = (
    "Install it: pip install claude-agent-sdk (or npm install -g @anthropic-ai/claude-code)."
)
SIGN_IN = (
    "Sign in with `claude auth login` in a terminal, or set ANTHROPIC_API_KEY before the "
    "notebook's kernel starts."
)
_UNREACHED = (
    "Check the network, the proxy (HTTPS_PROXY), certificates (NODE_EXTRA_CA_CERTS) and "
    "ANTHROPIC_BASE_URL."
)
_OTHER_SERVICES = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY")


@dataclass(frozen=True)
class Check:
    """One row: what was looked at, whether it is fine, what was found, and what to do about it."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


@dataclass(frozen=True)
class Folder:
    """A folder that is written to. `writable` is whether it is, or could be made."""

    name: str
    path: str
    exists: bool
    writable: bool


@dataclass(frozen=True)
class SettingsFile:
    """A settings file that exists. `problem` is empty when Claude Code can use it."""

    path: str
    problem: str = ""


@dataclass(frozen=True)
class Facts:
    """What was found out.

    :param python: version and path of the interpreter.
    :param packages: name -> version, None where it is not installed.
    :param cli: the binary; None where none was found, and then `cli_error` says why.
    :param cli_version: None where it does not say.
    :param account: the answer of `claude auth status`; None where it did not answer.
    :param account_error: why it did not.
    :param service: the address of the model's service.
    :param reached: whether it answered; None where it was not asked.
    :param reach_detail: how it answered, or why not.
    :param folders: those that are written to.
    :param settings: the settings files that exist.
    :param variables: the names (never the values) of the environment's variables that matter.
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
    folders: tuple[Folder, ...] = ()
    settings: tuple[SettingsFile, ...] = ()
    variables: tuple[str, ...] = field(default=())

    def release(self, package: str) -> tuple[int, ...]:
        """A package's version as numbers; empty where it is not installed."""
        return tuple(int(each) for each in re.findall(r"\d+", self.packages.get(package) or "")[:3])


def checks(facts: Facts) -> tuple[Check, ...]:
    """The rows, in the order in which things depend on each other."""
    return tuple(row for rows in _ROWS for row in rows(facts))


def _python(facts: Facts) -> Iterable[Check]:
    version, path = facts.python
    own = facts.packages.get("claude-notebook") or "from source"
    yield Check("Python", True, f"{version} at {path}; claude_notebook {own}")


def _kernel(facts: Facts) -> Iterable[Check]:
    release = facts.release("ipykernel")
    upgrade = "pip install --upgrade 'ipykernel>=7.4'"
    if not release:
        detail = "ipykernel is not installed: no notebook can run in this environment"
        yield Check("Kernel", False, detail, f"Install it: {upgrade}")
        return
    detail = f"ipykernel {facts.packages['ipykernel']}"
    if release < (7, 0):
        meaning = f"{detail}: buttons do not reach a running cell, questions come as text"
        yield Check("Kernel", False, meaning, f"Install a later one: {upgrade} (at least 7.0)")
    elif release < (7, 4):
        yield Check("Kernel", True, detail, f"7.4 is better tested (with Python 3.11): {upgrade}")
    else:
        yield Check("Kernel", True, detail)


def _front_end(facts: Facts) -> Iterable[Check]:
    found = {name: facts.packages.get(name) for name in ("jupyterlab", "notebook")}
    shown = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    if not shown:
        detail = "neither jupyterlab nor notebook is installed here"
        advice = (
            "Fine if the front end runs elsewhere (VS Code, a server); else: pip install jupyterlab"
        )
        yield Check("Front end", True, detail, advice)
        return
    old = facts.release("jupyterlab") < (4, 0) and facts.release("notebook") < (7, 0)
    advice = "It is old: pip install --upgrade jupyterlab" if old else ""
    yield Check("Front end", not old, shown, advice)


def _live_view(facts: Facts) -> Iterable[Check]:
    version = facts.packages.get("anywidget")
    if version:
        widgets = facts.packages.get("ipywidgets") or "missing"
        yield Check("Live view", True, f"anywidget {version}, ipywidgets {widgets}")
    else:
        detail = "anywidget is not installed: answers come as static HTML"
        yield Check("Live view", False, detail, "Install it: pip install anywidget")


def _cli(facts: Facts) -> Iterable[Check]:
    if facts.cli is None:
        yield Check("Claude Code", False, facts.cli_error or "not found", INSTALL_CLI)
        return
    where = f"{facts.cli.path} (found by: {facts.cli.source})"
    if facts.cli_version is None:
        advice = f"Run `{facts.cli.path} --version` in a terminal to see why. {INSTALL_CLI}"
        yield Check("Claude Code", False, f"{where} does not say its version", advice)
        return
    old = too_old(facts.cli_version)
    advice = (
        "It is too old: `claude update`, or pip install --upgrade claude-agent-sdk" if old else ""
    )
    yield Check("Claude Code", not old, f"{facts.cli_version} at {where}", advice)


def _account(facts: Facts) -> Iterable[Check]:
    if facts.cli is None:
        return
    if facts.account is None:
        detail = f"`claude auth status` gave no answer: {facts.account_error or 'unknown'}"
        yield Check("Signed in", False, detail, "Run it in a terminal to see why.")
    elif facts.account.get("loggedIn") is True:
        yield Check("Signed in", True, _account_detail(facts.account))
    else:
        yield Check("Signed in", False, "nobody is", SIGN_IN)


def _account_detail(account: JSONObject) -> str:
    """By which way, and with which service: no name, no address, no key."""
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
        yield Check("Service", True, f"not asked: {others[0]} chooses another one")
    elif facts.reached is None:
        yield Check("Service", True, f"{facts.service}: not asked")
    else:
        detail = f"{facts.service}: {facts.reach_detail}"
        yield Check("Service", facts.reached, detail, "" if facts.reached else _UNREACHED)


def _folders(facts: Facts) -> Iterable[Check]:
    for folder in facts.folders:
        state = "" if folder.exists else " (will be made when it is needed)"
        advice = (
            "" if folder.writable else "Make it writable for you: check its owner and its mode."
        )
        detail = f"{folder.path}{state if folder.writable else ' cannot be written'}"
        yield Check(folder.name, folder.writable, detail, advice)


def _settings(facts: Facts) -> Iterable[Check]:
    broken = [file for file in facts.settings if file.problem]
    for file in broken:
        yield Check("Settings", False, file.problem, f"Correct {file.path} by hand.")
    if not broken:
        shown = ", ".join(file.path for file in facts.settings)
        yield Check("Settings", True, shown or "no files")


def _environment(facts: Facts) -> Iterable[Check]:
    shown = ", ".join(facts.variables)
    advice = ""
    account = facts.account or {}
    if "ANTHROPIC_API_KEY" in facts.variables and account.get("authMethod") not in (
        None,
        "api_key",
    ):
        advice = "ANTHROPIC_API_KEY is set, but Claude Code uses another way to sign in."
    yield Check("Environment", True, shown or "nothing that matters is set", advice)


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
