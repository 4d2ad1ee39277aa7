"""Trust: what a folder brings that acts by itself is shown in full, and asked about, once.

Claude Code runs a project's hooks, starts its MCP servers and follows its allow rules, as soon as
it is started there. Whoever opens a notebook of somebody else has not agreed to that. So, until a
person has, Claude Code is started with the person's own settings only.

What is trusted is the content, piece by piece: a new hook is asked about, one that has gone is
not.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from ...cli.settings.files import Settings, config_folder
from ...logs import get_logger
from ...messages import JSON, JSONObject
from ...permissions import PermissionRuleValue, PermissionUpdate
from ...render.content import Piece
from ...render.model import Choice
from ...render.questions.confirm import Confirmation
from ...render.questions.permission import Answer
from ..questions.questions import Asking
from ..request import LaunchSettings
from ..state import TrustStore

log = get_logger(__name__)

VARIABLE = "CLAUDE_NOTEBOOK_TRUST_PROJECT"
"""Set to 1, the environment says that the folder may be trusted."""

HARMLESS = frozenset(
    """
    $schema alwaysThinkingEnabled attribution availableModels cleanupPeriodDays disableAllHooks
    disabledMcpjsonServers effortLevel includeCoAuthoredBy includeGitInstructions language model
    outputStyle plansDirectory prefersReducedMotion respectGitignore showTurnDuration
    spinnerTipsEnabled spinnerVerbs terminalProgressBarEnabled theme verbose
    """.split()  # noqa: SIM905  read as a list of words
)
"""Settings that run nothing, allow nothing and send nothing elsewhere. Others are asked about."""

_LISTS = {"allow": "allow rule", "additionalDirectories": "further folder"}
_HARMLESS_RULES = frozenset({"deny", "ask", "disableBypassPermissionsMode"})
_POWERFUL_FIELDS = re.compile(
    r"^\s*[\"']?(hooks|mcpServers|permissionMode|allowed-tools|allowedTools)[\"']?\s*:",
    re.MULTILINE,
)
_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---", re.DOTALL | re.MULTILINE)

TRUST, WITHOUT = "trust", "without"

_CHOICES = (
    Choice(TRUST, "Trust this folder", "remembered for just this content", "t", look="primary"),
    Choice(WITHOUT, "Go on without", "nothing of the folder is loaded, not even CLAUDE.md", "w"),
)
_DECISIONS = {
    TRUST: "Trusted: what is shown here is loaded from now on",
    WITHOUT: "Not trusted: until the kernel restarts, only your own settings are loaded. "
    "`--trust-project` loads the folder's too",
}

Notify = Callable[[str], object]


@dataclass(frozen=True)
class Power:
    """One thing that a folder brings: a hook, a server, a rule, ...

    :param kind: what it is, in a word that takes an "s".
    :param where: the file that says so.
    :param text: all of it.
    :param language: of the text, for colours.
    """

    kind: str
    where: str
    text: str
    language: str = "json"

    @property
    def digest(self) -> str:
        """What it is recognized by, wherever it stands."""
        return hashlib.sha256(f"{self.kind}\0{self.text}".encode()).hexdigest()


# --- what there is --------------------------------------------------------------------------------


def powers_of(launch: LaunchSettings) -> tuple[Power, ...]:
    """What the folders of `launch` bring that acts, or lets Claude act, without a question."""
    cwd = Path(launch.cwd)
    own = _real(config_folder(launch.env))
    settings = Settings.locate(cwd, launch.env)
    above = (cwd, *cwd.parents)
    found: list[Power] = []
    for path in (*settings.project, *settings.local):
        if _real(path.parent) != own:
            found += _of_json(path, _of_settings)
    for folder in above:
        found += _of_json(folder / ".mcp.json", _of_servers)
    for folder in (*above, *(Path(launch.cwd, one) for one in launch.add_dirs)):
        if _real(folder / ".claude") != own:
            found += _of_texts(folder / ".claude")
    return tuple({power.digest: power for power in found}.values())


def _real(path: Path) -> str:
    return os.path.realpath(path)


def _of_json(path: Path, parts: Callable[[JSONObject], Iterator[tuple[str, JSON]]]) -> list[Power]:
    text = _read(path)
    if text is None:
        return []
    try:
        value = json.loads(text)
        found = list(parts(value)) if isinstance(value, dict) else [("setting", value)]
    except ValueError:
        # What cannot be understood here may be understood elsewhere.
        return [Power("file that is no JSON", str(path), text, "text")]
    return [Power(kind, str(path), _shown(part)) for kind, part in found]


def _shown(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


def _of_settings(settings: JSONObject) -> Iterator[tuple[str, JSON]]:
    for key, value in settings.items():
        if key == "hooks" and isinstance(value, dict):
            for event, entries in value.items():
                for entry in entries if isinstance(entries, list) else [entries]:
                    yield "hook", {event: entry}
        elif key == "permissions" and isinstance(value, dict):
            yield from _of_permissions(value)
        elif key not in HARMLESS:
            yield "setting", {key: value}


def _of_permissions(permissions: JSONObject) -> Iterator[tuple[str, JSON]]:
    for key, value in permissions.items():
        if key in _LISTS and isinstance(value, list):
            for one in value:
                yield _LISTS[key], one
        elif key not in _HARMLESS_RULES:
            yield "setting", {"permissions": {key: value}}


def _of_servers(config: JSONObject) -> Iterator[tuple[str, JSON]]:
    servers = config.get("mcpServers")
    for name, server in servers.items() if isinstance(servers, dict) else ():
        yield "MCP server", {name: server}


def _of_texts(folder: Path) -> Iterator[Power]:
    """Agents, commands and skills that bring hooks, servers or permissions of their own."""
    for name in ("agents", "commands", "skills"):
        for path in sorted((folder / name).rglob("*.md")):
            text = _read(path) or ""
            head = _FRONT_MATTER.match(text)
            if head and _POWERFUL_FIELDS.search(head[1]):
                yield Power(name.removesuffix("s"), str(path), text, "markdown")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error.strerror)
        return None


def in_words(powers: Sequence[Power]) -> str:
    """How much of what: "2 hooks and 1 MCP server"."""
    counts: dict[str, int] = {}
    for power in powers:
        counts[power.kind] = counts.get(power.kind, 0) + 1
    words = [f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items()]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


# --- the question ---------------------------------------------------------------------------------


class Gate:
    """Decides whether what a folder brings is loaded.

    :param store: remembers what was trusted.
    :param always: whether the notebook's settings say that every folder is trusted.
    """

    def __init__(self, store: TrustStore, always: Callable[[], bool] = lambda: False) -> None:
        self._store = store
        self._always = always
        self._refused: set[frozenset[str]] = set()
        self._told: set[frozenset[str]] = set()

    def known(self, launch: LaunchSettings, *, told: bool = False) -> LaunchSettings:
        """`launch` with the folder's settings if nothing has to be asked for that."""
        trusted = told or self._always() or _by_environment(launch.env)
        trusted = trusted or self._store.knows(launch.cwd, _digests(powers_of(launch)))
        return dataclasses.replace(launch, project=trusted)

    async def settle(
        self, launch: LaunchSettings, asking: Asking | None, notify: Notify
    ) -> LaunchSettings:
        """Ask, if it has to be asked; with nobody there, nothing of the folder is loaded."""
        if launch.project:
            return launch
        powers = await anyio.to_thread.run_sync(powers_of, launch)
        digests = _digests(powers)
        if self._store.knows(launch.cwd, digests):
            return dataclasses.replace(launch, project=True)
        if asking is None:
            self._tell_once(powers, launch, notify)
            return launch
        if digests in self._refused:
            return launch
        answer: Answer = await asking.ask(question(powers, launch.cwd))
        if answer.choice != TRUST:
            self._refused.add(digests)
            return launch
        self._store.add(launch.cwd, digests)
        return dataclasses.replace(launch, project=True)

    def _tell_once(self, powers: Sequence[Power], launch: LaunchSettings, notify: Notify) -> None:
        digests = _digests(powers)
        if digests in self._told:
            return
        self._told.add(digests)
        notify(
            f"Not loaded: {in_words(powers)} of {_places(powers, launch.cwd)}, and CLAUDE.md with "
            "them, because nobody can be asked here whether this folder is trusted. To load them, "
            f"run the cell with --trust-project, or set {VARIABLE}=1."
        )

    def learn(self, cwd: str, rules: Sequence[PermissionUpdate]) -> None:
        """The person has just allowed these rules for the project: no need to ask about them."""
        written = [
            Power("allow rule", "", _shown(_rule(rule)))
            for update in rules
            if update.behavior == "allow"
            for rule in update.rules or ()
        ]
        folders = [
            Power("further folder", "", _shown(path))
            for update in rules
            if update.type == "addDirectories"
            for path in update.directories or ()
        ]
        self._store.add(cwd, _digests((*written, *folders)))


def question(powers: Sequence[Power], cwd: str) -> Confirmation:
    """The question whether a folder is trusted, with all that it brings."""
    return Confirmation(
        title=f"Trust this folder? It brings {in_words(powers)}",
        reason=f"Claude Code would run or follow this by itself, as soon as it starts in `{cwd}`. "
        "Trust it only if you know where it comes from.",
        icon="plug",
        choices=_CHOICES,
        yes=TRUST,
        decisions=_DECISIONS,
        shown=tuple(
            Piece("code", one.text, f"{one.kind}: {_short(one.where, cwd)}", language=one.language)
            for one in powers
        ),
    )


def _rule(rule: PermissionRuleValue) -> str:
    content = rule.rule_content
    return rule.tool_name if content is None else f"{rule.tool_name}({content})"


def _digests(powers: Iterable[Power]) -> frozenset[str]:
    return frozenset(power.digest for power in powers)


def _places(powers: Sequence[Power], cwd: str) -> str:
    return ", ".join(dict.fromkeys(_short(one.where, cwd) for one in powers))


def _short(path: str, cwd: str) -> str:
    return os.path.relpath(path, cwd) if path.startswith(cwd + os.sep) else path


def _by_environment(env: Mapping[str, str]) -> bool:
    return env.get(VARIABLE, "").lower() in ("1", "true", "yes", "on")
