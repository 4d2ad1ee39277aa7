"""Runs the guides without JupyterLab: executes them in a kernel and saves notebooks or pages."""

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

# The functions import everything else, because missing packages must be reported even if nothing is
# installed.
if TYPE_CHECKING:
    from nbformat import NotebookNode


class GuideFailedError(ClaudeSDKError):
    """A cell in a guide failed.

    :param notebook: the notebook up to the failure, with the error as its last output.
    """

    def __init__(self, message: str, notebook: NotebookNode) -> None:
        super().__init__(message)
        self.notebook = notebook


@dataclass(frozen=True)
class Target:
    """The location where executed guides are saved.

    :param suffix: .ipynb or .html.
    :param path: a file with this suffix, or a folder for such files.
    :param is_folder: whether the path is a folder.
    """

    suffix: str
    path: Path
    is_folder: bool

    @classmethod
    def of(cls, option: str, suffix: str, path: Path, guides: int) -> Target:
        """Create the target from the value of a command-line option.

        :param option: the option, such as "--execute".
        :param suffix: the suffix that a file must have.
        :param path: the option's value.
        :param guides: the number of selected guides.
        :raises OptionsError: if the path has the wrong suffix or cannot be written
        """
        field = option.lstrip("-")
        path = path.expanduser().absolute()
        is_folder = path.is_dir() or not path.suffix
        if not is_folder and path.suffix != suffix:
            raise OptionsError(
                f"{option} writes {suffix} files, but got {path.name}. Name a file that ends "
                f"in {suffix}, or a folder for all guides.",
                field=field,
            )
        if not is_folder and guides > 1:
            raise OptionsError(
                f"{guides} guides do not fit into one file. Name a folder after {option}, or one "
                "--guide.",
                field=field,
            )
        folder = path if is_folder else path.parent
        try:
            make_folder(folder)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise OptionsError(
                f"Cannot write to {folder} ({error.strerror}). Name another location after "
                f"{option}.",
                field=field,
            ) from error
        return cls(suffix, path, is_folder)

    def save(self, guide: Path, notebook: NotebookNode) -> Path:
        """Write an executed guide, replacing any existing file.

        :returns: the file.
        :raises OptionsError: if the file cannot be written
        """
        path = self.path / f"{guide.stem}{self.suffix}" if self.is_folder else self.path
        try:
            write_file(path, self._text(guide, notebook), mode=SHARED)
        except OSError as error:
            raise OptionsError(
                f"{path} cannot be written ({error.strerror}). Name another file."
            ) from error
        return path

    def _text(self, guide: Path, notebook: NotebookNode) -> str:
        if self.suffix == ".ipynb":
            return serialize_notebook(notebook)
        from .page import render_page

        return render_page(notebook, guide.stem[3:].replace("_", " ").capitalize())


def run_all(guides: Sequence[Path], targets: Sequence[Target], environ: Mapping[str, str]) -> int:
    """Run guides one after another and save each of them.

    If all targets are files, only the first guide is run.

    :returns: the exit code, which is 1 if a guide failed.
    :raises OptionsError: if an output cannot be written
    """
    selected = guides if any(target.is_folder for target in targets) else guides[:1]
    failed = 0
    for guide in selected:
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
    """Run all of a guide's cells in a new kernel.

    The kernel can play recordings that are located next to the guide. File changes in the
    recordings are repeated in its working folder.

    :param guide: the notebook.
    :param environ: the kernel's environment.
    :param folder: the kernel's working folder; None uses a temporary one.
    :returns: the notebook with its outputs, without data that varies between runs.
    :raises GuideFailedError: if a cell failed, or the kernel died
    """
    if folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            return run_guide(guide, environ, Path(scratch).resolve())
    from ..recording.environment import APPLY, FOLDER, USUAL_FOLDER

    # Use a copy, so that new recordings go there and the guides are not changed.
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
    with tempfile.TemporaryFile("w+") as stderr:
        try:
            client.execute(env=dict(environ), stderr=stderr)
        except CellExecutionError as error:
            message = f"A cell of {guide.name} failed. {error.ename}: {error.evalue}"
            raise GuideFailedError(message, tidy(notebook)) from error
        except (DeadKernelError, RuntimeError) as error:
            message = f"The kernel of {guide.name} died. Its last output:\n{_tail(stderr)}"
            raise GuideFailedError(message, tidy(notebook)) from error
    return tidy(notebook)


def _tail(file: IO[str]) -> str:
    file.seek(0)
    return file.read()[-2000:].strip() or "(none)"


def tidy(notebook: NotebookNode) -> NotebookNode:
    """Remove metadata that depends on the machine."""
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def serialize_notebook(notebook: NotebookNode) -> str:
    """Serialize a notebook in the same way as Jupyter."""
    import nbformat

    return f"{nbformat.writes(notebook, version=4)}\n"
