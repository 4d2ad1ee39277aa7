"""The settings of a running process that a cell can change without replacing the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ..cli.settings.rules import absolute_rule
from ..errors import ControlRequestError
from ..permissions import PermissionMode
from .request import LaunchSettings, TurnRequest

if TYPE_CHECKING:
    from ..client.client import ClaudeSDKClient
    from ..client.controls.types import ServerInfo

Warn = Callable[[Literal["warning"], str], None]

_MODES: tuple[PermissionMode, ...] = get_args(PermissionMode)


@dataclass
class ProcessSettings:
    """The current values. None means the CLI's default.

    :param usual_mode: the initial mode.
    :param rules: the project's allow rules, in addition to those that the CLI applies by itself.
    """

    usual_mode: PermissionMode = "default"
    model: str | None = None
    mode: PermissionMode | None = None
    rules: tuple[str, ...] = ()

    @classmethod
    def at_start(cls, about: ServerInfo) -> ProcessSettings:
        """Create the settings of a new process from its introduction."""
        name = about.get("current_permission_mode")
        return cls(next((mode for mode in _MODES if mode == name), "default"))

    async def adjust(self, client: ClaudeSDKClient, request: TurnRequest, warn: Warn) -> None:
        """Apply a cell's values. Where it has no flag, the initial values are used."""
        if request.launch.project_rules != self.rules:
            await self._replace_rules(client, request.launch, warn)
        if request.model != self.model:
            await client.set_model(request.model)
            self.model = request.model
        if request.mode != self.mode:
            await client.set_permission_mode(request.mode or self.usual_mode)
            self.mode = request.mode

    async def _replace_rules(
        self, client: ClaudeSDKClient, launch: LaunchSettings, warn: Warn
    ) -> None:
        """Replace the project's allow rules. Rules for the session are kept."""
        try:
            rules = [absolute_rule(rule, launch.cwd) for rule in launch.project_rules]
            await client.apply_flag_settings({"permissions": {"allow": rules}})
        except (ControlRequestError, ValueError) as error:
            warn("warning", f"Claude asks despite the folder's allow rules: {error}")
        self.rules = launch.project_rules
