/** One turn with a panel of every kind, as a kernel would send it. */

import type { Choice, Footer, Op, Part, ToolPanel } from "../src/model";

/** Defaults of a question's optional fields. */
export const OPEN = {
  about: "",
  value: "",
  required: true,
  own_words: true,
  number: false,
  secret: false,
  links: [],
};

/** First message of a page. */
export const READY = { type: "ready", dark: false, mermaid: false } as const;

export const STARTED = 1_700_000_000_000;

export function part(over: Partial<Part>): Part {
  return { type: "text", html: "", label: "", lines: 1, note: "", more: "", ...over };
}

export function tool(over: Partial<ToolPanel>): ToolPanel {
  return {
    id: "tool",
    kind: "tool",
    parent: null,
    tool: "Bash",
    icon: "terminal",
    title: "Ran ls",
    state: "running",
    started_ms: STARTED,
    elapsed_ms: null,
    input: [],
    result: [],
    open: false,
    ...over,
  };
}

export function footer(over: Partial<Footer>): Footer {
  return {
    model: "claude-sonnet",
    state: "running",
    started_ms: STARTED,
    elapsed_ms: null,
    input_tokens: 0,
    output_tokens: 0,
    turn_cost_usd: null,
    session_cost_usd: null,
    context_used: null,
    can_stop: true,
    note: "",
    mode: "",
    can_say: false,
    waiting: 0,
    rewind: "",
    can_bypass: false,
    ...over,
  };
}

export function text(id: string, over: { open?: boolean; parent?: string } = {}): Op {
  const panel = { id, kind: "text", parent: null, blocks: [], tail: "", open: true, ...over } as const;
  return { op: "panel", panel };
}

export function say(id: string, start: number, blocks: string[], tail = ""): Op {
  return { op: "text", id, start, blocks, tail };
}

export function code(language: string, source: string): string {
  return (
    `<div class="highlight cn-code"><div class="cn-label">${language}</div>` +
    `<pre><code>${source}</code></pre></div>\n`
  );
}

const PYTHON = code(
  "python",
  '<span class="kn">import</span> <span class="nn">pandas</span> <span class="k">as</span> <span class="n">pd</span>\n\n' +
    '<span class="k">def</span> <span class="nf">load</span><span class="p">(</span><span class="n">path</span><span class="p">):</span>\n' +
    '    <span class="sd">"""Read the file; dates become dates."""</span>\n' +
    '    <span class="k">return</span> <span class="n">pd</span><span class="o">.</span><span class="n">read_csv</span>(<span class="n">path</span>, parse_dates<span class="o">=</span>[<span class="s2">"day"</span>])  <span class="c1"># 1,204 rows</span>\n',
);

const TABLE =
  '<div class="cn-wrap"><table class="cn-table"><thead><tr><th>Column</th><th align="right">Missing</th>' +
  '<th>Remark</th></tr></thead><tbody><tr><td><code>day</code></td><td align="right">0</td><td>two formats</td></tr>' +
  '<tr><td><code>price</code></td><td align="right">17</td><td>one value is −3</td></tr></tbody></table></div>';

const DIFF =
  '<div class="highlight cn-code cn-diff"><pre><code><span class="cn-hunk">@@ -3,2 +3,3 @@</span>\n' +
  '<span class="cn-del">-    return pd.read_csv(path)</span>\n' +
  '<span class="cn-ins">+    frame = pd.read_csv(path)</span>\n' +
  '<span class="cn-ins">+    return frame[frame.price &gt; 0]</span>\n</code></pre></div>';

const OUTPUT =
  '<pre class="cn-output cn-ansi"><span class="cn-fg2 cn-bold">PASSED</span> test_load.py::test_dates\n' +
  '<span class="cn-fg1">FAILED</span> test_load.py::test_price - <span class="cn-fg3">assert -3 &gt; 0</span>\n' +
  Array.from({ length: 40 }, (_, i) => `line ${i + 1} of what the command printed\n`).join("") +
  "</pre>";

export const CHOICES: readonly Choice[] = [
  { key: "yes", label: "Allow", scope: "", shortcut: "y", note: false, look: "primary" },
  { key: "always", label: "Always", scope: "every `git push`", shortcut: "a", note: false, look: "plain" },
  { key: "no", label: "Deny…", scope: "", shortcut: "n", note: true, look: "danger" },
];

const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export const SAMPLE: readonly Op[] = [
  { op: "footer", footer: footer({}) },
  {
    op: "panel",
    panel: { id: "n1", kind: "notice", parent: null, level: "resumed", text: "Resumed the conversation of this notebook", until_ms: null, detail: [] },
  },
  {
    op: "panel",
    panel: { id: "th", kind: "thinking", parent: null, blocks: [], tail: "", open: false, summary: "Thought for 3 s" },
  },
  say("th", 0, ["<p>The dates look mixed. I should read the file before I say anything about it.</p>"]),
  text("t1"),
  say("t1", 0, [
    "<h2>What is odd about <code>data.csv</code></h2>",
    "<p>The file has 1,204 rows. Three things stand out; the <a href='https://example.org/iso8601'>date formats</a> matter most.</p>",
    "<ul><li>Dates come in <strong>two formats</strong>.</li><li>One price is negative.</li><li>17 prices are missing.</li></ul>",
    TABLE,
    PYTHON,
    '<p>The spread is <span class="cn-math mathjax_process">\\(\\sigma = \\sqrt{\\frac{1}{n}\\sum_i (x_i - \\mu)^2}\\)</span>, at a cost of $5.</p>',
    '<div class="cn-alert cn-alert-warning"><p class="cn-alert-title">⚠ Warning</p><p>Negative prices break the log scale.</p></div>',
  ]),
  { op: "panel", panel: tool({ id: "r", tool: "Read", icon: "read", title: "Read data.csv, lines 1 to 40", state: "done", elapsed_ms: 120, result: [part({ type: "code", html: PYTHON, label: "load.py", lines: 5 })] }) },
  { op: "panel", panel: tool({ id: "e", tool: "Edit", icon: "edit", title: "Edited load.py, +2 −1", state: "done", elapsed_ms: 1800, open: true, input: [part({ type: "diff", html: DIFF, label: "load.py", lines: 4 })] }) },
  { op: "panel", panel: tool({ id: "b", title: "Ran pytest -q", state: "error", elapsed_ms: 4200, open: true, input: [part({ type: "code", html: code("bash", "pytest -q"), lines: 1 })], result: [part({ type: "output", html: OUTPUT, lines: 42, note: "exit code 1" })] }) },
  { op: "panel", panel: tool({ id: "d", tool: "WebFetch", icon: "web", title: "Fetch example.org", state: "denied" }) },
  { op: "panel", panel: tool({ id: "a", tool: "Task", icon: "agent", title: "Agent: look for other files with negative prices", open: true }) },
  { op: "panel", panel: { id: "ap", kind: "prompt", parent: "a", text: "Find CSV files with negative prices.", detail: [] } },
  { op: "panel", panel: tool({ id: "ag", parent: "a", tool: "Grep", icon: "search", title: "Searched for “,-” in *.csv: 2 matches", state: "done", elapsed_ms: 90 }) },
  text("at", { parent: "a" }),
  say("at", 0, ["<p>Two more files: <code>old.csv</code> and <code>2023.csv</code>.</p>"], "<p>Now I comp</p>"),
  {
    op: "panel",
    panel: {
      id: "todo",
      kind: "todo",
      parent: null,
      title: "To do",
      items: [
        { text: "Read the file", state: "completed" },
        { text: "Mend the dates", state: "in_progress" },
        { text: "Run the tests", state: "pending" },
      ],
    },
  },
  {
    op: "panel",
    panel: { id: "im", kind: "image", parent: null, title: "A picture", detail: [part({ type: "image", html: `<img src="${PIXEL}" alt="A dot" width="120" height="40">` })] },
  },
  {
    op: "panel",
    panel: { id: "re", kind: "notice", parent: null, level: "retry", text: "The service is overloaded. Trying again (2 of 10)", until_ms: STARTED + 15_000, detail: [] },
  },
  {
    op: "panel",
    panel: {
      id: "er",
      kind: "error",
      parent: null,
      title: "Not signed in",
      text: "The CLI has neither a login nor an API key.",
      advice: "Run `claude-auth login` in a terminal, then run the cell again.",
      detail: [part({ type: "output", html: "<pre>401 authentication_error</pre>" })],
    },
  },
  {
    op: "panel",
    panel: {
      id: "ask",
      kind: "ask",
      parent: null,
      tool: "Bash",
      icon: "terminal",
      title: "May Claude run a command?",
      reason: "`git push` is not on the list of allowed commands.",
      detail: [part({ type: "code", html: code("bash", "git push origin main"), lines: 1 })],
      fields: [{ name: "command", label: "Command", value: "git push origin main", lines: 1 }],
      choices: CHOICES,
      state: "open",
      decision: "",
    },
  },
  {
    op: "panel",
    panel: {
      id: "form",
      kind: "form",
      parent: null,
      title: "Which currency?",
      can_decline: false,
    send: "Send answers",
    cancel: "Don’t answer",
      note: "",
      questions: [
        {
          ...OPEN,
          text: "Which currency are the prices in?",
          header: "Currency",
          options: [
            { label: "Euro", description: "as most rows" },
            { label: "Dollar", description: "" },
          ],
          multiple: false,
        },
        { ...OPEN, text: "What to keep?", header: "Keep", options: [{ label: "Dates", description: "" }], multiple: true },
      ],
      state: "open",
      decision: "",
    },
  },
  { op: "panel", panel: { id: "un", kind: "unknown", parent: null, title: "hologram", detail: [] } },
  text("t2"),
  say("t2", 0, [], "<p>I will now mend the da</p>"),
  {
    op: "footer",
    footer: footer({ input_tokens: 12_345, output_tokens: 1280, turn_cost_usd: 0.0123, session_cost_usd: 0.34, context_used: 0.34, mode: "default", can_say: true, waiting: 2 }),
  },
];
