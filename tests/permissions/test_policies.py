"""The ready-made policies: what they allow, and that nothing slips through."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook.permissions import (
    PATH_FIELDS,
    READING_TOOLS,
    PermissionResultAllow,
    PermissionResultDeny,
    ToolPermissionContext,
    allow_list,
    ask,
    deny_all,
    inside,
    read_only,
)


def result_of(policy, tool: str, tool_input: dict, **context: object):
    """Return the answer of a policy, which awaits nothing and so needs no event loop."""
    with pytest.raises(StopIteration) as end:
        policy(tool, tool_input, ToolPermissionContext(**context)).send(None)
    return end.value.value


def allows(policy, tool: str, tool_input: dict, **context: object) -> bool:
    return isinstance(result_of(policy, tool, tool_input, **context), PermissionResultAllow)


# --- no, reading, asking -------------------------------------------------------------------------


def test_deny_all_gives_its_reason():
    text = result_of(deny_all("Ask Ann."), "Read", {"file_path": "a"})

    assert text == PermissionResultDeny(message="Read: Ask Ann.")


@pytest.mark.parametrize("tool", sorted(READING_TOOLS))
def test_read_only_allows_reading_tools(tool):
    assert allows(read_only(), tool, {})


@pytest.mark.parametrize(
    "tool",
    [
        *("Write", "Edit", "MultiEdit", "NotebookEdit", "Bash", "WebFetch", "Agent"),
        *("mcp__x__Read", "read", "READ", "ReadX", "*", "", "Read ", " Read", "Read\n", "Read(x)"),
    ],
)
def test_read_only_refuses_other_tools(tool):
    text = result_of(read_only(), tool, {"command": "ls", "file_path": "a"})

    assert text == PermissionResultDeny(message=f"{tool}: only reading is allowed here.")


def test_read_only_leaves_other_tools_to_another_policy():
    async def yes(tool, tool_input, context):
        questions.append((tool, tool_input, context.tool_use_id))
        return PermissionResultAllow()

    for policy in (read_only(otherwise=yes), allow_list("Read", otherwise=yes)):
        questions = []
        assert allows(policy, "Read", {}, tool_use_id="a")
        assert allows(policy, "Bash", {"command": "ls"}, tool_use_id="b")
        assert questions == [("Bash", {"command": "ls"}, "b")]
    questions = []
    assert allows(inside("/a", otherwise=yes), "Write", {"file_path": "/b"}, tool_use_id="c")
    assert questions == [("Write", {"file_path": "/b"}, "c")]


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (True, PermissionResultAllow()),
        (False, PermissionResultDeny(message="Bash was not allowed by the person.")),
        ("", PermissionResultDeny(message="Bash was not allowed by the person.")),
        ("Not on Sundays.", PermissionResultDeny(message="Not on Sundays.")),
        # Only True itself is a yes.
        (1, PermissionResultDeny(message="Bash was not allowed by the person.")),
        (None, PermissionResultDeny(message="Bash was not allowed by the person.")),
        ("yes", PermissionResultDeny(message="yes")),
    ],
)
def test_ask_returns_the_decision_of_its_callback(said, result):
    async def answer(tool, tool_input, context):
        return said

    assert result_of(ask(answer), "Bash", {"command": "ls"}) == result


# --- lists of rules: commands --------------------------------------------------------------------

GIT = allow_list("Bash(git *)", "Bash(npm run test:*)", "Bash(make)", "Bash(ls [a] ?)")

FINE = [
    "git status", "git", "git commit -m 'a b'", "git log --format=%h", "git log $BRANCH",
    'git commit -m "a (b)"', "npm run test", "npm run test --fast", "make", "ls [a] b",
]  # fmt: skip

TRICKS = [
    # several commands in one
    "git status; rm -rf x", "git status && rm x", "git status || rm x", "git status | sh",
    "git status & rm x", "git status\nrm x", "git status\r\nrm x", "git status \\\nrm x",
    "git status;", "git status |& sh", "git status &",
    # commands inside of arguments
    "git log $(rm x)", "git log `rm x`", "git log ${x:-$(rm y)}", "git log ${x@P}", "git log $[x]",
    "git log <(rm x)", "git log >(rm x)", 'git log "$(rm x)"', "git add =(rm x)",
    "git add *(e:'rm x':)",
    # input and output elsewhere
    "git log > ~/.bashrc", "git log >> x", "git apply < x", "git log 2>x", "git log &> x",
    "git apply <<EOF", "git apply <<<x",
    # another program
    "rm -rf x", "gitx status", "GIT status", "Git status", "./git status", "/tmp/git status",
    "sudo git status", "env git status", "GIT_PAGER=rm git log", "X=1 git status", "exec git x",
    "command git x", "time git x", "! git x", "(git status)", "{ git status", "if git x", "\\git x",
    "'git' status", '"git status"', "g''it status", "eval git", "git\tstatus", "git\x00 status",
    "git\x0bstatus", " git status", "\tgit status", "\ngit status", "# git", "git\u00a0status",
    # near misses
    "", " ", "npm run testing", "npm run", "npm  run test", "make all", "make ", "MAKE", "ls a b",
    "ls [a] bc", "ls [a] ",
]  # fmt: skip


@pytest.mark.parametrize("command", FINE)
def test_allow_list_covers_commands(command):
    assert allows(GIT, "Bash", {"command": command})


@pytest.mark.parametrize("command", TRICKS)
def test_allow_list_refuses_compound_commands(command):
    text = result_of(GIT, "Bash", {"command": command})

    assert isinstance(text, PermissionResultDeny)
    assert "the allowed tools are: Bash(git *), Bash(npm run test:*)" in text.message


@pytest.mark.parametrize("command", ["git log (rm x)", "git @(rm x)", "git {rm x}", "git $x"])
def test_allow_list_refuses_brackets_in_other_shells(command):
    policy = allow_list("PowerShell(git *)")

    assert allows(policy, "PowerShell", {"command": "git status"})
    assert not allows(policy, "PowerShell", {"command": command})


@pytest.mark.parametrize(
    "tool_input",
    [
        {},
        {"command": None},
        {"command": ["git", "status"]},
        {"command": {"git *": 1}},
        {"cmd": "git"},
        {"command": "git status", "dangerouslyDisableSandbox": True},
    ],
)
def test_allow_list_refuses_calls_without_a_plain_command(tool_input):
    assert not allows(GIT, "Bash", tool_input)


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(alphabet="ab g$;&|<>`(){}[]\n\r\\'\"=#!*~", max_size=12))
def test_allow_list_allows_no_command_that_does_more(arguments):
    """Whatever is allowed is one command: a shell that runs it runs nothing else."""
    command = f"g {arguments}"
    if not allows(allow_list("Bash(g *)"), "Bash", {"command": command}):
        return
    # `g` is a function that does nothing; any other program would not be found, or leave a trace.
    script = 'PATH=/nowhere; g() { :; }; trap "echo RAN" DEBUG\n'
    done = subprocess.run(
        ["bash", "--norc", "-c", script + command], capture_output=True, text=True, cwd="/"
    )
    assert "command not found" not in done.stderr
    assert "No such file" not in done.stderr
    assert done.stdout.count("RAN") <= 1


def test_allow_list_matches_names_and_patterns():
    policy = allow_list("Read", "mcp__files__*", "mcp__git-hub__list", "Bash(*)")

    assert allows(policy, "Read", {})
    assert allows(policy, "Bash", {"command": "rm x; ls"})
    assert allows(policy, "mcp__files__delete", {"path": "/"})
    assert allows(policy, "mcp__git-hub__list", {})
    for tool in ("read", "ReadX", "XRead", "Write", "mcp__file__x", "mcp__files_x", "bash", ""):
        assert not allows(policy, tool, {"command": "ls"})
    assert "no tools" in result_of(allow_list(), "Read", {}).message


@pytest.mark.parametrize("rule", ["", "Bash(git", "Bash git", "Bash(a)b", "(x)", "a.b", "Bash()x"])
def test_allow_list_rejects_a_malformed_rule(rule):
    with pytest.raises(ValueError, match="is not a rule"):
        allow_list("Read", rule)


def test_allow_list_empty_bracket_covers_nothing():
    assert not allows(allow_list("Bash()"), "Bash", {"command": "ls"})


# --- lists of rules: URLs and names --------------------------------------------------------------

URLS = {
    "WebFetch(https://docs.x.org/3/*)": (
        "https://docs.x.org/3/a https://DOCS.x.org/3/ https://docs.x.org/3/a?b=/c#d",
        "http://docs.x.org/3/a https://docs.x.org/4 https://docs.x.org.evil.com/3/a docs.x.org/3/a "
        "https://evil.com/docs.x.org/3/a https://docs.x.org@evil.com/3/a https:///3/a https: : "
        "https://u:p@docs.x.org/3/a https://docs.x.org/3/../a https://docs.x.org:8/3/a "
        "https://docs.x.org/3/%2e%2E/a https://docs.x.org/3/.%2e/a https://docs.x.org\\@evil.com/3/a",
    ),
    "WebFetch(domain:*.x.org)": (
        "https://a.x.org http://a.b.X.org/y https://a.x.org?x https://a.x.org#x",
        "https://x.org https://a.x.org.evil.com https://evil.com/a.x.org https://evil.com?a.x.org "
        "https://evil.com#a.x.org a.x.org https://a.x.org:1/ https://b@a.x.org https://evilx.org",
    ),
    "WebFetch(x.org/*)": (
        "https://x.org/a http://x.org https://x.org/",
        "ftp://x.org/a https://evil.com/x.org/a https://a.x.org/ x.org/a file://x.org/",
    ),
    "WebFetch(domain:*)": (
        "https://x.org http://x.org/a?b=c#d HTTPS://a-b.x.org https://x.org:8080/a https://1.2.3.4/",
        "file://x.org/a gopher://x.org javascript://x.org/%0aalert(1) data://x.org ftp://x.org "
        "httpx://x.org https:x.org https:///x.org https:/x.org //x.org https://x.org./ "
        "https://.x.org "
        "https://x..org https://x.org: https://x.org:999999 https://x.org:a https://[::1]/ "
        "https://\uff58.org https://x\u3002org https://x.org%2eevil.com https://x_y.org "
        "https://-x.org https://x.org|y https://x.org;y https://u@x.org https://u:p@x.org "
        "https://x.org%40y https://x.org/\\y https://x.org/%2e%2e/a https://x.org/%252e%252e/a "
        "https://x.org/a%2fb https://x.org/\uff0e\uff0e/a https://x.org/a%00 https://x.org/..;/a",
    ),
    "WebFetch(https://x.org)": ("https://x.org https://x.org/", "https://x.org/a https://x.org?a"),
}


@pytest.mark.parametrize("rule", URLS)
def test_allow_list_compares_urls(rule):
    fine, tricks = URLS[rule]

    policy = allow_list(rule)
    assert [url for url in fine.split() if not allows(policy, "WebFetch", {"url": url})] == []
    assert [url for url in tricks.split() if allows(policy, "WebFetch", {"url": url})] == []
    for url in (None, "", [fine.split()[0]], f" {fine.split()[0]}", f"{fine.split()[0]}\n"):
        assert not allows(policy, "WebFetch", {"url": url})
    assert not allows(policy, "WebFetch", {})


def test_allow_list_compares_names_and_searches():
    policy = allow_list("Agent(Exp*)", "Skill(pdf)", "WebSearch(python *)")

    assert allows(policy, "Agent", {"subagent_type": "Explore", "prompt": "a; b"})
    assert allows(policy, "Skill", {"skill": "pdf"})
    assert allows(policy, "WebSearch", {"query": "python lists"})
    for tool, tool_input in [
        ("Agent", {"subagent_type": "Plan"}),
        ("Agent", {"command": "Explore"}),
        ("Skill", {"skill": "pdfs"}),
        ("Skill", {}),
        ("WebSearch", {"query": None}),
    ]:
        assert not allows(policy, tool, tool_input)


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create project/src, which is allowed, with forbidden files beside and behind links."""
    for folder in ("project/src/deep", "project/src2", "outside", "home"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("project/src/a.py", "project/src/deep/b.py", "project/c.py", "outside/secret"):
        (tmp_path / file).touch()
    src = tmp_path / "project" / "src"
    (src / "out").symlink_to(tmp_path / "outside")
    (src / "secret").symlink_to("../../outside/secret")
    (src / "round").symlink_to("round")
    (src / "within").symlink_to("deep")
    (src / "[x]").mkdir()
    (tmp_path / "project" / "alias").symlink_to("src")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


PATHS_INSIDE = [
    "src", "src/", "src/a.py", "./src/a.py", "src//a.py", "src/./a.py", "src/new/file", "src/..a",
    "src/deep/../a.py", "src2/../src/a.py", "{top}/project/src/a.py", "alias/a.py", "src/a.py\n",
    "src/[x]/y", "src/a b", "src/é", "src/*", "../project/src/a.py", "//{top}/project/src/a.py",
    "src/within/b.py",
]  # fmt: skip

PATHS_OUTSIDE = [
    "", " ", ".", "..", "/", "c.py", "src2", "src2/x", "srcx", "SRC/a.py", "Src", "src/..",
    "src/../../outside/secret", "src/deep/../../c.py", "../outside/secret", "{top}/outside/secret",
    "src/out", "src/out/secret", "src/out/", "src/out/new", "src/secret", "src/out/../secret",
    "alias/../c.py", "alias/out/secret", "within/../../c.py", "src/within/../../c.py", "~", "~/x",
    "~root/x", "$HOME/x", "/etc/passwd", " /etc/passwd", "\t/etc/passwd", "//etc/passwd",
    "/proc/self/cwd/src/a.py", "//proc/self/root/etc/passwd", "src/../c.py", " src/a.py",
    "src/../../../../../../../../../../proc/self/cwd/src/a.py", "src\\..\\c.py/../../c.py",
    "src\x00", "src/a.py\x00/../../c.py", "file:///etc/passwd", "{top}/project/srcfile",
    "{top}/project/src/../src2/a",
]  # fmt: skip

FILE_TOOLS = {tool: name for tool, name in PATH_FIELDS.items() if tool != "Glob"}


def at(path: str, tree: Path) -> str:
    return path.replace("{top}", str(tree))


@pytest.mark.parametrize("tool", FILE_TOOLS)
def test_inside_follows_links(tool, tree):
    name = FILE_TOOLS[tool]
    for policy in (
        inside("src", cwd=tree / "project"),
        inside(tree / "project" / "src", "/nowhere", cwd=tree / "project"),
        inside("alias/", cwd=str(tree / "project")),
        allow_list(f"{tool}(src/*)", cwd=tree / "project"),
        allow_list(f"{tool}(alias/**)", cwd=tree / "project"),
        allow_list(f"{tool}({tree}/project/src/*)", cwd=tree / "project"),
        allow_list(f"{tool}(./src2/../src/*)", cwd=tree / "project"),
    ):
        assert [p for p in PATHS_INSIDE if not allows(policy, tool, {name: at(p, tree)})] == []
        assert [p for p in PATHS_OUTSIDE if allows(policy, tool, {name: at(p, tree)})] == []


@pytest.mark.parametrize("tool", PATH_FIELDS)
def test_inside_refuses_an_invalid_path(tool, tree):
    for policy in (
        inside("src", cwd=tree / "project"),
        allow_list(f"{tool}(src/*)", cwd=tree / "project"),
    ):
        for path in (None, 7, True, ["src"], {"path": "src"}, b"src"):
            assert not allows(policy, tool, {PATH_FIELDS[tool]: path, "pattern": "*"})


@pytest.mark.parametrize("tool", PATH_FIELDS)
def test_inside_reads_a_missing_path_as_the_working_directory(tool, tree):
    everything = {"file_paths": "a", "File_Path": "a", "command": "a", "pattern": "*.py"}
    project = tree / "project"

    assert allows(inside(".", cwd=project), tool, everything) == (tool in ("Glob", "Grep"))
    assert allows(allow_list(f"{tool}(./*)", cwd=project), tool, everything) == (
        tool in ("Glob", "Grep")
    )
    assert not allows(inside("src", cwd=project), tool, everything)
    assert not allows(allow_list(f"{tool}(src/*)", cwd=project), tool, everything)


@pytest.mark.parametrize(
    "tool", ["Bash", "WebFetch", "Agent", "mcp__fs__Read", "read", "Reads", ""]
)
def test_inside_leaves_other_tools_alone(tool, tree):
    tool_input = {"file_path": "src/a.py", "path": "src/a.py", "command": "ls src"}

    assert not allows(inside("src", cwd=tree / "project"), tool, tool_input)


def test_inside_checks_the_path_that_the_cli_resolved(tree):
    policy = inside("src", cwd=tree / "project")
    call = ("Read", {"file_path": "src/a.py"})

    assert allows(policy, *call, blocked_path=str(tree / "project" / "src" / "a.py"))
    assert not allows(policy, *call, blocked_path=str(tree / "outside" / "secret"))


def test_inside_keeps_its_initial_folder(tree, monkeypatch):
    monkeypatch.chdir(tree / "project")
    policies = [inside("src"), allow_list("Read(src/*)")]
    monkeypatch.chdir(tree / "outside")

    for policy in policies:
        assert allows(policy, "Read", {"file_path": "src/a.py"})
        assert not allows(policy, "Read", {"file_path": "secret"})


def test_inside_of_the_root_and_of_nothing(tree):
    assert allows(inside("/"), "Write", {"file_path": "/etc/passwd"})
    assert allows(allow_list("Write(/*)"), "Write", {"file_path": "/etc/passwd"})
    assert not allows(inside(), "Read", {"file_path": "/"})


GLOBS_INSIDE = [
    ("*.py", "src"), ("src/*.py", None), ("**/*.py", "src"), ("deep/b.py", "src"),
    ("{top}/project/src/*.py", None), ("{top}/project/src/**", "/etc"), ("src/.x/*", None),
    ("src/a.py", None), ("src/[ab].py", "."), ("src/[a-z0-9]?.py", None), ("é/*.py", "src"),
]  # fmt: skip

GLOBS_OUTSIDE = [
    ("*.py", None), ("*.py", "."), ("../*.py", "src"), ("/etc/*", "src"), ("/etc/*", None),
    ("out/*", "src"), ("src/*/../../c.py", None), ("src/{.,..}/c.py", None), ("s*/x", None),
    ("src/[a.]./c.py", None), ("src/*/.\\./c.py", None), ("{/etc,src}/*", None), ("~/*", "src"),
    ("src*/a.py", None), ("{top}/project/src*", None), ("src/{x, ~/y}/*", None), ("*", "src/out"),
    ("*", ""), (None, "src"), (7, "src"), ("\x00", "src"), ("secret", "src"),
    ("src/@(x|/etc)/*", None), ("{src,/etc}/*", None), ("src/[.][.]/c.py", None),
    # disguises of ".."
    ("src/.{.,x}/*", None), ("src/{.}{.}/*", None), ("src/{a,b}.py", None),
    ("src/@(.)@(.)/x", None), ("src/?(.).", None), ("src/+(.)/x", None), ("src/!(x)/y", None),
    ("src/.*/x", None), ("..*/x", "src"), ("src/..*/x", None), ("src/*/..*", None), ("-x", "src"),
    ("src/*/...", None), ("..?/x", "src"), ("src/..a/*", None), ("src/*/..[a]/x", None),
    ("..", "src/deep/.."), ("--pre=sh", "src"),
    ("src/.?/c.py", None), ("src/.[!a]/c.py", None), ("src/[!a]./c", None), ("src/[--9]./c", None),
    ("src/[[:punct:]][[:punct:]]/c", None), ("src/*/%2e%2e/x", None), ("src/*/$UP/x", None),
    ("src/*/~/x", None), ("src/*/\uff0e\uff0e/x", None), ("src/*/\u2025/x", None),
    ("src/\\.\\./c.py", None), ("src/*\n/../x", None), ("$HOME/*", "src"), ("src/*/`x`", None),
    ("src/{1..2}/x", None), ("~root/*", "src"), ("src/*/..", None), ("src/a\\..", None),
]  # fmt: skip


def test_allow_list_takes_only_plain_glob_patterns(tree):
    for policy in (
        inside("src", cwd=tree / "project"),
        allow_list("Glob(src/*)", cwd=tree / "project"),
    ):
        for globs, fits in ((GLOBS_INSIDE, True), (GLOBS_OUTSIDE, False)):
            for pattern, path in globs:
                call = {"pattern": pattern if not isinstance(pattern, str) else at(pattern, tree)}
                if path is not None:
                    call["path"] = path
                assert (call, allows(policy, "Glob", call)) == (call, fits)


LINKED_GLOBS = [
    "*/lnk/*", "**/lnk/*", "*/lnk/", "*/l?k/*", "*/l*/x", "*/LNK/*", "s[u]b/lnk/*", "**/lnk",
    "*/*/*", "**/[k-m]nk/**", "**/sub/../lnk/*", "sub*/lnk/x", "**/./lnk/x", "*/file",
    "**/hop/far/*",
]  # fmt: skip
UNLINKED_GLOBS = [
    "**/*.py", "*.py", "*", "**", "**/*", "sub/*.py", "**/sub/*.py", "*/x.py", "**/near/*.py",
    "**/lnk*", "**/s?b/**/*.py",
]  # fmt: skip


@pytest.fixture
def linked(tree):
    """Return a tree with links to inside and outside at several depths."""
    src = tree / "project" / "src"
    for link in ("out", "secret"):
        (src / link).unlink()
    (src / "sub").mkdir()
    (src / "sub" / "lnk").symlink_to(tree / "outside")
    (src / "sub" / "file").symlink_to(tree / "outside" / "secret")
    (src / "sub" / "near").symlink_to("../deep")
    # Another allowed folder, from which a link leads out.
    (tree / "project" / "lib").mkdir()
    (tree / "project" / "lib" / "far").symlink_to(tree / "outside")
    (src / "sub" / "hop").symlink_to(tree / "project" / "lib")
    return tree


@pytest.mark.parametrize("tool", ["Glob", "Grep"])
def test_patterns_pass_no_link_to_the_outside(tool, linked):
    field = "pattern" if tool == "Glob" else "glob"
    project = linked / "project"
    for policy in (
        inside("src", "lib", cwd=project),
        allow_list(f"{tool}(src/*)", f"{tool}(lib/*)", cwd=project),
    ):
        calls = {
            pattern: {"pattern": "x", "path": "src", field: pattern}
            for pattern in LINKED_GLOBS + UNLINKED_GLOBS
        }
        allowed = [pattern for pattern, call in calls.items() if allows(policy, tool, call)]
        # "*/x.py" fits links of all depths: rather too much is refused.
        assert [pattern for pattern in allowed if pattern in LINKED_GLOBS] == []
        assert [p for p in UNLINKED_GLOBS if p not in allowed and p != "*/x.py"] == []


def test_patterns_below_wildcards_need_few_files(tree, monkeypatch):
    monkeypatch.setattr("claude_notebook.permissions.globs._MOST_ENTRIES", 3)
    policy = inside("src", cwd=tree / "project")

    assert allows(policy, "Glob", {"pattern": "**/*.py", "path": "src"})
    assert not allows(policy, "Glob", {"pattern": "**/deep/*.py", "path": "src"})


@pytest.mark.parametrize(
    "fields",
    [
        *(
            {"type": kind}
            for kind in ("x --pre=sh", "--pre=sh", "-z", "py\tx", "", "py\n", 7, ["py"])
        ),
        *(
            {"glob": glob}
            for glob in ("--pre=sh", "-g", "* --pre=sh", "*,--pre=sh", "*.py -L", "x\t-z")
        ),
        *({"glob": glob} for glob in ("* ../*", "*,/etc/*", "* ..", "*.py\n/etc/*", "x ..*/y")),
        *({field: "1 --pre=sh"} for field in ("-A", "-B", "-C", "context", "head_limit", "offset")),
        {"-A": "--pre=sh"},
        {"-C": ["1", "--pre"]},
        {"path": "--pre=sh"},
        {"path": " -x"},
    ],
    ids=repr,
)
def test_search_takes_no_options_in_disguise(fields, tree):
    for policy in (
        inside(".", cwd=tree / "project"),
        allow_list("Grep(./**)", cwd=tree / "project"),
    ):
        assert not allows(policy, "Grep", {"pattern": "x", "path": ".", **fields})


def test_search_takes_plain_options(tree):
    call = {"pattern": "-x", "path": "src", "type": "py", "-A": 3, "-C": "2", "head_limit": 0}
    policy = allow_list("Grep(src/*)", cwd=tree / "project")

    for glob in ("*.py *.md", "*.py,*.md", "!*.md", "*.{ts,tsx}", "*.py *.{ts,tsx}"):
        assert allows(policy, "Grep", {**call, "glob": glob})


FILTERS = [None, "*.py", "**/*.py", "!*.md", "*.{ts,tsx}", "deep/*.py"]
TRICKY_FILTERS = [
    "../*", "/etc/*", "~/*", "{..,x}/*", ".{.,x}/*", "*/../x", "*.{ts,/etc/x}", "$HOME/*", "\\..",
    7, ["*.py"], "@(..)/x", ".*/x",
]  # fmt: skip


def test_allow_list_takes_only_plain_grep_filters(tree):
    for policy in (
        inside("src", cwd=tree / "project"),
        allow_list("Grep(src/*)", cwd=tree / "project"),
    ):
        for filters, fits in ((FILTERS, True), (TRICKY_FILTERS, False)):
            for pattern in filters:
                call = {"pattern": "/etc/.*", "path": "src", "glob": pattern}
                assert (call, allows(policy, "Grep", call)) == (call, fits)


PATTERNS = {
    "Edit(src/a.py)": (["src/a.py", "alias/a.py"], ["src/a.pyc", "src", "src/a.py/b", "src/A.py"]),
    "Edit(*.py)": (
        ["c.py", "src/deep/b.py"],
        ["../outside/x.py", "/x.py", "c.pyx", "src/out/x.py"],
    ),
    "Edit(src/?.py)": (["src/a.py"], ["src/ab.py", "src/.py"]),
    "Edit(**/b.py)": (["b.py", "src/deep/b.py"], ["src/deep/cb.py", "../b.py"]),
    "Edit(src/[x]/*)": (["src/[x]/a"], ["src/x/a"]),
    # Not "~/a.md": who does not know of "~" would take it for a folder.
    "Edit(~/*.md)": (["{top}/home/a.md"], ["a.md", "~/a.txt", "~", "~/a.md"]),
    "Edit(src)": (["src", "src/", "alias"], ["src/a.py", "sr"]),
    "Edit(src/)": (["src"], ["src/a.py"]),
    "Edit()": ([], ["src/a.py", ""]),
}


@pytest.mark.parametrize("rule", PATTERNS)
def test_allow_list_compares_paths(rule, tree):
    policy = allow_list(rule, cwd=tree / "project")
    fine, others = PATTERNS[rule]

    assert [p for p in fine if not allows(policy, "Edit", {"file_path": at(p, tree)})] == []
    assert [p for p in others if allows(policy, "Edit", {"file_path": at(p, tree)})] == []


PARTS = st.sampled_from(
    [
        "src",
        "deep",
        "within",
        "out",
        "secret",
        "alias",
        "..",
        ".",
        "",
        "a.py",
        "src2",
        "round",
        "~",
        " ",
    ]
)


@settings(deadline=None)
@given(parts=st.lists(PARTS, max_size=8))
def test_inside_allows_no_path_outside(parts, tmp_path_factory):
    tree = _shared_tree(tmp_path_factory)
    path, src = "/".join(parts), tree / "project" / "src"
    for policy in (
        inside("src", cwd=tree / "project"),
        allow_list("Write(src/*)", cwd=tree / "project"),
    ):
        if allows(policy, "Write", {"file_path": path}):
            real = Path(os.path.realpath(tree / "project" / path))
            assert real == src or src in real.parents


_TREES: list[Path] = []


def _shared_tree(factory: pytest.TempPathFactory) -> Path:
    """One tree for all examples."""
    if not _TREES:
        top = factory.mktemp("tree")
        (top / "project/src/deep").mkdir(parents=True)
        (top / "outside").mkdir()
        (top / "project/src/out").symlink_to(top / "outside")
        (top / "project/src/within").symlink_to("deep")
        (top / "project/alias").symlink_to("src")
        _TREES.append(top)
    return _TREES[0]
