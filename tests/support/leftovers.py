"""Credentials lying around in a home folder and an environment, each with a secret of its own."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

SECRET = re.compile(r"SECRET-[a-z0-9-]+")


class Place:
    """The environment, the home folder and the project of a conversation."""

    def __init__(self, env: dict[str, str], home: Path, project: Path) -> None:
        self.env = env
        self.home = home
        self.project = project

    def set_variable(self, name: str, secret: str) -> None:
        self.env[name] = secret

    def merge_settings(self, settings: Mapping[str, object], folder: Path | None = None) -> None:
        path = (folder or self.home) / ".claude" / "settings.json"
        path.parent.mkdir(exist_ok=True)
        before = json.loads(path.read_text()) if path.exists() else {}
        env = {**before.get("env", {}), **settings.get("env", {})}
        path.write_text(json.dumps({**before, **settings, "env": env}))

    def write_cli_login(self, secret: str) -> None:
        path = self.home / ".claude" / ".credentials.json"
        path.parent.mkdir(exist_ok=True)
        login = {
            "accessToken": secret,
            "refreshToken": f"{secret}-refresh",
            "expiresAt": int((time.time() + 36000) * 1000),
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "max",
        }
        path.write_text(json.dumps({"claudeAiOauth": login}))
        path.chmod(0o600)

    def store_token(self, secret: str, **more: object) -> None:
        path = self.home / ".claude_code" / "tokens.json"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({"token": {"access_token": secret}, **more}))


Leftover = Callable[[Place], None]

LEFTOVERS: dict[str, Leftover] = {
    "key": lambda place: place.set_variable("ANTHROPIC_API_KEY", "SECRET-env-key"),
    "auth-token": lambda place: place.set_variable("ANTHROPIC_AUTH_TOKEN", "SECRET-env-auth"),
    "oauth-token": lambda place: place.set_variable("CLAUDE_CODE_OAUTH_TOKEN", "SECRET-env-oauth"),
    "headers": lambda place: place.set_variable(
        "ANTHROPIC_CUSTOM_HEADERS", "X-Api-Key: SECRET-env-header\nX-Team: blue"
    ),
    "settings-helper": lambda place: place.merge_settings(
        {"apiKeyHelper": "echo SECRET-user-helper"}
    ),
    "settings-key": lambda place: place.merge_settings(
        {"env": {"ANTHROPIC_API_KEY": "SECRET-user-key"}}
    ),
    "settings-auth-token": lambda place: place.merge_settings(
        {"env": {"ANTHROPIC_AUTH_TOKEN": "SECRET-user-auth"}}
    ),
    "settings-oauth-token": lambda place: place.merge_settings(
        {"env": {"CLAUDE_CODE_OAUTH_TOKEN": "SECRET-user-oauth"}}
    ),
    "project-settings": lambda place: place.merge_settings(
        {
            "apiKeyHelper": "echo SECRET-project-helper",
            "env": {
                "ANTHROPIC_API_KEY": "SECRET-project-key",
                "CLAUDE_CODE_OAUTH_TOKEN": "SECRET-project-oauth",
            },
        },
        place.project,
    ),
    "cli-login": lambda place: place.write_cli_login("SECRET-cli-login"),
}
