"""`claude-notebook demo`: the guides, open in JupyterLab, or run to their end without it."""

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
_PLAYS = "The guides play recordings, so they work as they are. For questions of your own:"

# module -> (what it is, how to get it)
_KERNEL = {"ipykernel": ("The Python kernel", "python -m pip install 'ipykernel>=7'")}
_NEEDED = {
    "lab": {"jupyterlab": ("JupyterLab", "python -m pip install jupyterlab"), **_KERNEL},
    "execute": {"nbclient": ("nbclient", "python -m pip install nbclient"), **_KERNEL},
    "html": {"nbconvert": ("nbconvert", "python -m pip install nbconvert")},
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

    :param folder: where the guides go; None chooses a new folder.
    :param guides: the numbers of those that are meant; none for all.
    :param execute: without JupyterLab: a notebook, or a folder of them, to be written.
    :param html: likewise a page, or a folder of them.
    :param jupyter_options: passed on to JupyterLab as they are.
    """

    folder: Path | None = None
    guides: tuple[int, ...] = ()
    execute: Path | None = None
    html: Path | None = None
    jupyter_options: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """What must be installed for it."""
        if self.execute is None and self.html is None:
            return ("lab",)
        return ("execute",) if self.html is None else ("execute", "html")


def run(
    demo: Demo,
    *,
    environ: Mapping[str, str] | None = None,
    execute: Execute = os.execv,
) -> int:
    """Check what is needed, then open the guides in JupyterLab or run them to their end.

    `execute` replaces this process, so that signals reach Jupyter itself and no child can be left
    behind. Returns an exit code only when there is nothing to become: something is missing, or the
    guides were run.

    :raises OptionsError: there is no such guide, or what was named cannot be written
    """
    environ = os.environ if environ is None else environ
    missing = missing_parts(demo.parts)
    if missing:
        print("The demo needs more than is installed:", *missing, sep="\n\n", file=sys.stderr)
        return 1
    if demo.parts != ("lab",):
        return _run_headless(demo, environ)
    guides = guides_folder()
    first = chosen(guides, demo.guides)[0].name
    folder = copy_guides(guides, demo.folder)
    print(f"The guides are in {folder} (yours to change).")
    print(advice(environ), end="")
    print("Starting JupyterLab. Ctrl-C here ends it.", flush=True)
    # `python -m` looks for modules in the current folder first: let that be the guides' own.
    os.chdir(folder)
    for name, value in playing(folder).items():
        os.environ.setdefault(name, value)
    execute(sys.executable, _jupyter(folder, first, demo.jupyter_options))
    return 0


def _run_headless(demo: Demo, environ: Mapping[str, str]) -> int:
    from ..recording.environment import MODE

    guides = chosen(guides_folder(), demo.guides)
    wanted = (("--execute", ".ipynb", demo.execute), ("--html", ".html", demo.html))
    named = len(demo.guides)
    targets = [
        Target.of(option, suffix, out, named) for option, suffix, out in wanted if out is not None
    ]
    return run_all(guides, targets, {MODE: "only", **environ})


def playing(folder: Path) -> dict[str, str]:
    """The environment in which the guides play their recordings; what is edited is asked for real.

    What Claude wrote then is written again, into the folder of the guides.
    """
    # Imported late: what is missing must be told even where nothing else is installed.
    from ..recording.environment import APPLY, MODE

    return {MODE: "auto", APPLY: str(folder)}


def missing_parts(parts: Iterable[str]) -> list[str]:
    """What `parts` of the demo cannot do without and do not find: a line each, with the remedy."""
    needed = {module: told for part in parts for module, told in _NEEDED[part].items()}
    return [
        f"{name} is not installed. Install it with:\n  {remedy}"
        for module, (name, remedy) in needed.items()
        if importlib.util.find_spec(module) is None
    ]


def advice(environ: Mapping[str, str]) -> str:
    """What is still to be done before one asks something of one's own; "" if nothing is."""
    try:
        cli = find_cli(environ=environ).path
    except CLIConnectionError as error:
        why, *_ = str(error).splitlines()
        return f"\n{textwrap.fill(f'{_PLAYS} {why}', 88)}\n\n"
    if signed_in(cli, environ):
        return ""
    return (
        f"\nNobody is signed in to Claude here yet.\n{_PLAYS}\n"
        f"  sign in, in another terminal:   {cli} auth login\n"
        "  or stop the demo, set a key, and start it again:   export ANTHROPIC_API_KEY=...\n\n"
    )


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
        data = not_run(data.decode("utf-8")).encode("utf-8")
    write_file(target, data, root=folder, mode=SHARED)


def not_run(text: str) -> str:
    """A notebook as it is before it is run; what is no notebook stays as it is."""
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
        # A checkout's .ipynb_checkpoints, for example, and what an installation compiles.
        parts = path.relative_to(folder).parts
        left_out = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not left_out:
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


def chosen(folder: Path, numbers: Sequence[int]) -> list[Path]:
    """The guides with these numbers, in their order; all of them if no number is given.

    :raises OptionsError: there is no guide with that number
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
        # Not as an argument: then the address that Jupyter prints would lead past the notebook.
        f"--LabApp.default_url=/lab/tree/{notebook}",
        "-y",  # one Ctrl-C is enough, it does not ask back
        *options,
    ]
