"""Record the cassettes of the guides and the example: `python tests/record_cassettes.py`.

Each guide runs in a kernel with the real CLI, real tools and real files. The scripted API provides
the answers in `ANSWERS`. Nothing here contacts the network.

Afterwards the guides are played without the CLI, and saved with their outputs. `--outputs` performs
only this second step.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel

from claude_notebook.cli.discovery import find_cli
from claude_notebook.command.headless import run_guide, text_of
from claude_notebook.testing import ScriptedAPI, Step, Use, clean_environment, script
from claude_notebook.testing.http_server import Request
from claude_notebook.testing.steps import Answer

ROOT = Path(__file__).resolve().parent.parent
GUIDES = sorted((ROOT / "notebooks").glob("*.ipynb"))
CASSETTES = ROOT / "notebooks" / "cassettes"
EXAMPLE = ROOT / "notebooks" / "example_project"

CWD = "@cwd@"
CLEAN = """date,weekday,loaves,croissants,takings
2025-06-02,Monday,84,120,516.00
2025-06-03,Tuesday,79,110,481.00
2025-06-04,Wednesday,91,131,560.50
2025-06-05,Thursday,88,125,539.50
2025-06-06,Friday,102,160,648.00
2025-06-07,Saturday,140,220,890.00
2025-06-08,Sunday,96,180,564.00
"""
BUTTER = {"old_string": "butter 10 kg\nbutter 10 kg\n", "new_string": "butter 10 kg\n"}
YEAST = {"old_string": "yeast 2 kg", "new_string": "yeast 3 kg"}
SHORTBREAD = {"name": "Shortbread", "minutes": 35, "ingredients": ["flour", "butter", "sugar"]}


def say(text: str, *before: Answer) -> tuple[Step, ...]:
    """Create an answer at a realistic pace after some tool calls."""
    return (*(Step(answer, delay=0.08) for answer in before), Step(text, chunk=6, delay=0.03))


# beginning of a prompt -> steps of the model
ANSWERS: dict[str, Sequence[Step]] = {
    "Read bakery.csv and tell": say(
        "**Thursday's 1250 croissants** are ten times a usual day's, while the takings are those "
        "of a normal Thursday: a zero too many. All else looks plausible at first sight.",
        Use("Read", {"file_path": f"{CWD}/bakery.csv"}),
    ),
    "Prices were the same": say(
        "Monday and Tuesday give two equations:\n\n$$84\\,l + 120\\,c = 516,\\quad "
        "79\\,l + 110\\,c = 481$$\n\nso a loaf is **4.00** and a croissant **1.50**. On Thursday "
        "that makes $(539.50 - 88 \\cdot 4) / 1.5 = 125$ croissants.\n\nSunday does not add up "
        "either: 96 loaves and 180 croissants are 654.00, not 564.00. With 564.00 taken it was "
        "**120** croissants, or two digits of the takings were swapped.",
    ),
    "Write the corrected table": say(
        "The corrected table is in `bakery_clean.csv`: 125 croissants on Thursday. Sunday's "
        "takings I have left for you to look up.",
        Use("Write", {"file_path": f"{CWD}/bakery_clean.csv", "content": CLEAN}),
    ),
    "Read shopping.txt. Is": say(
        "Yes: **butter 10 kg** stands there twice.",
        Use("Read", {"file_path": f"{CWD}/shopping.txt"}),
    ),
    "Take the second line of butter": say(
        "Done: butter is on the list once.",
        Use("Edit", {"file_path": f"{CWD}/shopping.txt", **BUTTER}),
    ),
    "Everything is bought. Delete": say(
        "Then the list stays: I did not know that the yeast is still to come.",
        Use("Bash", {"command": "rm shopping.txt", "description": "Delete the shopping list"}),
    ),
    "Make it 3 kg of yeast": say(
        "Three kilograms it is.",
        Use("Edit", {"file_path": f"{CWD}/shopping.txt", **YEAST}),
    ),
    "How many lines has it now": say(
        "Three lines.", Use("Bash", {"command": "wc -l shopping.txt", "description": "Count lines"})
    ),
    "Read orders.csv. Who": say(
        "Café Lindt, the school kitchen and Hotel Krone.",
        Use("Read", {"file_path": f"{CWD}/orders.csv"}),
    ),
    "Which of them should I": say(
        "Ring up the **school kitchen**: it has 240 rolls twice a week, and on Friday its order "
        "says 0.",
        Use("Read", {"file_path": f"{CWD}/orders.csv", "offset": 6, "limit": 4}),
    ),
    "A slogan for the rolls": say("“Gone by nine. Promised.”"),
    "Think of a name": say("Brioche."),
    "Now one for her brother": say("Bagel."),
    "Which animals did I": say("None: this is the first thing you have asked me."),
    "They have moved to Vienna": say("Melange and Strudel."),
    "Both names again": say("Brioche and Bagel."),
    "Is there enough butter": say(
        "Yes. 40 brioches need about 6 kg of butter, and there are 18 kg in the storeroom.",
        Use("mcp__store__in_stock", {"item": "butter"}),
    ),
    "A very plain shortbread": (Step(Use("StructuredOutput", SHORTBREAD)), Step("There you are.")),
    "Say something that a baker": say("“It smells good already.”"),
    "And every evening": say("“Tomorrow at three again.”"),
    "What is the smallest prime": say("101."),
    "And the next one": say("103."),
    "Their sum": say("204."),
    "Read report.md and say": say(
        "Bread sold as in winter, croissants rose from 900 to 1,140 a week, flour became dearer.",
        Use("Read", {"file_path": f"{CWD}/report.md"}),
    ),
    "Make a file called": say(
        "I was not allowed to write the file: this session only reads.",
        Use("Write", {"file_path": f"{CWD}/proof.txt", "content": "proof\n"}),
    ),
    "Tidy up: delete": say(
        "I did not delete anything: a rule of this notebook forbids it.",
        Use("Bash", {"command": "rm -rf ./*", "description": "Delete everything"}),
    ),
}


# The user's answers to questions while a guide is recorded, in order.
PERSON = {"02_tools_and_approvals": ("a", "d", "Not yet: the yeast has not come.")}


class Model(ScriptedAPI):
    """A scripted API with fixed answers."""

    cwd = ""

    def begin(self, request: Request):
        for block in _texts(request.body if isinstance(request.body, dict) else {}):
            steps = answer_to(block["text"])
            if steps is not None and "<<script" not in block["text"]:
                notation = script(*steps).replace(CWD, self.cwd)
                block["text"] = f"{block['text']}\n{notation}"
        return super().begin(request)


def answer_to(prompt: str) -> Sequence[Step] | None:
    """Return the steps for a prompt, or None."""
    return next((ANSWERS[start] for start in ANSWERS if prompt.strip().startswith(start)), None)


def _texts(body: dict) -> Iterator[dict]:
    for message in body.get("messages", ()):
        if message["role"] != "user":
            continue
        if isinstance(message["content"], str):
            message["content"] = [{"type": "text", "text": message["content"]}]
        yield from (block for block in message["content"] if block.get("type") == "text")


def run_interactively(path: Path, folder: Path, env: dict[str, str]) -> None:
    """Run a guide in `folder` and answer its questions like a user."""
    person = iter(PERSON.get(path.stem, ()))
    manager, client = start_new_kernel(env=env, cwd=str(folder))
    try:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code":
                continue
            reply = client.execute_interactive(
                cell.source,
                allow_stdin=True,
                stdin_hook=lambda _: client.input(next(person)),
                output_hook=lambda _: None,
                timeout=120,
            )
            if reply["content"]["status"] != "ok":
                raise SystemExit(f"{path.name}: {reply['content']}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def record(guides: Sequence[Path], target: Path) -> None:
    """Record all turns of the guides into the folder `target`."""
    with tempfile.TemporaryDirectory() as scratch, Model() as model:
        home = Path(scratch, "home")
        env = {
            **clean_environment(model.url, home),
            "PATH": os.environ["PATH"],
            "CLAUDE_CLI_PATH": find_cli().path,
            "CLAUDE_NOTEBOOK_REPLAY": "record",
            "CLAUDE_NOTEBOOK_CASSETTES": str(target),
            "IPYTHONDIR": str(home / "ipython"),
        }
        for guide in guides:
            folder = Path(scratch, guide.stem)
            folder.mkdir()
            model.cwd = str(folder)
            run_interactively(guide, folder, {**os.environ, **env})
            print(guide.name, file=sys.stderr)


def record_example() -> None:
    """Record the example's test as a reader would: `pytest --claude-record`."""
    with tempfile.TemporaryDirectory() as scratch, Model() as model:
        folder = Path(scratch).resolve() / "reports"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("cassettes", "__pycache__"))
        model.cwd = str(folder)
        env = {**os.environ, **clean_environment(model.url, Path(scratch, "home"))}
        env |= {"PATH": os.environ["PATH"], "CLAUDE_CLI_PATH": find_cli().path}
        command = [sys.executable, "-m", "pytest", "-q", "--claude-record", "-k", "has_said"]
        subprocess.run(command, cwd=folder, env=env, check=True, stdout=sys.stderr)
        shutil.rmtree(EXAMPLE / "cassettes", ignore_errors=True)
        shutil.copytree(folder / "cassettes", EXAMPLE / "cassettes")


def save_outputs(guides: Sequence[Path]) -> None:
    """Play the guides and save them with their outputs."""
    with tempfile.TemporaryDirectory() as ipython:
        env = {**os.environ, "CLAUDE_NOTEBOOK_REPLAY": "only", "IPYTHONDIR": ipython}
        for guide in guides:
            guide.write_text(text_of(run_guide(guide, env)), encoding="utf-8")
            print(guide.name, "saved", file=sys.stderr)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("guides", nargs="*", type=Path, help="the guides (default: all)")
    parser.add_argument(
        "--outputs", action="store_true", help="only play and save, without recording"
    )
    arguments = parser.parse_args()
    if not arguments.outputs:
        record_all(arguments.guides)
    save_outputs(arguments.guides or GUIDES)


def record_all(guides: Sequence[Path]) -> None:
    """Record the given guides, or all guides and delete obsolete recordings."""
    if guides:
        record(guides, CASSETTES)
        return
    new = CASSETTES.with_name("cassettes.new")
    shutil.rmtree(new, ignore_errors=True)
    record(GUIDES, new)
    shutil.rmtree(CASSETTES, ignore_errors=True)
    new.rename(CASSETTES)
    record_example()


if __name__ == "__main__":
    main()
