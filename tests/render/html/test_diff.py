import pytest
from gallery import PATCH
from hypothesis import given, strategies as st
from safety import hostile_violations, violations

from claude_notebook.render.content import Hunk
from claude_notebook.render.html import diff
from claude_notebook.render.html.sanitizer import clean

HUNKS = diff.hunks_of_patch(PATCH)


def test_hunks_of_patch_reads_structured_patch():
    assert [(h.old_start, h.new_start, len(h.lines)) for h in HUNKS] == [(10, 10, 7), (40, 41, 2)]
    assert diff.counts(HUNKS) == (2, 2)
    assert diff.format_change(HUNKS) == "+2 −2"


@pytest.mark.parametrize("patch", [None, 3, "x", [], [3], [{}], [{"lines": 3, "oldStart": "x"}]])
def test_hunks_of_patch_ignores_unknown_shape(patch):
    assert diff.counts(diff.hunks_of_patch(patch)) == (0, 0)


def test_unified_formats_hunks():
    assert diff.unified(HUNKS).splitlines()[:4] == [
        "@@ -10,5 +10,6 @@",
        " def load(path):",
        '-    frame = pd.read_csv(path, sep=",")',
        '+    frame = pd.read_csv(path, sep=";")',
    ]


def test_hunks_between_texts():
    old = "\n".join(f"line {n}" for n in range(30))
    new = old.replace("line 3\n", "line three\n").replace("line 20\n", "")
    hunks = diff.hunks_between(old, new)
    assert [(h.old_start, h.new_start) for h in hunks] == [(1, 1), (18, 18)]
    assert diff.format_change(hunks) == "+1 −2"
    assert hunks[0].lines[:5] == (" line 0", " line 1", " line 2", "-line 3", "+line three")


@given(st.text(alphabet="ab\n", max_size=60), st.text(alphabet="ab\n", max_size=60))
def test_hunks_lead_from_one_text_to_the_other(old, new):
    lines = old.splitlines()
    offset = 0
    for hunk in diff.hunks_between(old, new):
        before = [x[1:] for x in hunk.lines if x[0] in " -"]
        after = [x[1:] for x in hunk.lines if x[0] in " +"]
        start = hunk.old_start - 1 + offset
        assert lines[start : start + len(before)] == before
        lines[start : start + len(before)] = after
        offset += len(after) - len(before)
    assert lines == new.splitlines()


def test_hunks_between_replaces_very_long_texts():
    (hunk,) = diff.hunks_between("a\n" * 3000, "b\n" * 3000)
    assert diff.counts([hunk]) == (3000, 3000)


def test_html_has_numbers_signs_and_words():
    html = clean(diff.diff_html(HUNKS))
    assert violations(html) == []
    assert html.count('<tr class="cn-del">') == 2
    assert '<td class="cn-num">11</td><td class="cn-num"></td><td>− ' in html
    assert '<span class="cn-ins-word">;</span>' not in html  # two lines against one: no pairs
    pair = diff.diff_html((Hunk(1, 1, ("-x = 1", "+x = 2")),))
    assert '− x = <span class="cn-del-word">1</span>' in pair
    assert '+ x = <span class="cn-ins-word">2</span>' in pair


def test_lines_read_well_without_style():
    html = diff.diff_lines_html((Hunk(9, 9, (" a", "-b", "+c", "+d")),))
    assert html == (
        '<pre class="cn-diff"><div> 9  9   a</div><div class="cn-del">10    − b</div>'
        '<div class="cn-ins">   10 + c</div><div class="cn-ins">   11 + d</div></pre>'
    )


def test_counts_ignores_missing_newline():
    html = diff.diff_lines_html((Hunk(1, 1, ("-a", "\\ No newline at end of file", "+b")),))
    assert "No newline" in html
    assert diff.counts([Hunk(1, 1, ("-a", "\\ No newline", "+b"))]) == (1, 1)


def test_diff_of_hostile_text_is_safe():
    def render(text):
        hunks = (Hunk(1, 1, (f"-{text}", f"+{text}x", f" {text}")),)
        return [clean(diff.diff_html(hunks)), clean(diff.diff_lines_html(hunks))]

    assert hostile_violations(render) == []
