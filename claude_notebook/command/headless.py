"""The guides without anybody watching: run in a kernel, kept as notebooks and as pages."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import ClaudeSDKError, OptionsError
from ..files import SHARED, make_folder, write_file

# What else is needed is imported late: what is missing must be told where nothing is installed.
if TYPE_CHECKING:
    from nbformat import NotebookNode


class GuideFailedError(ClaudeSDKError):
    """A cell of a guide failed.

    :param notebook: as far as it came, with the error as the last output.
    """

    def __init__(self, message: str, notebook: NotebookNode) -> None:
        super().__init__(message)
        self.notebook = notebook


@dataclass(frozen=True)
class Target:
    """Where what comes of the guides goes.

    :param suffix: .ipynb or .html.
    :param path: a file with that suffix, or a folder of them.
    :param is_folder: which of the two.
    """

    suffix: str
    path: Path
    is_folder: bool

    @classmethod
    def of(cls, option: str, suffix: str, path: Path, guides: int) -> Target:
        """The target that `option` names, for so many guides that were named.

        :raises OptionsError: it can be neither, or cannot be written
        """
        field = option.lstrip("-")
        path = path.expanduser().absolute()
        is_folder = path.is_dir() or not path.suffix
        if not is_folder and path.suffix != suffix:
            raise OptionsError(
                f"{option} writes {suffix} files, and {path.name} is none. Name a file that ends "
                f"in {suffix}, or a folder for all guides.",
                field=field,
            )
        if not is_folder and guides > 1:
            raise OptionsError(
                f"{guides} guides do not go into one file. Name a folder after {option}, or one "
                "--guide.",
                field=field,
            )
        folder = path if is_folder else path.parent
        try:
            make_folder(folder)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise OptionsError(
                f"Nothing can be written to {folder} ({error.strerror}). Name another place after "
                f"{option}.",
                field=field,
            ) from error
        return cls(suffix, path, is_folder)

    def save(self, guide: Path, notebook: NotebookNode) -> Path:
        """Write what came of a guide, over what is there. Returns the file.

        :raises OptionsError: it cannot be written
        """
        path = self.path / f"{guide.stem}{self.suffix}" if self.is_folder else self.path
        try:
            write_file(path, self._text(guide, notebook), mode=SHARED)
        except OSError as error:
            raise OptionsError(
                f"{path} cannot be written ({error.strerror}). Name another one."
            ) from error
        return path

    def _text(self, guide: Path, notebook: NotebookNode) -> str:
        if self.suffix == ".ipynb":
            return text_of(notebook)
        from .page import page_of

        return page_of(notebook, guide.stem[3:].replace("_", " ").capitalize())


def run_all(guides: Sequence[Path], targets: Sequence[Target], environ: Mapping[str, str]) -> int:
    """Run guides one after the other, and save each. Returns the exit code: 1 if one has failed.

    Where a target is a file, the first guide is meant.

    :raises OptionsError: what came of them cannot be written
    """
    wanted = guides if any(target.is_folder for target in targets) else guides[:1]
    failed = 0
    for guide in wanted:
        try:
            notebook = run_guide(guide, environ)
        except GuideFailedError as error:
            failed, notebook = 1, error.notebook
            print(f"claude-notebook: {error}", file=sys.stderr)
        for target in targets:
            if target.is_folder or guide == guides[0]:
                print(target.save(guide, notebook), flush=True)
    return failed


def run_guide(guide: Path, environ: Mapping[str, str], folder: Path | None = None) -> NotebookNode:
    """Run all cells of a guide in a new kernel, which works in `folder`, or in one for a while.

    Recordings that lie beside the guide are there too. What was recorded as done to files is done
    again in that folder. Returns the notebook with its outputs, and nothing else in it that would
    differ from run to run.

    :raises GuideFailedError: a cell failed, or the kernel ended
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            return run_guide(guide, environ, Path(scratch).resolve())
    from ..recording.environment import APPLY, FOLDER, USUAL_FOLDER

    # A copy: what is asked anew is recorded there, and the guides stay as they are.
    recordings = folder / USUAL_FOLDER
    if FOLDER not in environ and (guide.parent / USUAL_FOLDER).is_dir():
        shutil.copytree(guide.parent / USUAL_FOLDER, recordings, dirs_exist_ok=True)
    return _execute(guide, folder, {APPLY: str(folder), FOLDER: str(recordings), **environ})


def _execute(guide: Path, folder: Path, environ: Mapping[str, str]) -> NotebookNode:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    notebook = nbformat.read(guide, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=None, iopub_timeout=60, record_timing=False, resources=resources
    )
    with tempfile.TemporaryFile("w+") as said:
        try:
            client.execute(env=dict(environ), stderr=said)
        except CellExecutionError as error:
            told = f"A cell of {guide.name} failed. {error.ename}: {error.evalue}"
            raise GuideFailedError(told, tidy(notebook)) from error
        except (DeadKernelError, RuntimeError) as error:
            told = f"The kernel of {guide.name} ended. It said last:\n{_last_words(said)}"
            raise GuideFailedError(told, tidy(notebook)) from error
    return tidy(notebook)


def _last_words(said: IO[str]) -> str:
    said.seek(0)
    return said.read()[-2000:].strip() or "nothing"


def tidy(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what the machine that ran it adds."""
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def text_of(notebook: NotebookNode) -> str:
    """A notebook as it is saved."""
    import nbformat

    return f"{nbformat.writes(notebook, version=4)}\n"
