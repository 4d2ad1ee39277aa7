"""Hostile texts in a real browser: nothing runs, nothing loads, nothing covers the page."""

import pytest
from everywhere import everywhere
from playwright.sync_api import sync_playwright
from xss import ALL

from claude_notebook.render.output.page import turn_html

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

AT_ONCE = 12

# Opens all folds and sends every element the events that a person could cause by accident.
PROVOKE = """() => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  for (const element of document.querySelectorAll("#root *")) {
    for (const kind of ["mouseover", "mouseenter", "focus", "toggle", "error", "load", "click"]) {
      if (kind === "click" && element.closest("a, summary")) continue;
      element.dispatchEvent(new Event(kind, { bubbles: true }));
    }
  }
}"""

OUTSIDE = """() => {
  const root = document.getElementById("root").getBoundingClientRect();
  const styled = [...document.querySelectorAll("#root [style]")];
  const fixed = styled.filter((e) => getComputedStyle(e).position !== "static");
  const after = document.getElementById("after");
  return { fixed: fixed.length, after: after.getBoundingClientRect().top >= root.bottom - 1,
           inside: after.parentElement === document.body };
}"""


def snapshot_html(view):
    """Return the HTML that the live view would insert."""
    parts = []
    for op in view.snapshot():
        if op["op"] == "panel":
            lists = [op["panel"].get(name, ()) for name in ("input", "result", "detail")]
            parts += [part["html"] for some in lists for part in some]
        elif op["op"] == "text":
            parts += [*op["blocks"], op["tail"]]
    return "".join(f"<div>{part}</div>" for part in parts)


def test_hostile_texts_do_nothing_in_a_real_browser(chromium):
    requests = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("dialog", lambda dialog: requests.append(dialog.message))
        for texts in (ALL[i : i + AT_ONCE] for i in range(0, len(ALL), AT_ONCE)):
            views = [everywhere(text) for text in texts]
            roots = [f"<div>{turn_html(view)}{snapshot_html(view)}</div>" for view in views]
            body = f"<div id=root>{''.join(roots)}</div><p id=after>after</p>"
            page.set_content(f"<!doctype html><body>{body}</body>")
            assert page.evaluate("document.getElementById('root').childElementCount") == len(texts)
            page.evaluate(PROVOKE)
            state = page.evaluate(OUTSIDE)
            assert state == {"fixed": 0, "after": True, "inside": True}, texts
            assert page.evaluate("window.pwned") is None, texts
            assert page.url == "about:blank", texts
        browser.close()
    assert [url for url in requests if not url.startswith(("data:", "about:"))] == []
