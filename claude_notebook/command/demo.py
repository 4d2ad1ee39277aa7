"""`claude-notebook demo`, which opens the guides in JupyterLab or runs them without it."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..cli.discovery import find_cli
from ..errors import CLIConnectionError, OptionsError
from ..files import SHARED, make_folder, write_file
from .headless import Target, run_all

FOLDER_NAME = "claude-notebook-demo"
_PLAYS = "The guides play recordings, so they work without setup. To send your own prompts:"

# module -> (description, install command)
_KERNEL = {"ipykernel": ("The Python kernel", "python -m pip install 'ipykernel>=7'")}
_REQUIRED = {
    "lab": {"jupyterlab": ("JupyterLab", "python -m pip install jupyterlab"), **_KERNEL},
    "execute": {"nbclient": ("nbclient", "python -m pip install nbclient"), **_KERNEL},
    "html": {"nbconvert": ("nbconvert", "python -m pip install nbconvert")},
}

# Variables that let the CLI work without a sign-in.
_CREDENTIALS = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
)

Execute = Callable[[str, list[str]], object]


@dataclass(frozen=True)
class Demo:
    """The subcommand's options.

    :param folder: the folder to copy the guides to; None chooses a new folder.
    :param guides: the numbers of the selected guides; if empty, all guides are selected.
    :param execute: the output notebook, or a folder for notebooks, when running without JupyterLab.
    :param html: the output page, or a folder for pages, when running without JupyterLab.
    :param jupyter_options: additional arguments for JupyterLab.
    """

    folder: Path | None = None
    guides: tuple[int, ...] = ()
    execute: Path | None = None
    html: Path | None = None
    jupyter_options: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the installation that are required."""
        if self.execute is None and self.html is None:
            return ("lab",)
        return ("execute",) if self.html is None else ("execute", "html")


def run(
    demo: Demo,
    *,
    environ: Mapping[str, str] | None = None,
    execute: Execute = os.execv,
) -> int:
    """Check the requirements, then open the guides in JupyterLab or run them.

    :param demo: the subcommand's options.
    :param environ: the environment; None uses this process's environment.
    :param execute: replaces this process, so that Jupyter itself receives signals and no child
        process can be left behind.
    :returns: the exit code, if requirements are missing or the guides were run.
    :raises OptionsError: if a guide does not exist, or an output cannot be written
    """
    environ = os.environ if environ is None else environ
    missing = missing_parts(demo.parts)
    if missing:
        print("The demo needs additional packages:", *missing, sep="\n\n", file=sys.stderr)
        return 1
    if demo.parts != ("lab",):
        return _run_headless(demo, environ)
    guides = guides_folder()
    first = select_guides(guides, demo.guides)[0].name
    folder = copy_guides(guides, demo.folder)
    print(f"The guides are in {folder}. You can edit them.")
    print(advice(environ), end="")
    print("Starting JupyterLab. Press Ctrl-C here to stop it.", flush=True)
    # `python -m` searches the current folder first, so make it the guides' folder.
    os.chdir(folder)
    for name, value in replay_environment(folder).items():
        os.environ.setdefault(name, value)
    execute(sys.executable, _jupyter(folder, first, demo.jupyter_options))
    return 0


def _run_headless(demo: Demo, environ: Mapping[str, str]) -> int:
    from ..recording.environment import MODE

    guides = select_guides(guides_folder(), demo.guides)
    wanted = (("--execute", ".ipynb", demo.execute), ("--html", ".html", demo.html))
    named = len(demo.guides)
    targets = [
        Target.of(option, suffix, out, named) for option, suffix, out in wanted if out is not None
    ]
    return run_all(guides, targets, {MODE: "only", **environ})


def replay_environment(folder: Path) -> dict[str, str]:
    """Return the variables that make guides play recordings and run edited cells live.

    File changes in the recordings are repeated in the guides' folder.
    """
    # Imported here because `missing_parts` must work if nothing else is installed.
    from ..recording.environment import APPLY, MODE

    return {MODE: "auto", APPLY: str(folder)}


def missing_parts(parts: Iterable[str]) -> list[str]:
    """List which of `parts` are missing, each with its install command."""
    required = {module: item for part in parts for module, item in _REQUIRED[part].items()}
    return [
        f"{name} is not installed. Install it with:\n  {remedy}"
        for module, (name, remedy) in required.items()
        if importlib.util.find_spec(module) is None
    ]


def advice(environ: Mapping[str, str]) -> str:
    """Return setup instructions for live prompts, or "" if nothing is missing."""
    try:
        cli = find_cli(environ=environ).path
    except CLIConnectionError as error:
        reason, *_ = str(error).splitlines()
        return f"\n{textwrap.fill(f'{_PLAYS} {reason}', 88)}\n\n"
    if is_signed_in(cli, environ):
        return ""
    return (
        f"\nYou are not signed in to Claude.\n{_PLAYS}\n"
        f"  sign in (in another terminal):   {cli} auth login\n"
        "  or stop the demo, set a key, and restart it:   export ANTHROPIC_API_KEY=...\n\n"
    )


def is_signed_in(cli: str, environ: Mapping[str, str]) -> bool:
    """Return whether there are credentials: a variable in the environment, or the CLI's own status.

    The CLI's credential files are not read. If the CLI does not respond within 15 s, it is assumed
    to be signed in, because the first prompt will reveal any problem.
    """
    if any(environ.get(name) for name in _CREDENTIALS):
        return True
    try:
        status = subprocess.run(
            [cli, "auth", "status"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=15,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return status.returncode != 1


def guides_folder() -> Path:
    """Return the folder that contains the guides, in the installed package or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "guides"
    return installed if installed.is_dir() else package.parent / "notebooks"


def copy_guides(source: Path, folder: Path | None) -> Path:
    """Copy the guides without overwriting files.

    If `folder` is None, create a new folder in the first writable location: the current folder, the
    home folder, or the temporary folder.

    :returns: the absolute path of the folder.
    :raises OptionsError: if the given folder cannot be created or written to
    """
    if folder is None:
        folder = _new_folder(Path.cwd(), Path.home(), Path(tempfile.gettempdir()))
    folder = folder.expanduser().absolute()
    try:
        for guide in _files(source):
            target = folder / guide.relative_to(source)
            make_folder(target.parent, folder)
            if not target.is_symlink() and not target.exists():
                _copy(guide, target, folder)
    except OSError as error:
        raise OptionsError(
            f"The guides cannot be written to {folder} ({error.strerror}). "
            "Name another folder with --dir.",
            field="dir",
        ) from error
    return folder


def _copy(guide: Path, target: Path, folder: Path) -> None:
    data = guide.read_bytes()
    if guide.suffix == ".ipynb":
        data = without_outputs(data.decode("utf-8")).encode("utf-8")
    write_file(target, data, root=folder, mode=SHARED)


def without_outputs(text: str) -> str:
    """Clear a notebook's outputs. Any other text remains unchanged."""
    try:
        notebook = json.loads(text)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError):
        return text
    for cell in code:
        cell.update(outputs=[], execution_count=None)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        # Skip files such as .ipynb_checkpoints and compiled modules.
        parts = path.relative_to(folder).parts
        is_generated = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not is_generated:
            yield path


def _new_folder(*locations: Path) -> Path:
    names = (FOLDER_NAME, *(f"{FOLDER_NAME}-{number}" for number in range(2, 1000)))
    for location, name in itertools.product(locations, names):
        try:
            (location / name).mkdir()
        except OSError:
            continue  # taken or not writable
        return location / name
    raise OptionsError(
        f"Cannot create a folder in {', '.join(map(str, locations))}. Name one with --dir.",
        field="dir",
    )


def select_guides(folder: Path, numbers: Sequence[int]) -> list[Path]:
    """Return the guides with these numbers in order, or all guides if there are no numbers.

    :raises OptionsError: if a guide does not exist
    """
    guides = {int(path.name[:2]): path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    for number in numbers:
        if number not in guides:
            raise OptionsError(
                f"There is no guide {number}. Choose from {min(guides)} to {max(guides)}.",
                field="guide",
            )
    return [path for number, path in guides.items() if not numbers or number in numbers]


def _jupyter(folder: Path, notebook: str, options: Sequence[str]) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={folder}",
        # If the notebook were an argument, it would be missing from the URL that Jupyter prints.
        f"--LabApp.default_url=/lab/tree/{notebook}",
        "-y",  # stop on the first Ctrl-C, without a prompt
        *options,
    ]
