"""`claude-notebook demo`: the guides, in a folder of one's own, open in JupyterLab."""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..cli.discover import find_cli
from ..errors import CLIConnectionError, OptionsError

FOLDER_NAME = "claude-notebook-demo"

# module -> (what it is, how to get it)
_NEEDED = {
    "jupyterlab": ("JupyterLab", "python -m pip install jupyterlab"),
    "ipykernel": ("The Python kernel", "python -m pip install 'ipykernel>=7'"),
}

# Any of these lets the CLI work without anybody having signed in.
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
    """What was asked for.

    Attributes:
        folder: where the guides go; None chooses a new folder.
        jupyter_options: passed on to JupyterLab as they are.
    """

    folder: Path | None = None
    jupyter_options: tuple[str, ...] = ()


def run(
    demo: Demo,
    *,
    environ: Mapping[str, str] | None = None,
    execute: Execute = os.execv,
) -> int:
    """Check what is needed, copy the guides, and become JupyterLab.

    `execute` replaces this process, so that signals reach Jupyter itself and no child can be left
    behind. Returns an exit code only when there is nothing to become: something is missing.

    :raises OptionsError: the guides cannot be written to the folder that was named
    """
    environ = os.environ if environ is None else environ
    missing = missing_parts(environ)
    if missing:
        print("The demo needs more than is installed:", *missing, sep="\n\n", file=sys.stderr)
        return 1
    guides = guides_folder()
    folder = copy_guides(guides, demo.folder)
    print(f"The guides are in {folder} (yours to change).")
    cli = find_cli(environ=environ).path
    if not signed_in(cli, environ):
        print(_how_to_sign_in(cli))
    print("Starting JupyterLab. Ctrl-C here ends it.", flush=True)
    # `python -m` looks for modules in the current folder first: let that be the guides' own.
    os.chdir(folder)
    for name, value in playing(folder).items():
        os.environ.setdefault(name, value)
    execute(sys.executable, _jupyter(folder, first_notebook(guides), demo.jupyter_options))
    return 0


def playing(folder: Path) -> dict[str, str]:
    """The environment in which the guides play their recordings; what is edited is asked for real.

    What Claude wrote then is written again, into the folder of the guides.
    """
    # Imported late: what is missing must be told even where nothing else is installed.
    from ..client.cassette.settings import APPLY, MODE

    return {MODE: "auto", APPLY: str(folder)}


def missing_parts(environ: Mapping[str, str]) -> list[str]:
    """What the demo cannot do without and does not find: a line each, with the remedy."""
    lines = [
        f"{name} is not installed. Install it with:\n  {remedy}"
        for module, (name, remedy) in _NEEDED.items()
        if importlib.util.find_spec(module) is None
    ]
    try:
        find_cli(environ=environ)
    except CLIConnectionError as error:
        lines.append(str(error))
    return lines


def signed_in(cli: str, environ: Mapping[str, str]) -> bool:
    """Whether the CLI can reach a model: by a key in the environment, or because it says so.

    The CLI's own files are its own: they are not read here. When it does not answer (within 15 s)
    nobody is bothered, for the first question will tell.
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


def _how_to_sign_in(cli: str) -> str:
    return (
        "\nNobody is signed in to Claude here yet. The guides play recordings all the same; before "
        "you\nask something of your own, do one of these:\n"
        f"  sign in, in another terminal:   {cli} auth login\n"
        "  or stop the demo, set a key, and start it again:   export ANTHROPIC_API_KEY=...\n"
    )


def guides_folder() -> Path:
    """Where the guides are: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "guides"
    return installed if installed.is_dir() else package.parent / "notebooks"


def copy_guides(source: Path, folder: Path | None) -> Path:
    """Copy the guides, never over a file that is there. Returns the absolute folder.

    With no folder named, a new one is made: here, at home or among the temporary files, whichever
    of them lets us write.

    :raises OptionsError: the folder that was named cannot be made or written to
    """
    if folder is None:
        folder = _new_folder(Path.cwd(), Path.home(), Path(tempfile.gettempdir()))
    folder = folder.expanduser().absolute()
    try:
        for guide in _files(source):
            target = folder / guide.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copyfile(guide, target)
    except OSError as error:
        raise OptionsError(
            f"The guides cannot be written to {folder} ({error.strerror}). "
            "Name another folder with --dir.",
            field="dir",
        ) from error
    return folder


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        # Hidden: a checkout's .ipynb_checkpoints, for example.
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _new_folder(*places: Path) -> Path:
    names = (FOLDER_NAME, *(f"{FOLDER_NAME}-{number}" for number in range(2, 1000)))
    for place, name in itertools.product(places, names):
        try:
            (place / name).mkdir()
        except OSError:
            continue  # taken, or not ours to write to: try the next
        return place / name
    raise OptionsError(
        f"No new folder can be made in {', '.join(map(str, places))}. Name one with --dir.",
        field="dir",
    )


def first_notebook(guides: Path) -> str:
    """The name of the notebook to begin with: they are numbered."""
    return min(path.name for path in guides.glob("*.ipynb"))


def _jupyter(folder: Path, notebook: str, options: Sequence[str]) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={folder}",
        # Not as an argument: then the address that Jupyter prints would lead past the notebook.
        f"--LabApp.default_url=/lab/tree/{notebook}",
        "-y",  # one Ctrl-C is enough, it does not ask back
        *options,
    ]
