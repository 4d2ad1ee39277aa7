"""The live view in a browser without Jupyter: accessibility, zoom, keyboard, and requests."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter import browser
from playwright.sync_api import Browser, Page, expect
from recorded import ALL, lines, name_of

from claude_notebook.messages import AssistantMessage, Message, TextBlock
from claude_notebook.protocol.codec.lines import decode_message
from claude_notebook.render.content import Piece
from claude_notebook.render.html.parts import part
from claude_notebook.render.model import (
    AskPanel,
    Choice,
    Field,
    Footer,
    FormPanel,
    FormQuestion,
    Op,
    Part,
    QuestionOption,
    TextPanel,
    ThinkingPanel,
    ToolPanel,
)
from claude_notebook.render.output.page import turn_html
from claude_notebook.render.view.reducer import apply_message, view_of
from claude_notebook.render.view.turn_view import TurnView

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "claude_notebook" / "static"
HOSTS = (ROOT / "js" / "dev" / "hosts.css").read_text(encoding="utf-8")

sys.path.insert(0, str(ROOT / "tests" / "render"))
from gallery import gallery  # noqa: E402  (found by the line above)

STARTED_MS = 1_700_000_000_000.0

# The host's attributes of the page, and the preferred color scheme.
LOOKS = {
    "lab-light": ('data-jp-theme-light="true"', "light"),
    "lab-dark": ('data-jp-theme-light="false"', "dark"),
    "lab-light-on-dark": ('data-jp-theme-light="true"', "dark"),
    "code-dark": ('data-vscode-theme-kind="vscode-dark"', "dark"),
    "plain-light": ("", "light"),
    "plain-dark": ("", "dark"),
}

WISHES = {"mode": "bypassPermissions", "can_say": True, "waiting": 2}

OPEN = """async ([source, assets]) => {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const { default: widget } = await import(url);
    let listener = () => undefined;
    let seq = 0;
    const model = {
        sent: [],
        on(event, callback) { if (event === "msg:custom") listener = callback; },
        off() {},
        send(message) {
            model.sent.push(message);
            const source = assets[message.name];
            if (message.type === "asset") listener({ type: "asset", name: message.name, source });
        },
        hear(message) { listener(message); },
        snapshot(ops) { seq += 1; listener({ type: "snapshot", seq, ops }); },
        say(ops) { seq += 1; listener({ type: "ops", seq, ops }); },
    };
    globalThis.model = model;
    const { initialize, render } = widget();
    initialize({ model });
    render({ model, el: document.querySelector("main") });
}"""


# Several batches per frame, as on a busy page.
PLAY = """async batches => {
    for (const [n, ops] of batches.entries()) {
        model.say(ops);
        if (n % 4 === 0) await new Promise(requestAnimationFrame);
    }
}"""


@pytest.fixture(scope="module")
def opened(chromium: str) -> Iterator[Browser]:
    with browser(chromium) as running:
        yield running


def open_view(opened: Browser, look: str, *, width: int = 1000) -> Page:
    """Open a page with an empty view."""
    attributes, scheme = LOOKS[look]
    page = opened.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    css = (STATIC / "widget.css").read_text(encoding="utf-8")
    page.set_content(
        '<!doctype html><html lang="en"><head><title>view</title>'
        f"<style>{HOSTS}{css}</style></head>"
        f"<body {attributes}><main></main></body></html>"
    )
    source = (STATIC / "widget.js").read_text(encoding="utf-8")
    math = (STATIC / "math.js").read_text(encoding="utf-8")
    page.evaluate(OPEN, [source, {"math": math}])
    return page


def say(page: Page, ops: list[Op]) -> None:
    """Send operations, and wait until the page has drawn them."""
    page.evaluate(
        """ops => new Promise(done => {
            model.say(ops);
            requestAnimationFrame(() => requestAnimationFrame(done));
        })""",
        ops,
    )


def turn(messages: list[Message], *, ended: bool) -> list[Op]:
    view = TurnView(STARTED_MS, can_stop=True)
    for message in messages:
        apply_message(view, message, STARTED_MS + 1000)
    if ended:
        view.finish("done", STARTED_MS + 2000)
    return view.flush()


def questions() -> list[Op]:
    """Return panels with open questions, and a footer with every part."""
    panels = (
        AskPanel(
            "ask",
            icon="terminal",
            title="May Claude run a command?",
            reason="`git push` is not allowed yet.",
            detail=(Part("output", '<pre class="cn-output">git push</pre>', lines=1),),
            fields=(Field("command", "Command", "git push"),),
            choices=(
                Choice("yes", "Allow", shortcut="y", look="primary"),
                Choice("always", "Always", scope="every `git push`", shortcut="a"),
                Choice("no", "Deny…", shortcut="n", note=True, look="danger"),
            ),
        ),
        FormPanel(
            "form",
            title="Two questions",
            questions=(
                FormQuestion(
                    "Which?", options=(QuestionOption("A", "the first"), QuestionOption("B"))
                ),
                FormQuestion("What else?", options=(QuestionOption("X"),), multiple=True),
            ),
        ),
        AskPanel("allowed", title="Run ls?", state="allowed", decision="Allowed, once"),
        FormPanel("denied", title="Which?", state="denied", decision="Not answered"),
    )
    footer = {**msgspec.to_builtins(Footer(model="m", can_stop=True, context_used=0.9)), **WISHES}
    panel_ops = [{"op": "panel", "panel": msgspec.to_builtins(panel)} for panel in panels]
    return [*panel_ops, {"op": "footer", "footer": footer}]


def unfold(page: Page) -> None:
    """Open every fold, and wait for the parts that are drawn then."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.wait_for_function("() => document.querySelectorAll('.cnv-part').length > 20")
    page.wait_for_selector("math")


def violations(page: Page, root: str) -> list[str]:
    """Return axe's violations below `root`, and check that axe has tested something."""
    page.add_style_tag(content="*, *::before { animation: none !important; }")
    results = Axe().run(page, context=root, options={"resultTypes": ["violations"]})
    assert results.response["passes"]
    return [
        f"{item['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for item in results.response["violations"]
        for node in item["nodes"][:5]
    ]


CUT: list[Op] = [
    {
        "op": "panel",
        "panel": msgspec.to_builtins(
            ToolPanel(
                "long",
                tool="Bash",
                title="Count",
                state="done",
                result=(part(Piece("output", "line\n" * 5000)),),
            )
        ),
    }
]
"""A panel with truncated output."""

CASES = [*((look, False) for look in LOOKS), ("lab-light", True)]


@pytest.mark.parametrize(("look", "ended"), CASES)
def test_live_view_has_no_axe_violations(opened: Browser, look: str, ended: bool) -> None:
    page = open_view(opened, look)
    say(page, [*turn(gallery(), ended=ended), *CUT, *([] if ended else questions())])
    unfold(page)
    problems = violations(page, ".cnv-root")
    assert not problems, "\n".join(problems)
    page.close()


ARABIC = """# مرحبا بالعالم

هذا **نص** مع `code` و [رابط](https://example.com).

| العمود | القيمة |
|--------|--------|
| أ | 1 |

- [x] تم

```python
x = 1  # تعليق
```
"""


def test_live_view_sets_direction_per_block(opened: Browser) -> None:
    page = open_view(opened, "lab-dark")
    page.evaluate("document.documentElement.dir = 'rtl'")
    mixed = [AssistantMessage([TextBlock(ARABIC)]), AssistantMessage([TextBlock("Left to right")])]
    say(page, [*turn([*gallery(), *mixed], ended=False), *CUT, *questions()])
    unfold(page)
    problems = violations(page, ".cnv-root")
    assert not problems, "\n".join(problems)
    directions = page.evaluate(
        """() => Object.fromEntries(
            ['مرحبا', 'Left to right', 'تعليق'].map(text => {
                const all = [...document.querySelectorAll('h1, p, code')];
                const found = all.findLast(one => one.textContent.includes(text));
                return [text, getComputedStyle(found).direction];
            }))"""
    )
    assert directions == {"مرحبا": "rtl", "Left to right": "ltr", "تعليق": "ltr"}
    page.close()


LIGHT_PAGE, DARK_PAGE = "background:#ffffff;color:#1f2328", "background:#111111;color:#e0e0e0"


@pytest.mark.parametrize(
    ("colors", "dark", "width"),
    [(LIGHT_PAGE, False, 1000), (DARK_PAGE, False, 1000), (DARK_PAGE, True, 400)],
)
def test_saved_form_has_no_axe_violations(
    opened: Browser, colors: str, dark: bool, width: int
) -> None:
    mixed = AssistantMessage([TextBlock(ARABIC), TextBlock("| | a |\n|-|-|\n| 1 | 2 |\n")])
    # The narrow page is a page at 200 %.
    size = 16 if width == 1000 else 32
    html = turn_html(view_of([*gallery(), mixed]), dark=dark)
    page = opened.new_page(viewport={"width": width, "height": 900})
    page.set_content(
        f'<!doctype html><html lang="en"><head><title>saved</title></head><body '
        f'style="{colors};font-size:{size}px"><main>{html}</main></body>'
    )
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    problems = violations(page, "main")
    assert not problems, "\n".join(problems)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_live_view_fits_narrow_cell_at_200_percent(opened: Browser) -> None:
    page = open_view(opened, "lab-light", width=400)
    page.add_style_tag(content="body { padding: 0; } .cnv-root { font-size: 28px !important; }")
    say(page, [*turn(gallery(), ended=True), *CUT, *questions()])
    unfold(page)
    problems = violations(page, ".cnv-root")
    assert not problems, "\n".join(problems)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hidden = page.evaluate(
        """() => [...document.querySelectorAll('.cnv-title, .cnv-word, .cnv-fact, p, li')]
            .filter(one => one.getClientRects().length
                && (one.getBoundingClientRect().right > innerWidth + 1
                    || one.getBoundingClientRect().left < -1)
                && !one.closest('.cn-wrap, pre'))
            .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert hidden == []
    page.close()


def test_live_view_is_operable_by_keyboard(opened: Browser) -> None:
    page = open_view(opened, "lab-light")
    say(page, [*turn(gallery(), ended=False), *CUT, *questions()])
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "document.activeElement.closest('.cnv-root')"
            " && [document.activeElement.tagName, document.activeElement.textContent].join(' ')"
        )
        if name is None:
            break
        reached.append(name)
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid", f"no visible focus on {name}"
    assert sum(name.startswith("SUMMARY") for name in reached) >= 10
    assert reached[-1] == "BUTTON Stop"
    assert any(name.startswith("BUTTON Allow") for name in reached)
    assert "BUTTON Show 4,600 more lines" not in reached  # while it is folded
    cut = page.locator("details", has_text="Count").last
    cut.locator("summary").focus()
    page.keyboard.press("Enter")
    more = cut.get_by_role("button", name="Show 4,600 more lines")
    for _ in range(20):
        if more.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    prompts = {"id": "long", "side": "result", "part": 0, "chunk": 0}
    assert page.evaluate("model.sent.at(-1)") == {"type": "more", **prompts}
    page.evaluate("asked => model.hear({ type: 'more', ...asked, html: '<pre>x</pre>', more: '' })",
                  prompts)  # fmt: skip
    # The focus stays where the reader is.
    assert page.evaluate("document.activeElement.className") == "cnv-chunks"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("one => one.open")
    page.keyboard.press("Escape")
    assert page.evaluate("model.sent.at(-1)") == {"type": "stop"}
    page.close()


def test_wide_code_is_tab_stop_only_while_it_overflows(opened: Browser) -> None:
    page = open_view(opened, "lab-light", width=1400)
    wide = f"```python\nnumbers = [{', '.join(map(str, range(30)))}]\n```\n\nDone.\n"
    say(page, turn([AssistantMessage([TextBlock(wide)])], ended=False))
    stop = page.locator("pre[tabindex='0']")
    page.wait_for_timeout(100)
    assert stop.count() == 0
    page.set_viewport_size({"width": 500, "height": 900})
    expect(stop).to_have_count(1)
    page.locator(".cn-code").hover()
    wrap = page.get_by_role("button", name="Wrap lines: python")
    wrap.click()
    expect(stop).to_have_count(0)
    wrap.click()
    expect(stop).to_have_count(1)
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(stop).to_have_count(0)
    page.close()


def test_folds_and_chunks_contain_style(opened: Browser) -> None:
    """Style containment added later, and CSS counters, make the browser walk the whole page."""
    page = open_view(opened, "lab-light")
    say(page, turn(gallery(), ended=False))
    contained = page.evaluate(
        """() => [...document.querySelectorAll('.cnv-chunk, .cnv-group, .cnv-card')]
            .map(one => [getComputedStyle(one).contain, getComputedStyle(one).contentVisibility])"""
    )
    assert len(contained) > 20
    assert all("style" in contain or output == "auto" for contain, output in contained)
    counting = "one => getComputedStyle(one).counterIncrement"
    counts = page.evaluate(f"() => [...document.querySelectorAll('summary')].map({counting})")
    assert set(counts) == {"none"}
    page.close()


def test_reduced_motion_disables_animations(opened: Browser) -> None:
    page = open_view(opened, "lab-light")
    page.emulate_media(reduced_motion="reduce")
    say(page, turn(gallery(), ended=False))
    assert page.locator(".cnv-spinner").count() > 0
    assert page.evaluate("document.getAnimations().length") == 0
    page.close()


def test_finished_block_keeps_its_dom_node(opened: Browser) -> None:
    page = open_view(opened, "lab-light")
    text = {"id": "t", "kind": "text", "parent": None, "blocks": [], "tail": "", "open": True}
    say(page, [{"op": "panel", "panel": text}])
    say(page, [{"op": "text", "id": "t", "start": 0, "blocks": ["<p>one</p>"], "tail": "<p>tw"}])
    page.evaluate(
        """() => {
            globalThis.first = document.querySelector('.cnv-block p');
            globalThis.replaced = [];
            new MutationObserver(changes => {
                for (const { removedNodes } of changes) replaced.push(...removedNodes);
            }).observe(document.querySelector('main'), { childList: true, subtree: true });
        }"""
    )
    for n in range(1, 30):
        blocks = [f"<p>block {n}</p>"]
        say(page, [{"op": "text", "id": "t", "start": n, "blocks": blocks, "tail": f"<p>tail {n}"}])
    assert page.evaluate("first === document.querySelector('.cnv-block p') && first.isConnected")
    assert page.locator(".cnv-block").count() == 31
    assert page.evaluate("replaced.length") == 0
    page.close()


def test_page_follows_answer_until_reader_scrolls(opened: Browser) -> None:
    page = open_view(opened, "lab-light")
    text = {"id": "t", "kind": "text", "parent": None, "blocks": [], "tail": "", "open": True}
    running = TurnView(STARTED_MS).snapshot()
    say(page, [*running, {"op": "panel", "panel": text}])

    def grow(start: int) -> float:
        blocks = [f"<p>block {start + n}</p>" for n in range(20)]
        say(page, [{"op": "text", "id": "t", "start": start, "blocks": blocks, "tail": ""}])
        return page.evaluate(
            "document.querySelector('.cnv-root').getBoundingClientRect().bottom - innerHeight"
        )

    for start in (0, 20, 40):
        below = grow(start)
    assert abs(below) <= 1
    latest = page.locator(".cnv-latest")
    assert latest.is_hidden()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => !document.querySelector('.cnv-latest').hidden")
    top = page.evaluate("scrollY")
    assert grow(60) > 400
    assert page.evaluate("scrollY") == top
    latest.click()
    assert latest.is_hidden()
    assert abs(grow(80)) <= 1
    page.close()


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_live_view_draws_every_recorded_conversation(opened: Browser, path: Path) -> None:
    page = open_view(opened, "lab-light")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    view = TurnView(STARTED_MS)
    batches = []
    for line in lines(path, "cli"):
        apply_message(view, decode_message(json.dumps(line).encode()), STARTED_MS)
        batches.append(view.flush())
    view.finish("done", STARTED_MS + 1000)
    page.evaluate(PLAY, batches)
    say(page, view.flush())
    assert page.locator(".cnv-panel").count() == len(view.panels)
    drawn = page.locator(".cnv-block").all_text_contents()
    panels = [panel for panel in view.panels if isinstance(panel, (TextPanel, ThinkingPanel))]
    assert len(drawn) == sum(len(panel.blocks) for panel in panels)
    assert page.locator(".cnv-spinner").count() == 0
    # A page that opens later shows the same turn.
    before = page.locator(".cnv-turn").text_content()
    page.evaluate("ops => model.snapshot(ops)", view.snapshot())
    say(page, [])
    assert page.locator(".cnv-turn").text_content() == before
    assert errors == []
    page.close()


def test_remote_images_load_only_after_click(opened: Browser) -> None:
    page = open_view(opened, "lab-light")
    prompts: list[str] = []
    page.on("request", lambda request: prompts.append(request.url))
    page.route(re.compile("https?://"), lambda route: route.abort())
    html = (
        '<p><a class="cn-remote" href="https://pictures.example/a.png?secret=1">🖼 chart</a>'
        '<img src="https://pictures.example/b.png"><a href="https://example.com">x</a></p>'
    )
    text = {"id": "t", "kind": "text", "parent": None, "blocks": [], "tail": "", "open": True}
    say(page, [{"op": "panel", "panel": text}])
    say(page, [{"op": "text", "id": "t", "start": 0, "blocks": [html], "tail": html}])
    outside = [url for url in prompts if url.startswith("http")]
    assert outside == []
    page.get_by_role("button", name="Load 🖼 chart from pictures.example").first.click()
    page.wait_for_function("() => document.querySelector('img') !== null")
    assert json.dumps(prompts).count("secret=1") == 1
    page.close()
