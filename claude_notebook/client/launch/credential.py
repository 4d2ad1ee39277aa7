"""The credential of a conversation, applied to the CLI's environment and settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...cli.settings.rules import absolute_settings
from ...errors import OptionsError
from ...files import read_file
from ...messages import JSONObject
from ...options import ClaudeCodeOptions, StrPath

if TYPE_CHECKING:
    from ...auth.credentials import Credential

_MAX_SETTINGS_BYTES = 4 * 1024 * 1024


def with_credential(
    options: ClaudeCodeOptions, env: Mapping[str, str]
) -> tuple[ClaudeCodeOptions, Mapping[str, str]]:
    """Make the CLI send exactly one credential.

    :param env: the environment of the CLI.
    :returns: options with merged settings, and the new environment. Both are unchanged if no
        credential is known; the CLI may have one of its own.
    :raises AuthenticationError: other users can read the file of a stored sign-in
    :raises OptionsError: the settings cannot be read
    """
    from ...auth.credentials import HELPER, child_environment, merge_settings
    from ...auth.sources import find_credential

    own = _own_settings(options)
    explicit = _explicit(options, own, env)
    credential = explicit or find_credential(env)
    if credential is None or (explicit is None and _stays_with_cli(credential)):
        return options, env
    names = {*_variables(own), *_variables_in_files(options, env)}
    child, ours = child_environment(
        credential, env, in_settings=names, keeps_service=explicit is None
    )
    if explicit is not None and credential.source == HELPER:
        ours = {**ours, HELPER: own[HELPER]}
    extra = {name: text for name, text in options.extra_args.items() if not _is_settings(name)}
    settings = json.dumps(merge_settings(own, ours))
    return replace(options, settings=settings, extra_args=extra), child


def _stays_with_cli(credential: Credential) -> bool:
    """Test for a credential that the CLI finds by its own rules."""
    from ...auth.credentials import SERVICES, CredentialKind

    return credential.kind is CredentialKind.CLI_LOGIN or credential.kind in SERVICES


# --- explicit credentials -------------------------------------------------------------------------


def _explicit(
    options: ClaudeCodeOptions, own: JSONObject, env: Mapping[str, str]
) -> Credential | None:
    """Return the credential that the options name."""
    from ...auth.credentials import Credential, CredentialKind
    from ...auth.sources import from_variables

    if options.api_key:
        return Credential(CredentialKind.API_KEY, options.api_key)
    if options.auth_token:
        return Credential(CredentialKind.OAUTH_TOKEN, options.auth_token)
    if options.use_oauth:
        return _oauth(env)
    return _in_settings(own) or from_variables(options.env or {})


def _oauth(env: Mapping[str, str]) -> Credential:
    from ...auth.credentials import CredentialKind
    from ...auth.sources import cli_login, stored_credential

    stored = stored_credential(env)
    if stored is None or stored.kind is CredentialKind.API_KEY:
        return cli_login()
    return stored


def _in_settings(own: JSONObject) -> Credential | None:
    from ...auth.credentials import HELPER
    from ...auth.sources import cli_login, from_variables

    if own.get(HELPER):
        return cli_login(HELPER)
    env = own.get("env")
    return from_variables(env) if isinstance(env, dict) else None


# --- settings -------------------------------------------------------------------------------------


def _is_settings(flag: str) -> bool:
    return flag.lstrip("-") == "settings"


def _own_settings(options: ClaudeCodeOptions) -> JSONObject:
    """Return the settings of the options: those of the field, or of `extra_args`."""
    extra = [text for name, text in (options.extra_args or {}).items() if _is_settings(name)]
    value = options.settings if options.settings is not None else next(iter(extra), None)
    return settings_object(value, options)


def settings_object(value: StrPath | None, options: ClaudeCodeOptions) -> JSONObject:
    """Read the value of `--settings`: JSON text, or the path of a file.

    :raises OptionsError: it cannot be read
    """
    if value is None:
        return {}
    text = os.fspath(value)
    folder = os.path.abspath(options.cwd or "")
    try:
        if not text.lstrip().startswith("{"):
            path = os.path.join(folder, text)
            text = read_file(path, _MAX_SETTINGS_BYTES).decode("utf-8")
            folder = os.path.dirname(path)
        settings = json.loads(text)
        if isinstance(settings, dict):
            return absolute_settings(settings, folder)
    except (OSError, ValueError, RecursionError) as error:
        raise OptionsError(f"cannot read settings: {error}", field="settings") from error
    raise OptionsError("settings must be a JSON object", field="settings")


def _variables_in_files(options: ClaudeCodeOptions, env: Mapping[str, str]) -> Iterator[str]:
    """Yield the variables that the settings files of all scopes set."""
    from ...cli.settings.files import Settings, load

    for path in Settings.locate(options.cwd, env).paths():
        try:
            settings = load(path).value
        except OptionsError:
            continue  # the CLI ignores it, too
        if isinstance(settings, dict):
            yield from _variables(settings)


def _variables(settings: JSONObject) -> list[str]:
    env = settings.get("env")
    return list(env) if isinstance(env, dict) else []
