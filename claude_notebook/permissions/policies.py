"""Ready-made policies, which answer permission questions using rules, folders, or a callback."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable

from ..messages import JSON, JSONObject
from .globs import folder_of, is_plain_search, passed_links
from .types import (
    CanUseTool,
    PermissionResult,
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    ToolPermissionContext,
)

READING_TOOLS = frozenset({"Read", "Glob", "Grep", "LS", "NotebookRead", "ToolSearch"})
"""Tools that neither change anything nor send anything out."""

PATH_FIELDS = {
    "Read": "file_path",
    "Write": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "NotebookRead": "notebook_path",
    "NotebookEdit": "notebook_path",
    "Glob": "path",
    "Grep": "path",
    "LS": "path",
}
"""The field that contains the path, for each tool that works on files."""

_PATH_OR_CWD = frozenset({"Glob", "Grep"})
_NAME_FIELDS = {
    "Agent": "subagent_type",
    "Skill": "skill",
    "Task": "subagent_type",
    "WebSearch": "query",
}

# Syntax that combines several commands in one line, or redirects input or output. In zsh, a bracket
# after a word can also run code.
_SHELL_SYNTAX = re.compile(r"[;&|<>`\x00-\x08\n-\x1f]|\$[({\[]|\S\(")
# A URL that all clients interpret in the same way, with nothing but a name and a port before the
# path.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*(?::\d{{1,5}})?)(?P<path>[/?#].*)?",
    re.IGNORECASE,
)
_URL_TRICKS = re.compile(r"[^!-~]|[\\^`{|}<>\"]|\.\.|%(?:2e|2f|5c|25|[01])", re.IGNORECASE)
# PowerShell and unknown shells run code in brackets.
_BRACKETS = re.compile(r"[(){}@$]")

_Fits = Callable[[str, JSONObject, ToolPermissionContext], bool]


def deny_all(reason: str = "This is not allowed here.") -> CanUseTool:
    """Return a policy that denies every call, giving the model a reason."""

    async def policy(
        tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        return PermissionResultDeny(message=f"{tool}: {reason}")

    return policy


def _allow_if(fits: _Fits, otherwise: CanUseTool | None, reason: str) -> CanUseTool:
    fall_back = otherwise or deny_all(reason)

    async def policy(
        tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        if fits(tool, tool_input, context):
            return PermissionResultAllow()
        return await fall_back(tool, tool_input, context)

    return policy


def read_only(*, otherwise: CanUseTool | None = None) -> CanUseTool:
    """Allow tools that only read files.

    Other calls are decided by `otherwise`, which denies them by default.
    """
    return _allow_if(
        lambda tool, tool_input, context: tool in READING_TOOLS,
        otherwise,
        "only reading is allowed here.",
    )


def allow_list(
    *rules: str, cwd: str | os.PathLike[str] = ".", otherwise: CanUseTool | None = None
) -> CanUseTool:
    """Allow calls that match a rule: "Read", "Bash(git *)", "Edit(src/*)", "mcp__server__*".

    The pattern in the parentheses is compared with the command, path, URL or name; `*` and `?`
    match any characters.

    - A command that combines several commands (`;`, `&&`, a pipe, `$(...)`, a redirection), or that
      is to be run outside of the sandbox, does not match any pattern. The program's arguments are
      not inspected, so "Bash(git *)" trusts git.
    - Paths are compared after links and ".." have been resolved.
    - A URL's scheme, host and path are compared separately, as in "WebFetch(docs.python.org/*)";
      "WebFetch(domain:python.org)" matches a whole host. A URL does not match any pattern unless it
      begins with http:// or https://, and its host consists only of letters, digits, ".", and "-".
    - A Glob pattern can match only if it is plain, without braces, extended globs, escapes, or
      variables. Any links whose names it matches, among the first 20,000 files, must lead to where
      it may search.

    :param rules: a tool's name alone allows the tool with any input.
    :param cwd: the folder that relative paths start from, both in rules and in calls.
    :param otherwise: answers all other calls; by default, they are denied.
    :raises ValueError: if a rule does not have one of these forms
    """
    parsed = [_parse_rule(rule) for rule in rules]
    base = os.path.realpath(cwd)
    return _allow_if(
        lambda tool, tool_input, context: any(
            _covers(rule, tool, tool_input, base) for rule in parsed
        ),
        otherwise,
        f"the allowed tools are: {', '.join(rules) or 'no tools'}.",
    )


def _parse_rule(rule: str) -> PermissionRuleValue:
    match = re.fullmatch(r"([\w*-]+)(?:\((.*)\))?", rule, re.DOTALL)
    if match is None:
        raise ValueError(f"{rule!r} is not a rule. Write Tool or Tool(pattern), as in Bash(git *).")
    return PermissionRuleValue(match.group(1), match.group(2))


def _covers(rule: PermissionRuleValue, tool: str, tool_input: JSONObject, base: str) -> bool:
    if not _matches(rule.tool_name, tool):
        return False
    pattern = rule.rule_content
    if pattern is None or pattern == "*":
        return True
    if tool in PATH_FIELDS:
        touched = _touched(tool, tool_input, base)
        return bool(touched) and all(_path_fits(pattern, path, base) for path in touched)
    if tool == "WebFetch":
        return _url_fits(pattern, tool_input.get("url"))
    if tool in _NAME_FIELDS:
        return _matches(pattern, tool_input.get(_NAME_FIELDS[tool]))
    return _command_fits(pattern, tool, tool_input)


def _matches(pattern: str, value: JSON) -> bool:
    """Return whether `pattern` matches all of `value`. Only `*` and `?` are special."""
    written = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", ".*")
    expression = written.replace(r"\?", ".")
    return isinstance(value, str) and re.fullmatch(expression, value, re.DOTALL) is not None


def _command_fits(pattern: str, tool: str, tool_input: JSONObject) -> bool:
    command = tool_input.get("command")
    if not isinstance(command, str) or _SHELL_SYNTAX.search(command):
        return False
    if tool != "Bash" and _BRACKETS.search(command):
        return False
    if tool_input.get("dangerouslyDisableSandbox"):
        return False
    # "git:*" is the CLI's older way of writing "git *". Both also match just "git".
    pattern = re.sub(r":\*$", " *", pattern)
    return _matches(pattern, command) or command == pattern.removesuffix(" *")


def _url_fits(pattern: str, url: JSON) -> bool:
    if not isinstance(url, str) or _URL_TRICKS.search(url):
        return False
    parts = _URL.fullmatch(url)
    if parts is None:
        return False
    scheme, host = parts["scheme"].lower(), parts["host"].lower()
    if pattern.startswith("domain:"):
        return _matches(pattern.removeprefix("domain:").lower(), host)
    wanted_scheme, mark, wanted = pattern.rpartition("://")
    wanted_host, _, wanted_path = wanted.partition("/")
    return (
        _matches(wanted_scheme.lower() if mark else "http*", scheme)
        and _matches(wanted_host.lower(), host)
        and _matches(f"/{wanted_path}", parts["path"] or "/")
    )


def _touched(tool: str, tool_input: JSONObject, base: str) -> list[str]:
    """Return a call's real paths, for every interpretation of its path; [] if that is unclear."""
    ways = _ways(tool, tool_input)
    absolute = [os.path.normpath(os.path.join(base, way)) for way in ways]
    # Each process finds different files there.
    if any(re.match(r"/+proc/", path) for path in absolute):
        return []
    touched = {os.path.realpath(os.path.join(base, way)): None for way in ways}
    for folder in list(touched):
        links = passed_links(tool, tool_input, folder)
        if links is None:
            return []
        touched.update(dict.fromkeys(links))
    return list(touched)


def _ways(tool: str, tool_input: JSONObject) -> set[str]:
    """Return every interpretation of a call's path; none if it is unclear."""
    path = tool_input.get(PATH_FIELDS[tool], "." if tool in _PATH_OR_CWD else None)
    if not isinstance(path, str) or not _is_plain_path(tool, path):
        return set()
    if tool == "Grep" and not is_plain_search(tool_input):
        return set()
    ways = {path, path.strip(), os.path.expanduser(path.strip())}
    if tool != "Glob":
        return ways
    below = folder_of(tool_input.get("pattern"))
    return set() if below is None else {os.path.join(way, below) for way in ways}


def _is_plain_path(tool: str, path: str) -> bool:
    """Test for a path that the tool cannot take for a flag or cut at a null character."""
    is_flag = tool in _PATH_OR_CWD and path.strip().startswith("-")
    return bool(path.strip()) and "\0" not in path and not is_flag


def _path_fits(pattern: str, path: str, base: str) -> bool:
    plain = re.split(r"[*?]", pattern, maxsplit=1)[0]
    head = plain if plain == pattern else plain[: plain.rfind("/") + 1]
    real = os.path.realpath(os.path.join(base, os.path.expanduser(head)))
    if head == pattern:
        return path == real
    # Wildcards only come from the user's text, because a folder's real name may contain a "*".
    top = real.rstrip("/") + "/"
    return any(
        value.startswith(top) and _matches(pattern[len(head) :], value[len(top) :])
        for value in (path, path + "/")
    )


def inside(
    *folders: str | os.PathLike[str],
    cwd: str | os.PathLike[str] = ".",
    otherwise: CanUseTool | None = None,
) -> CanUseTool:
    """Allow tools that work on files, as long as they stay inside `folders` with links resolved.

    A Glob pattern must be plain, without braces, extended globs, escapes, or variables. It is
    denied if it can pass through a link to a place outside, or if it has folders after a wildcard
    and more than 20,000 files would have to be checked.

    :param folders: the folders, including everything below them.
    :param cwd: the folder that relative paths start from; pass the value of
        `ClaudeCodeOptions.cwd`.
    :param otherwise: answers all other calls; by default, they are denied.
    """
    base = os.path.realpath(cwd)
    roots = [os.path.realpath(os.path.join(base, folder)) for folder in folders]

    def fits(tool: str, tool_input: JSONObject, context: ToolPermissionContext) -> bool:
        touched = _touched(tool, tool_input, base) if tool in PATH_FIELDS else []
        if touched and context.blocked_path:  # the path as resolved by the CLI
            touched.append(os.path.realpath(os.path.join(base, context.blocked_path)))
        return bool(touched) and all(_is_inside(path, roots) for path in touched)

    return _allow_if(fits, otherwise, f"only files inside {', '.join(roots)} are allowed.")


def _is_inside(path: str, roots: list[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def ask(
    answer: Callable[[str, JSONObject, ToolPermissionContext], Awaitable[bool | str]],
) -> CanUseTool:
    """Call `answer` for every call.

    It returns True, False, or the reason for a denial.
    """

    async def policy(
        tool: str, tool_input: JSONObject, context: ToolPermissionContext
    ) -> PermissionResult:
        reply = await answer(tool, tool_input, context)
        if reply is True:
            return PermissionResultAllow()
        reason = reply if isinstance(reply, str) and reply else None
        return PermissionResultDeny(message=reason or f"{tool} was not allowed by the person.")

    return policy
