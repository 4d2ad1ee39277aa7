import pytest
from hypothesis import given, strategies as st
from safety import hostile_problems, text_of, violations
from xss import DISGUISES

from claude_notebook.render.html import sanitizer as safe


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com/a?b=c#d", True),
        ("HTTP://EXAMPLE.COM", True),
        ("mailto:a@example.com", True),
        (" https://example.com ", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("\x01javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//example.com", False),
        ("/relative", False),
        ("#anchor", False),
        ("https:", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_links_are_http_or_mail(url, kept):
    assert safe.safe_link(url) == (url.strip() if kept else None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text\n\twith a tab", "plain text\n\twith a tab"),
        ("rm \u202e/tmp", "rm ⟨U+202E⟩/tmp"),
        ("a\u200bb", "a⟨U+200B⟩b"),
        ("a\x1b[31mb", "a⟨ESC⟩[31mb"),
        ("\x00\x07\x08\r\x7f", "⟨NUL⟩⟨BEL⟩⟨BS⟩⟨CR⟩⟨DEL⟩"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("\ufeffx\u00ad", "⟨U+FEFF⟩x⟨U+00AD⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("⚠\ufe0f ok", "⚠\ufe0f ok"),
        ("שלום", "שלום"),
    ],
)
def test_hidden_characters_are_shown(text, shown):
    assert safe.reveal(text) == shown


@pytest.mark.parametrize("text", DISGUISES)
def test_reveal_marks_every_disguise(text):
    assert safe.reveal(text) != text
    assert "cn-ctl" in safe.reveal_html(text)


@given(st.text())
def test_revealed_text_is_stable_and_has_no_hidden_character(text):
    output = safe.reveal(text)
    assert safe.reveal(output) == output
    assert not set(output) & {chr(c) for c in (0, 8, 27, 0x202E, 0x2066, 0x200B, 0xFEFF)}


@given(st.text())
def test_escape_round_trips(text):
    html = safe.escape(text)
    assert not {"<", '"', "'"} & set(html)
    assert text_of(f"<p>{html}</p>") == text or "\x00" in text or "\r" in text


CLEANERS = [safe.clean, safe.clean_output, safe.clean_image, safe.clean_static]


@pytest.mark.parametrize("clean", CLEANERS)
def test_sanitizer_makes_hostile_text_safe_and_is_stable(clean):
    def check(text):
        html = clean(text)
        again = clean(html)
        yield from violations(html)
        yield from violations(again)
        if clean(again) != again:
            yield "a third pass changes the HTML"

    assert hostile_problems(check) == []


def test_one_line_truncates_and_collapses_whitespace():
    assert safe.one_line("  a\n\n b\tc ") == "a b c"
    assert safe.one_line("x" * 300, 10) == "x" * 9 + "…"
    assert safe.one_line("a\u202eb") == "a⟨U+202E⟩b"


def test_cleaners_allow_only_their_styles_and_images():
    picture = '<img src="data:image/png;base64,AAAA">'
    style = '<p style="margin:1em;position:fixed;color:red">x</p>'
    assert [clean(picture) != "" for clean in CLEANERS] == [False, False, True, True]
    assert [clean(style) for clean in CLEANERS] == [
        "<p>x</p>",
        '<p style="color:red">x</p>',
        "<p>x</p>",
        '<p style="margin:1em;color:red">x</p>',
    ]


@pytest.mark.parametrize(
    "clean", [safe.clean, safe.clean_output, safe.clean_image, safe.clean_static]
)
def test_cleaners_replace_lone_surrogates(clean):
    assert clean("<p>a\ud800b</p>") == "<p>a?b</p>"


_ATOMS = ["&", "amp;", "&lt", "&notit;", "&#60;", "&#x3c;", "#", "a", " ", ">", "\n", "\r\n", "\0"]


@given(st.lists(st.sampled_from(_ATOMS), min_size=1, max_size=30))
def test_long_text_without_tags_is_cleaned_like_a_short_one(atoms):
    unit = "".join(atoms)
    long = unit * (20_000 // len(unit) + 1)
    assert safe.clean(long) == safe._cleaned_at_once(safe._cleaner(), long)
