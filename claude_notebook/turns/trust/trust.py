"""Trust in a folder, after one question that shows everything the folder makes the CLI do.

At startup, Claude Code runs a project's hooks, starts its MCP servers and applies its allow rules.
A user who opens a downloaded notebook has not agreed to that. Until they do, Claude Code starts
with only their own settings. `cli.powers` finds a folder's powers; this module asks about them and
stores the answer.

Trust applies to each piece of content, so a new hook needs a new answer, whereas a removed one does
not. Only pieces that the question shows in full can be trusted.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import anyio.to_thread

from ...cli.powers import OVERSIZED, Grants, Power, find_grants, find_powers, grants_of
from ...cli.powers.settings_powers import render_json
from ...permissions import PermissionRuleValue, PermissionUpdate
from ...permissions.decisions import Decision
from ...render.content import Piece
from ...render.model import Choice
from ...render.questions.confirmation import Confirmation
from ...render.truncation import truncate
from ..questions.questions import QuestionDesk
from ..request import LaunchSettings
from ..state import TrustStore

VARIABLE = "CLAUDE_NOTEBOOK_TRUST_PROJECT"
"""The environment variable that makes the folder trusted if set to 1."""

TRUST, WITHOUT = "trust", "without"

MAX_SHOWN_CHARS = 200_000
"""If a folder's powers have more characters than this, trust is not offered."""

MAX_SHOWN_POWERS = 500
_MAX_NAMED = 5

_TRUST_CHOICE = Choice(
    TRUST, "Trust this folder", "remembered for this exact content", "t", look="primary"
)
_WITHOUT_CHOICE = Choice(
    WITHOUT, "Continue without it", "nothing from the folder is loaded, not even CLAUDE.md", "w"
)
_DECISIONS = {
    TRUST: "Trusted: the content above is loaded from now on",
    WITHOUT: "Not trusted: until the kernel restarts, only your own settings are loaded. "
    "`--trust-project` loads the folder's too",
}

Notify = Callable[[str], object]


def powers_of(launch: LaunchSettings) -> tuple[Power, ...]:
    """Return everything that the folders in `launch` make the CLI do without asking."""
    return find_powers(launch.cwd, launch.env, launch.add_dirs)


def is_shown_in_full(powers: Sequence[Power]) -> bool:
    """Return whether one question can show the powers in full, so that trust can be offered."""
    size = sum(len(power.text) for power in powers)
    return (
        len(powers) <= MAX_SHOWN_POWERS
        and size <= MAX_SHOWN_CHARS
        and all(power.complete and _is_uncut(_piece(power, "")) for power in powers)
    )


def count_by_kind(powers: Sequence[Power]) -> str:
    """Count the powers by kind, as in "2 hooks and 1 MCP server"."""
    counts: dict[str, int] = {}
    for power in powers:
        counts[power.kind] = counts.get(power.kind, 0) + 1
    words = [f"{n} {_plural(kind) if n > 1 else kind}" for kind, n in counts.items()]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _plural(kind: str) -> str:
    noun, that_is, rest = kind.partition(" that is ")
    return f"{noun}s that are {rest}" if that_is else f"{kind}s"


def _with_project(launch: LaunchSettings, powers: Sequence[Power]) -> LaunchSettings:
    """Return `launch` with the folder's settings, but without its scheduled tasks.

    The CLI rereads the task file while it is running, and no event announces this, so a tool or
    `git pull` could write a task that runs between two cells. Other changes are handled by the
    `FolderGuard`.
    """
    return _granted(launch, grants_of(launch.cwd, powers), cron=False)


def _granted(launch: LaunchSettings, grants: Grants, *, cron: bool) -> LaunchSettings:
    return dataclasses.replace(
        launch, project=True, cron=cron, project_rules=grants.rules, project_dirs=grants.folders
    )


# --- the question ---------------------------------------------------------------------------------


class TrustGate:
    """Decides whether a folder's settings are loaded.

    :param store: stores which content is trusted
    :param always: returns True if the notebook's settings trust every folder
    """

    def __init__(self, store: TrustStore, always: Callable[[], bool] = lambda: False) -> None:
        self._store = store
        self._always = always
        self._refused: set[frozenset[str]] = set()
        self._reported: set[frozenset[str]] = set()
        self._oversized: dict[tuple[str, tuple[str, ...]], tuple[Power, ...]] = {}

    def apply_known(self, launch: LaunchSettings, *, trusted: bool = False) -> LaunchSettings:
        """Add the folder's settings if no question is needed.

        :param trusted: whether the cell itself trusts the folder.
        """
        everything = self._trusts_everything(launch)
        if trusted or everything:
            return _granted(launch, find_grants(launch.cwd, launch.env), cron=everything)
        powers = self._inspect(launch)
        if not self._knows(launch, powers):
            return dataclasses.replace(launch, project=False)
        return _with_project(launch, powers)

    def admits(self, launch: LaunchSettings) -> bool:
        """Return whether a running process may load what its folders currently bring."""
        return self._trusts_everything(launch) or self._knows(launch, self._inspect(launch))

    def _trusts_everything(self, launch: LaunchSettings) -> bool:
        return self._always() or _by_environment(launch.env)

    async def settle(
        self, launch: LaunchSettings, asking: QuestionDesk | None, notify: Notify
    ) -> LaunchSettings:
        """Ask if necessary. Without an answer, nothing from the folder is loaded."""
        if launch.project:
            return launch
        powers = await anyio.to_thread.run_sync(self._inspect, launch)
        digests = _digests(powers)
        if self._knows(launch, powers):
            return _with_project(launch, powers)
        if asking is None:
            self._report_once(powers, launch, notify)
            return launch
        if digests in self._refused:
            return launch
        answer: Decision = await asking.ask(question(powers, launch.cwd))
        if answer.choice != TRUST or not is_shown_in_full(powers):
            self._refused.add(digests)
            return launch
        self._store.add(launch.cwd, digests)
        return _with_project(launch, powers)

    def _inspect(self, launch: LaunchSettings) -> tuple[Power, ...]:
        """Inspect the folders. Oversized ones are inspected once, because they remain untrusted."""
        key = launch.cwd, launch.add_dirs
        if key in self._oversized:
            return self._oversized[key]
        powers = powers_of(launch)
        if any(power.kind == OVERSIZED for power in powers):
            self._oversized[key] = powers
        return powers

    def _knows(self, launch: LaunchSettings, powers: Sequence[Power]) -> bool:
        """Return whether all powers were trusted before. Incomplete ones never are."""
        complete = all(power.complete for power in powers)
        return complete and self._store.knows(launch.cwd, _digests(powers))

    def _report_once(self, powers: Sequence[Power], launch: LaunchSettings, notify: Notify) -> None:
        digests = _digests(powers)
        if digests in self._reported:
            return
        self._reported.add(digests)
        notify(
            f"Not loaded: {count_by_kind(powers)} of {_file_list(powers, launch.cwd)}, and "
            "CLAUDE.md, because no question about trust can be answered here. To load them, run "
            f"the cell with --trust-project, or set {VARIABLE}=1."
        )

    def learn(self, cwd: str, rules: Sequence[PermissionUpdate]) -> None:
        """Store trust in the rules that the user has just allowed for the project."""
        allow_rules = [
            Power("allow rule", "", render_json(_rule(rule)))
            for update in rules
            if update.behavior == "allow"
            for rule in update.rules or ()
        ]
        folders = [
            Power("further folder", "", render_json(path))
            for update in rules
            if update.type == "addDirectories"
            for path in update.directories or ()
        ]
        self._store.add(cwd, _digests((*allow_rules, *folders)))


def question(powers: Sequence[Power], cwd: str) -> Confirmation:
    """Build the question about trusting a folder, which shows all of the folder's powers."""
    in_full = is_shown_in_full(powers)
    selection = powers if in_full else _incomplete_first(powers)[:MAX_SHOWN_POWERS]
    return Confirmation(
        title=f"Trust this folder? It brings {count_by_kind(powers)}"
        if in_full
        else f"This folder is not loaded. It brings {count_by_kind(powers)}",
        reason=_reason(powers, cwd, in_full=in_full),
        icon="plug",
        choices=(_TRUST_CHOICE, _WITHOUT_CHOICE) if in_full else (_WITHOUT_CHOICE,),
        yes=TRUST,
        decisions=_DECISIONS,
        details=tuple(truncate(_piece(power, cwd)) for power in selection),
    )


def _reason(powers: Sequence[Power], cwd: str, *, in_full: bool) -> str:
    if in_full:
        return (
            f"Claude Code would run or follow this without asking as soon as it starts in `{cwd}`. "
            "Trust it only if you know where it comes from."
        )
    unseen = [power for power in powers if not power.complete or not _is_uncut(_piece(power, cwd))]
    files = list(dict.fromkeys(_short(power.where, cwd) for power in unseen))
    named = ", ".join(f"`{file}`" for file in files[:_MAX_NAMED]) or "the sum of its files"
    more = f" and {len(files) - _MAX_NAMED} more" if len(files) > _MAX_NAMED else ""
    return (
        f"It cannot be trusted with a click, since {named}{more} cannot be shown in full. Read "
        "it in an editor; if you know where it comes from, run the cell with `--trust-project`."
    )


def _piece(power: Power, cwd: str) -> Piece:
    label = f"{power.kind}: {_short(power.where, cwd)}"
    return Piece("code", power.text, label, power.reason, language=power.language)


def _is_uncut(piece: Piece) -> bool:
    return truncate(piece) is piece


def _incomplete_first(powers: Sequence[Power]) -> list[Power]:
    return sorted(powers, key=lambda power: power.complete)


def _rule(rule: PermissionRuleValue) -> str:
    content = rule.rule_content
    return rule.tool_name if content is None else f"{rule.tool_name}({content})"


def _digests(powers: Iterable[Power]) -> frozenset[str]:
    return frozenset(power.digest for power in powers)


def _file_list(powers: Sequence[Power], cwd: str) -> str:
    files = list(dict.fromkeys(_short(power.where, cwd) for power in powers))
    more = [f"{len(files) - _MAX_NAMED} more files"] if len(files) > _MAX_NAMED else []
    return ", ".join([*files[:_MAX_NAMED], *more])


def _short(path: str, cwd: str) -> str:
    return os.path.relpath(path, cwd) if path.startswith(cwd + os.sep) else path


def _by_environment(env: Mapping[str, str]) -> bool:
    return env.get(VARIABLE, "").lower() in ("1", "true", "yes", "on")
