"""Self-contained HTML pages of notebooks, which need neither other files nor a network."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

# The functions import everything else, because missing packages must be reported even if nothing is
# installed.
if TYPE_CHECKING:
    from nbformat import NotebookNode

_STATIC = Path(__file__).resolve().parent.parent / "static"

# The exporter's page without network resources.
_TEMPLATE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}
<meta http-equiv="Content-Security-Policy" content="{{ resources.policy }}">
{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
body.jp-Notebook { max-width: 60rem; margin: 0 auto; padding: 1.5rem }
.cn-math-block { overflow-x: auto }
</style>
{%- endblock -%}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"

# Formulas are saved as TeX between \( and \) or \[ and \].
_TYPESET = r"""
for (const node of document.querySelectorAll(".cn-math, .cn-math-block")) {
  const text = node.textContent.trim();
  try { node.replaceChildren(toMathML(text.slice(2, -2), text.startsWith("\\["))); } catch {}
}
"""


def render_page(notebook: NotebookNode, title: str) -> str:
    """Render a notebook and its outputs as a page.

    The page's security policy forbids all scripts except for our own typesetting of formulas, which
    is included only if the notebook contains any.
    """
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_file="page.html.j2", extra_loaders=[DictLoader({"page.html.j2": _TEMPLATE})]
    )
    script = _typesetting() if "cn-math" in str(notebook) else ""
    policy = f"{_POLICY}; script-src {_hash(script)}" if script else _POLICY
    resources = {"metadata": {"name": title}, "policy": policy}
    page, _ = exporter.from_notebook_node(notebook, resources)
    if not script:
        return str(page)
    head, _, tail = str(page).rpartition("</body>")
    return f'{head}<script type="module">{script}</script></body>{tail}'


def _hash(script: str) -> str:
    """Format a script's hash for the policy."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _typesetting() -> str:
    """Build a single script from the formula library and the call to it."""
    library = (_STATIC / "math.js").read_text(encoding="utf-8").rstrip()
    local = re.sub(r"export\{(\S+) as toMathML\};?$", r"const toMathML=\1;", library)
    return local + _TYPESET
