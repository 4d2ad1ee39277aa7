"""Generators of hostile and of ordinary text, each a function from a size to a text.

Every shape has made some parser of its kind take quadratic time. A shape is a repeated unit with an
optional head and tail, or a function where repetition is not enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Generator = Callable[[int], str]


@dataclass(frozen=True)
class Repeat:
    """A unit repeated up to a size, between a head and a tail."""

    unit: str
    head: str = ""
    tail: str = ""

    def __call__(self, size: int) -> str:
        """Return a text of about `size` characters."""
        return self.head + self.unit * (size // len(self.unit)) + self.tail


@dataclass(frozen=True)
class Halves:
    """One unit repeated through the first half of a text, another through the second."""

    first: str
    second: str
    middle: str = ""

    def __call__(self, size: int) -> str:
        """Return a text of about `size` characters."""
        half = size // 2
        first = self.first * (half // len(self.first))
        return first + self.middle + self.second * (half // len(self.second))


@dataclass(frozen=True)
class Numbered:
    """A pattern with a running number: no two units are equal."""

    pattern: str
    head: str = ""

    def __call__(self, size: int) -> str:
        """Return a text of about `size` characters."""
        count = size // len(self.pattern.format(n=10_000))
        return self.head + "".join(self.pattern.format(n=n) for n in range(count))


def growing_runs(char: str, between: str = "x") -> Generator:
    """Yield increasingly long runs of one character."""

    def text(size: int) -> str:
        parts, length, total = [], 1, 0
        while total < size:
            parts.append(between + char * length)
            total += length + len(between)
            length += 1
        return "".join(parts)

    return text


def backtick_runs(size: int) -> str:
    """Return openers of all lengths, none of which has a closer of its length."""
    return growing_runs("`", "e ")(size)


def indented_lists(size: int) -> str:
    """Return lists in lists, each level two columns deeper."""
    parts, depth, total = [], 0, 0
    while total < size:
        parts.append("  " * depth + "* a\n")
        total += len(parts[-1])
        depth += 1
    return "".join(parts)


def references_and_uses(size: int) -> str:
    """Return many definitions, then one use of each."""
    count = size // 30
    definitions = "".join(f"[r{n}]: http://a.b/{n}\n" for n in range(count))
    return definitions + "\n" + " ".join(f"[r{n}]" for n in range(count))


def one_long_label(size: int) -> str:
    """Return uses of a reference whose address is half of the text."""
    return f"[a]: http://a.b/{'x' * (size // 2)}\n\n" + "[a] " * (size // 8)


def wide_table(size: int) -> str:
    """Return a table of two rows with a great many columns."""
    columns = size // 8
    return "|" + "a|" * columns + "\n|" + "-|" * columns + "\n" + "|" + "b|" * columns + "\n"


def short_rows(size: int) -> str:
    """Return a wide table with many rows that leave most cells empty."""
    columns = max(2, int((size // 2) ** 0.5))
    head = "|" + "a|" * columns + "\n|" + "-|" * columns + "\n"
    return head + "|b\n" * max(1, (size - len(head)) // 3)


def long_words(size: int) -> str:
    """Return a line of letters and digits without a space, as base64 has it."""
    return ("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w" * (size // 56 + 1))[:size]


PROSE = (
    "## A heading\n\nSome **bold** words, `code`, a [link](https://example.com/a?b=c), $x^2$.\n\n"
    "- one item\n- another *item*\n  - inside\n\n"
    "| a | b |\n| - | - |\n| 1 | 2 |\n\n```python\nfor x in range(3):\n    print(x)\n```\n\n"
)

ORDINARY: Mapping[str, Generator] = {
    "prose": Repeat(PROSE),
    "one line": Repeat("Lorem ipsum dolor sit amet. "),
    "lines": Repeat("a short line.\n"),
    "blank lines": Repeat("\n"),
    "spaces": Repeat(" "),
    "letters": Repeat("a"),
    "base64": long_words,
    "minified": Repeat("function(a,b){return a?b:c[d]||{e:'f',g:\"h\"}};"),
}

MARKDOWN: Mapping[str, Generator] = {
    # Links, images, references.
    "[": Repeat("["),
    "![": Repeat("!["),
    "![[]()": Repeat("![[]()"),
    "[a](b": Repeat("[a](b"),
    "[a](<b": Repeat("[a](<b"),
    '[a](b "': Repeat('[a](b "'),
    "[a](b (": Repeat("[a](b ("),
    "[a](": Repeat("[a]("),
    "[a][": Repeat("[a]["),
    "[]": Repeat("[]"),
    "[ and ]": Halves("[", "]"),
    "[ and ](x)": Halves("[", "](x)"),
    "[a]( and )": Halves("[a](", ")"),
    "(( in a link": Repeat("(", "[a](", ")"),
    "[x](( ((": Halves("(", ")", "x"),
    "nested links": Halves("[a", "](b)"),
    "nested images": Halves("![a", "](b)"),
    "escaped brackets": Repeat("\\["),
    "[\\\\": Repeat("[\\\\"),
    "[a]: <": Repeat("[a]: <"),
    "[a]: < lines": Repeat("[a]: <\n"),
    "[a]: b": Repeat("[a]: b\n"),
    "[a]: b 'c": Repeat("[a]: b 'c\n"),
    "[a]: b (": Repeat("[a]: b (\n"),
    "[a lines": Repeat("[a\n"),
    "[a]: lines": Repeat("[a]:\n"),
    "[a\\ lines": Repeat("[a\\\n"),
    "one open title": Repeat("x\n", '[a]: b "'),
    "definitions": Numbered("[r{n}]: http://a.b/{n}\n"),
    "definitions and uses": references_and_uses,
    "one long label": one_long_label,
    "[a]( spaces": Repeat("[a]( "),
    "[ a link with spaces": Repeat(" ", "[a](", "x"),
    # Emphasis.
    "*": Repeat("*"),
    "* a": Repeat("*a "),
    "a*": Repeat(" a*"),
    "*a**b": Repeat("*a**b"),
    "**a *a": Repeat("**a *a "),
    "*a_ ": Repeat("*a_ "),
    "_a *b ": Repeat("_a *b "),
    "a**b c*": Repeat("a**b" + "c* "),
    "* and _": Halves("*a ", "_a "),
    "*_ closers": Halves("*_a", "a_*"),
    "~~": Repeat("~~a "),
    "~": Repeat("~a"),
    "~ and ~~": Repeat("~a ~~b"),
    "growing *": growing_runs("*"),
    "growing _": growing_runs("_", " x "),
    "growing ~": growing_runs("~"),
    "run of ~": Repeat("~"),
    "run of ~ after text": Repeat("~", "a\n\n"),
    "run of *": Repeat("*"),
    "run of `": Repeat("`"),
    # Code.
    "backtick runs": backtick_runs,
    "`": Repeat("`a"),
    "``a`": Repeat("``a` "),
    "`a``": Repeat("`a``b```"),
    "growing `": growing_runs("`"),
    "open fence": Repeat("line\n", "```\n"),
    "fences": Repeat("```\na\n```\n"),
    "open fences": Repeat("```a\n"),
    "~~~ and ```": Repeat("~~~\n```\n"),
    "indented code": Repeat("    code\n"),
    "indented code with blanks": Repeat("    code\n\n"),
    "fence info": Repeat("`", "~~~ ", "\n"),
    # HTML.
    "<": Repeat("<"),
    "<a ": Repeat("<a "),
    "<a b": Repeat("<a b=c d "),
    '<a b="': Repeat('<a b="'),
    "<a b='": Repeat("<a b='\n"),
    "<!-- ": Repeat("<!-- "),
    "<!--": Repeat("<!--"),
    "<!-- lines": Repeat("<!--\n"),
    "x <!-- ": Repeat("x <!-- "),
    "x <!-- -- >": Repeat("<!-- a -- >", "x "),
    "<?": Repeat("<?", "x "),
    "<!A ": Repeat("<!A ", "x "),
    "<![CDATA[": Repeat("<![CDATA[", "x "),
    "x </": Repeat("</", "x "),
    "x </a ": Repeat("</a ", "x "),
    "<x>": Repeat("<x>"),
    "<b>": Repeat("<b>"),
    "<b> closed": Halves("<b>", "</b>"),
    "<div> lines": Repeat("<div>\n\n"),
    "<details>": Repeat("<details>\n\n"),
    "<details> text": Repeat("<details>\n\ntext\n\n"),
    "<table>": Repeat("<table><tr><td>"),
    "<p>": Repeat("<p>a"),
    "</p>": Repeat("</p>"),
    "<li>": Repeat("<ul><li>"),
    "<a href>": Repeat("<a href='http://a.b'>"),
    "<i><b>": Repeat("<i><p><b>"),
    "<h1><a>": Repeat("<h1><i>"),
    "<img": Repeat('<img src="a" alt="b">'),
    "<pre": Repeat("<pre>\n"),
    "<script>": Repeat("<script>"),
    "x<a a=a": Repeat(" a=a", "x <a"),
    "<a spaces": Repeat(" ", "x <a"),
    # Autolinks and entities.
    "http://a.b/)))": Repeat(")", "http://a.b/"),
    "http://a.b/) each": Repeat("http://a.b/) "),
    "http://": Repeat("http://"),
    "http://a": Repeat("http://a"),
    "http:// in (": Repeat("(http://a.b"),
    "http://*": Repeat("*http://a_b"),
    "http://a;": Repeat(";", "http://a.b/"),
    "http://a&a;": Repeat("&a;", "http://a.b/"),
    "http://a&": Repeat("a", "http://a.b/&", ";"),
    "http://...": Repeat(".", "http://a.b/"),
    "http://<": Repeat("<", "http://a.b/"),
    "www.": Repeat("www."),
    "www.a": Repeat("www.a "),
    "*www.": Repeat("*www.a"),
    "w": Repeat("w"),
    "(www.a": Repeat("(www.a"),
    "a@": Repeat("a@"),
    "a@b": Repeat("a@b."),
    "a@b.c": Repeat("a@b.c "),
    "_a@": Repeat("_a@b"),
    "a.a.a@": Repeat("a.", tail="@b.c"),
    "mailto:": Repeat("mailto:"),
    "mailto:a": Repeat("*mailto:a"),
    "xmpp:": Repeat("*xmpp:a@b/"),
    ":": Repeat(":"),
    "@": Repeat("@"),
    "long then @": Halves("a", "@"),
    "<http:": Repeat("<http:"),
    "<a@b": Repeat("<a@b>"),
    "<aaa": Repeat("a", "<", ">"),
    "&": Repeat("&"),
    "&a": Repeat("&a"),
    "&amp;": Repeat("&amp;"),
    "&#": Repeat("&#"),
    "&#1;": Repeat("&#1;"),
    "&aaa": Repeat("a", "&"),
    "\\": Repeat("\\"),
    "\\\\n": Repeat("\\\n"),
    "!": Repeat("!"),
    # Math.
    "$": Repeat("$"),
    "$a ": Repeat("$a "),
    "$a": Repeat("$a"),
    "$$": Repeat("$$a "),
    "$$ lines": Repeat("$$\na\n"),
    "$$ open": Repeat("a\n", "$$\n"),
    "$$ lines each": Repeat("$$ a\n"),
    "$$a": Repeat("$$a\n\n"),
    "$\\": Repeat("$\\a "),
    "$1 ": Repeat("$1 and "),
    "\\(": Repeat("\\("),
    "\\( a": Repeat("\\(a "),
    "\\( \\)": Repeat("\\( \\)"),
    "\\[": Repeat("\\[a "),
    "\\[ lines": Repeat("\\[\n"),
    "\\[ a lines": Repeat("\\[a\n"),
    "\\[ and \\]": Halves("\\[ ", "\\] "),
    "\\( and \\)": Halves("\\( ", "\\) "),
    "macros": Repeat("\\alpha ", "$", "$"),
    "unknown macros": Numbered("\\m{n} ", "$$ "),
    # Blocks.
    ">": Repeat(">"),
    "> > ": Repeat("> "),
    "> lines": Repeat("> a\n"),
    "> nested lines": Repeat("> > > > > a\n"),
    "> deep lines": Repeat(">" * 60 + " a\n"),
    "lazy quote": Repeat("a\n", "> "),
    "deep lazy quote": Repeat("a\n", ">" * 60),
    "> and blank": Repeat("> a\n\n"),
    "- ": Repeat("- "),
    "- lines": Repeat("- a\n"),
    "1. lines": Repeat("1. a\n"),
    "- loose": Repeat("- a\n\n"),
    "- long item": Repeat("  a\n", "- "),
    "- item of paragraphs": Repeat("  a\n\n", "- "),
    "indented lists": indented_lists,
    "- in -": Repeat("- - - - - a\n"),
    "* a * b": Repeat("* a\n + b\n"),
    "- > - >": Repeat("- > "),
    "- deep": Repeat("- - - - - - - - - - - - - - - - - - - - - - - - - - - - - -\n"),
    "task list": Repeat("- [ ] a\n"),
    "=": Repeat("="),
    "setext": Repeat("a\n=\n"),
    "setext lazy": Repeat("a\n", tail="=\n"),
    "---": Repeat("---\n"),
    "- - -": Repeat("- ", tail="x"),
    "* * * ": Repeat("* * *\n"),
    "#": Repeat("#"),
    "# lines": Repeat("# a\n"),
    "# a ###": Repeat("#", "# a "),
    "# a   #": Repeat(" ", "# a", "#"),
    "tabs": Repeat("\t"),
    "tabs and lists": Repeat("-\t"),
    "spaces and letters": Repeat(" ", tail="x"),
    "trailing spaces": Repeat("a   \n"),
    "many spaces in a line": Repeat(" ", "a", "b"),
    "hard breaks": Repeat("a  \n"),
    "CR": Repeat("a\r"),
    "CRLF": Repeat("a\r\n"),
    "NUL": Repeat("\0"),
    "alerts": Repeat("> [!NOTE]\n> a\n\n"),
    "alerts in one quote": Repeat("> [!NOTE]\n"),
    # Tables.
    "table rows": Repeat("| 1 | 2 |\n", "| a | b |\n| - | - |\n"),
    "wide table": wide_table,
    "short rows": short_rows,
    "|": Repeat("|"),
    "| lines": Repeat("|\n"),
    "|-": Repeat("|-"),
    "a|b then -": Repeat("a|b\n-\n"),
    "tables": Repeat("a|b\n-|-\n"),
    "no rule": Repeat("a|b\n"),
    "-|- lines": Repeat("-|-\n"),
    "escaped pipes": Repeat("\\|", "|a|\n|-|\n|"),
    "- - |": Repeat("-:", "a|b\n"),
    # Footnotes.
    "[^": Repeat("[^"),
    "[^a]": Repeat("[^a]"),
    "[^a] known": Repeat("[^a]", "[^a]: x\n\n"),
    "[^a]: ": Repeat("[^a]: "),
    "[^a]: lines": Repeat("[^a]: b\n"),
    "[^n]: lines": Numbered("[^{n}]: b\n\n"),
    "[^n] and notes": Numbered("[^{n}] is\n\n[^{n}]: b\n\n"),
    "[^a long": Repeat("a", "[^"),
    "[^ in [^": Halves("[^a", "]"),
    # Whole documents.
    "many small blocks": Repeat("a\n\n"),
    "many headings": Repeat("# a\n\n"),
    "hidden characters": Repeat("\u200b\u202e"),
    "joiners": Repeat("\U0001f600\u200d"),
    "surrogates": Repeat("\ud800"),
    "private use": Repeat("\ue000\ue001"),
    "right to left": Repeat("\u05d0 "),
    "right to left lists": Repeat("- \u05d0\n"),
    "mermaid": Repeat("```mermaid\ngraph TD; A-->B\n```\n\n"),
    "one mermaid": Repeat("A-->B\n", "```mermaid\ngraph TD\n"),
}

QUICK: Mapping[str, Generator] = {
    name: MARKDOWN[name]
    for name in (
        *("[", "[a]: <", "one long label", "* a * b", "<!-- ", "http://a.b/)))", ":", "$$ open"),
        *(
            "run of ~",
            "- lines",
            "> lines",
            "short rows",
            "table rows",
            "many small blocks",
            "open fence",
        ),
    )
}
"""A few of them, for readers whose every text takes long."""

ANSI: Mapping[str, Generator] = {
    "CR": Repeat("a\r"),
    "CR CR": Repeat("\r"),
    "CR LF": Repeat("a\r\n"),
    "CR CR LF": Repeat("a\r\r\n"),
    "bar": Numbered("{n}%|####      |\r"),
    "no CR": Repeat("a", tail="\rb"),
    "ESC": Repeat("\x1b"),
    "ESC [": Repeat("\x1b["),
    "ESC [1;": Repeat("1;", "\x1b[", "m"),
    "ESC [0": Repeat("0", "\x1b["),
    "ESC [ 0": Repeat("\x1b[0 "),
    "ESC ]": Repeat("\x1b]a"),
    "ESC ] long": Repeat("a", "\x1b]"),
    "ESC ]8": Repeat("\x1b]8;;http://a.b\x07a\x1b]8;;\x07"),
    "ESC [31m": Repeat("\x1b[31ma"),
    "ESC [38;5": Repeat("\x1b[38;5;100ma"),
    "ESC [38;2": Repeat("\x1b[38;2;1;2;3ma"),
    "ESC [m only": Repeat("\x1b[m"),
    "ESC [2K": Repeat("\x1b[2Ka\r"),
    "ESC codes": Repeat("38;5;1;", "\x1b[", "ma"),
    "BS": Repeat("a\x08"),
    "marks": Repeat("⟨ESC"),
}

JSON: Mapping[str, Generator] = {
    "[": Repeat("["),
    "{": Repeat('{"a":'),
    "strings": lambda size: json.dumps(["a"] * (size // 5)),
    "one string": lambda size: json.dumps("a" * size),
    "escapes": lambda size: '"' + '\\"' * (size // 2) + '"',
    "open string": Repeat("\\n", '{"command": "'),
    "quotes": Repeat('"'),
    "keys": lambda size: json.dumps({f"k{n}": n for n in range(size // 14)}),
    "comments": Repeat("/*"),
    "line comments": Repeat("// a\n"),
    "slashes": Repeat("/"),
    "commas": Repeat(",", "["),
    "trailing commas": Repeat("[1,],", "["),
    "numbers": Repeat("1", "[", "]"),
    "space": Repeat(" ", "[", "]"),
    "backslashes": Repeat("\\", '"'),
    "comment in string": Repeat('"//",', "["),
}

REDACTION: Mapping[str, Generator] = {
    "pin": Repeat("pin "),
    "mnemonic": Repeat("mnemonic "),
    "mixed values": Repeat("token a1Bk2c3 "),
    "arguments": Repeat('connect("a1bk", '),
    "names in quotes": Repeat('"token", "'),
    "values in lines": Repeat("token\nx9kq2z7\n"),
    "random values": Repeat("aB3dE6gH9jKl1mN4pQ7 "),
    "values before names": Repeat("x9kq2 is my "),
    "fields of Kubernetes": Repeat('"kind":"Secret","data":{"a":"b",'),
    "token|": Repeat("token|"),
    "access keys": Repeat("AKIAABCDEFGHIJKLMNOP,"),
    "password=": Repeat("password="),
    "password": Repeat("password "),
    "-----BEGIN ": Repeat("-----BEGIN "),
    "-----BEGIN PRIVATE KEY-----": Repeat("-----BEGIN PRIVATE KEY-----"),
    "PEM body": Repeat("AAAA\n", "-----BEGIN PRIVATE KEY-----\n"),
    "://": Repeat("://"),
    "://a:": Repeat("://a:"),
    "://a long": Repeat("a", "http://"),
    "sk-": Repeat("sk-"),
    "eyJ": Repeat("eyJ"),
    "eyJ dots": Repeat("eyJhbGciOi."),
    '"api_key":': Repeat('"api_key":'),
    "api_key = '": Repeat("api_key = '"),
    "Authorization:": Repeat("Authorization: Bearer "),
    "xox": Repeat("xoxb-"),
    "A=": Repeat("A="),
    "A_": Repeat("A_"),
    "secret_": Repeat("secret_"),
    "escaped quotes": Repeat('\\"'),
    "<password>": Repeat("<password>"),
    "curl -u": Repeat("curl -u "),
    "machine": Repeat("machine a login b "),
    "yaml": Repeat("password:\n  "),
    "spaces after": Repeat(" ", "password="),
    "one quote": Repeat("a", 'password="'),
    "CSV": Numbered("user{n},pass{n}word\n", "user,password\n"),
    "CSV in JSON": Numbered("user{n},pass{n}word\\n", '{"a": "user,password\\n'),
    "header of CSV": Repeat("password,"),
    "Markdown": Numbered("| user{n} | pass{n}word |\n", "| user | password |\n|---|---|\n"),
    "headers of Markdown": Repeat("| user | password |\n"),
    "data frame": Numbered("{n}  user{n}  pass{n}word\n", "   user  password\n"),
    "wide headers": Repeat("user  password\n"),
    "wide names": Repeat("password  "),
    "rules": Repeat("+---+\n", "| user | password |\n"),
    "HTML": Numbered(
        "<tr><td>a{n}</td><td>pass{n}word</td></tr>", "<tr><th>user</th><th>password</th></tr>"
    ),
    "headers of HTML": Repeat("<tr><th>password</th>"),
    "cells of HTML": Repeat("<td>password</td>", "<tr>"),
    "open cells of HTML": Repeat("<td>password</td><td>"),
    "open objects": Repeat('"password": {'),
    "open calls": Repeat("login('a', "),
    "calls": Numbered("Client('a{n}', "),
    "keywords": Repeat("(key = '"),
    "state of Terraform": Repeat("random_password "),
    "blocks of Terraform": Repeat('variable "password" {'),
    "kinds of Kubernetes": Repeat("kind: Secret\ndata:\n"),
    "Kubernetes": Numbered("  a{n}: b\n", "kind: Secret\ndata:\n"),
    "data of Kubernetes": Repeat("data:\n  a: b\n", "kind: Secret\n"),
    "beside access keys": Repeat("AKIAABCDEFGHIJKLMNOP and secret "),
    "is": Repeat("password is "),
    "foreign": Repeat("\u5bc6\u7801\u662f"),
    "settings": Repeat("password=password\n"),
    "user and -p": Repeat(" -u a -p "),
    "WIFI:": Repeat("WIFI:P:"),
    "for": Repeat("password for "),
    "piped": Repeat("echo a | "),
}

FRONT_MATTER: Mapping[str, Generator] = {
    "blank lines": Repeat("\n"),
    "blank lines in a block": Repeat("\n", "---\n", "---\n"),
    "fences": Repeat("---\n"),
    "open block": Repeat("a: b\n", "---\n"),
    "block": Repeat("a: b\n", "---\n", "---\ntext\n"),
    "keys": Numbered("k{n}: b\n", "---\n"),
    "one long key": Repeat("a", "---\n", ": b\n---\n"),
    "flow": Repeat("[", "---\na: ", "\n---\n"),
    "flow maps": Repeat("{a: ", "---\na: ", "\n---\n"),
    "anchors": Numbered("a{n}: &x{n} [*x0]\n", "---\nz: &x0 1\n"),
    "quotes": Repeat("'", "---\na: ", "\n---\n"),
    "indented": Repeat("  - a\n", "---\nallowed-tools:\n", "---\n"),
    "spaces": Repeat(" ", "---\na:", "\n---\n"),
    "inline commands": Repeat("!`a` "),
    "open commands": Repeat("!`"),
    "at files": Repeat("@a "),
}

LINES: Mapping[str, Generator] = {
    "same": Repeat("a\n"),
    "different": Numbered("line {n}\n"),
    "two kinds": Repeat("a\nb\n"),
    "blank": Repeat("\n"),
    "one line": Repeat("a b "),
    "long lines": Repeat("ab " * 90 + "\n"),
}
