"""Allow-list of the file types that a recording may write, and of the names excluded from it.

`FORMATS` is an allow-list: a file of any other type is never written. The other tables narrow it
down. They list the folders, and the files of allowed types, that some program looks up by name,
because such files may configure or run programs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["data", "json", "prose", "source"]


@dataclass(frozen=True)
class Format:
    """A row of the allow-list.

    :param kind: which group of names is still protected within this format.
    :param extensions: lowercase file extensions, separated by spaces.
    :param reason: why files of this format may be written.
    """

    kind: Kind
    extensions: str
    reason: str


FORMATS: tuple[Format, ...] = (
    Format("data", "csv tsv", "Tables are read only by programs that the user points at them."),
    Format("data", "jsonl ndjson geojson", "Records, one per line or place, configure no program."),
    Format("data", "png jpg jpeg gif webp bmp", "Viewers decode pictures and execute nothing."),
    Format("data", "svg", "A script in a drawing runs only in a page that the user opens."),
    Format("data", "ipynb", "A notebook runs its cells only when the user runs them."),
    Format("data", "bib", "Bibliographies are read only by documents that cite from them."),
    Format("json", "json", "Data, if the name says so. Many programs read settings from JSON."),
    Format("prose", "txt md rst", "People read prose, apart from files named after programs."),
    Format("prose", "html htm css", "A page acts only in the browser in which a user opens it."),
    Format("source", "py", "A module runs when the user's code imports it by its own name."),
    Format("source", "r jl sql", "An analysis script runs when the user names it to run it."),
    Format("source", "js ts", "A script runs when a user's page or command names it."),
    Format("source", "c", "C is text until the user compiles it and runs the program."),
)
FORMAT_OF: dict[str, Format] = {
    extension: row for row in FORMATS for extension in row.extensions.split()
}

_AGENTS = "Claude Code and other agents read it"
_BUILD = "build tools run it"
_CI = "build servers and hosts run it"
_LOGIN = "the system runs it automatically"
_PACKAGES = "package managers read or run it"
PYTHON = "Python imports it automatically"
_RUNTIMES = "programs load it by its name"
_TESTS = "test runners and checkers run it"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(rows: dict[str, str]) -> dict[str, str]:
    return {name: reason for reason, names in rows.items() for name in names.split()}


FOLDERS = _table(
    {
        "git runs its hooks": "hooks hook githooks",
        "git keeps repositories in such folders": "objects refs worktrees",
        _AGENTS: (
            "skills skill agents agent subagents commands command plugins plugin rules prompts "
            "instructions output-styles memory memories memory-bank chatmodes modes droids "
            "steering guidelines personas mcp mcp-servers"
        ),
        _LOGIN: (
            "bin sbin libexec etc usr boot autostart systemd launchagents launchdaemons startup "
            "startupitems system32 xlstart addins macros crontabs cron plug-in plug-ins autoload "
            "ftplugin initdb"
        ),
        PYTHON: (
            "site-packages dist-packages venv virtualenv env envs virtualenvs conda conda-meta "
            "anaconda miniconda miniforge anaconda3 miniconda3 ipython"
        ),
        _PACKAGES: (
            "node_modules bower_components jspm_packages vendor deps packages subprojects renv "
            "packrat requirements"
        ),
        _BUILD: "buildsrc gradle cmake build dist make meson terraform site_scons",
        _CI: (
            "workflows workflow actions ci jenkins circleci pipelines ansible roles playbooks "
            "group_vars host_vars inventory binder docker devcontainer helm "
            "puppet manifests salt pillar cookbooks"
        ),
        _RUNTIMES: (
            "extensions extension addons jupyter kernels labextensions nbextensions "
            "serverextensions nbconfig labconfig nbconvert dags migrations migration alembic "
            "management templatetags templates layouts partials includes pages routes api "
            "functions edge-functions lambda middleware cgi-bin htbin "
            "wwwroot htdocs public_html webapps custom_nodes"
        ),
        _TESTS: "test tests spec specs e2e cypress testthat steps",
    }
)
FOLDER_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"_.*", _RUNTIMES),
        (r"profile_.*", "IPython runs its startup files"),
        (r"python[\d.]+|.*[-_.](env|venv|virtualenv)|(env|venv)[-_.\d].*", PYTHON),
        (r"[^.]*\.(?![\d.]+$).*", "programs open folders with such an extension"),
    )
)
ANY_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"\..*", "hidden files configure programs"),
        (r".*:.*", "it names a hidden part of a file"),
        (r"[^.]{1,8}~\d+(\..*)?", "it is the short form of another name"),
        (r"(con|prn|aux|nul|(com|lpt)[\d¹²³]|conin\$|conout\$)\s*(\..*)?", "it names a device"),
    )
)


@dataclass(frozen=True)
class Names:
    """Protected names for one kind of format, each with the reason.

    :param whole: complete names, without an extension unless only one format is protected.
    :param first: words that a name starts with. Words end at `-`, `_`, a dot, or a space.
    :param last: words that a name ends with.
    """

    whole: dict[str, str]
    first: dict[str, str]
    last: dict[str, str]


_DOCUMENTS_OF_PACKAGES = _table(
    {
        _PACKAGES: (
            "requirements constraints packages dependencies deps "
            "apt pip conda environment runtime install plugins extensions addons modules lock"
        ),
        _BUILD: "cmakelists cmakecache flags manifest conanfile",
        _RUNTIMES: "settings config conf options presets env hooks rc profile",
    }
)
_SCRIPTS = _table(
    {
        _TESTS: "test tests spec conftest",
        _PACKAGES: "setup install preinstall postinstall",
        _RUNTIMES: "activate startup plugin plugins hook hooks",
    }
)
NAMES: dict[Kind, Names] = {
    "data": Names({}, {}, {}),
    "json": Names({}, {}, {}),
    "prose": Names(
        _table(
            {
                _AGENTS: (
                    "claude gemini qwen codex copilot cursor windsurf warp crush opencode iflow "
                    "amp replit cline roo kilocode kiro droid goose junie aider trae jules grok "
                    "mistral vibe kimi codebuddy codebuff augment zencoder devin bugbot greptile "
                    "coderabbit soul heartbeat bootstrap boot identity user tools review llms "
                    "llms-full gpt chatgpt openai anthropic llm ai"
                ),
                _PACKAGES: "entry_points top_level sources spec-file spec-list bindep",
                _BUILD: "meson_options compile_flags",
                _RUNTIMES: "robots userchrome usercontent custom hosts known_hosts crontab cmdline",
            }
        ),
        _DOCUMENTS_OF_PACKAGES,
        {
            **_DOCUMENTS_OF_PACKAGES,
            **_table(
                {
                    _AGENTS: (
                        "agents agent instructions prompt prompts skill skills memory knowledge "
                        "conventions guidelines rules hints persona workflow workflows system"
                    )
                }
            ),
        },
    ),
    "source": Names(
        _table(
            {
                _BUILD: (
                    "build make configure pavement duties tasks dodo versioneer wscript "
                    "hatch_build pdm_build invoke release publish webpack rollup wallaby "
                    "protractor gatsby-node gatsby-browser gatsby-ssr sidebars codegen "
                    "serverless tic"
                ),
                _CI: "wsgi asgi function_app lambda_function hubconf deploy middleware worker",
                _PACKAGES: "packages package dependencies",
                PYTHON: "sitecustomize usercustomize activate_this",
                _RUNTIMES: (
                    "manage env settings celeryconfig pelicanconf publishconf index server global "
                    "ui plumber zzz boot background instrumentation custom user prefs sw "
                    "service-worker truffle hooks rprofile juliarc init bootstrap inventory "
                    "aftermigrate beforemigrate precompile seed extension "
                    "preload proxy instrumentation-client commands routes site_init "
                    "prestartup_script data.sql import.sql schema.sql "
                    "app.py app.r run.r streamlit_app predict definitions apps urls newrelic "
                    "tailwind benchmarks"
                ),
                _TESTS: "runtests helper helpers environment terrain",
            }
        ),
        _SCRIPTS,
        {
            **_SCRIPTS,
            **_table(
                {_RUNTIMES: "config conf settings rc profile gdb lldb env preset presets build"}
            ),
        },
    ),
}
SOURCE_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"_.*(?<!^__init__)", _RUNTIMES),
        (r"[a-z]+file", _BUILD),
        (r"[a-z]+(config|conf)|[a-z]{3,}rc", _RUNTIMES),
        (r"(setup|test)[a-z]*|[a-z]+setup", _TESTS),
        (r"[vur]\d*__.*|[vu]\d[\d._]*__.*", "database tools run it"),
    )
)

# A JSON file may be written if its name contains a data word and no settings word.
DATA_WORDS = _words(
    "answer article author average bakery bench benchmark bill bird book bread cake capital car "
    "cat category chart city climate cluster coefficient color column comment company cookie "
    "coordinate count country county course currency customer data dataset day distance "
    "document dog draw embedding employee error estimate evaluation event example expense "
    "experiment figure film finding flight flower forecast frame frequency fruit game gene gold "
    "grade graph grid histogram holiday hospital house income ingredient invoice iris item "
    "journal ledger lesson letter loan location matrix mean measure measurement metric month "
    "movie music note number observation order outcome output paper participant patient payment "
    "penguin people person photo place planet plant plot poll population post prediction price "
    "product protein quarter question quote rating reading receipt recipe record region report "
    "response result review row sale sample school score season sensor sentence sequence series "
    "shop shopping song species spending star stat station statistic statistics stats stock "
    "stop student study summary survey table temperature text ticket timeline title topic total "
    "train transaction translation trip tweet user vector visit vocabulary vote weather week "
    "weight word year zip"
)
SETTINGS_WORDS = _words(
    "agent app auth auto babel build bundle claude cli command compile composer conf config "
    "configuration credential debug default deno dependency deploy deps dev docker editor entry "
    "env environment eslint extension feature firebase flag hook host init install jest job "
    "jsconfig kernel key launch launcher lock lsp manifest mcp module npm option override "
    "package packer page permission pkr plist plugin prebuild preset profile project rc rule "
    "runtime schema script secret secrets server service setting settings skill startup task "
    "template test tf tfvar tfvars theme token tool tsconfig vscode webpack workflow workspace"
)
