import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Op } from "../src/model";
import { code, footer, part, say, STARTED, text, tool } from "./sample";
import { Stage } from "./stage";

let stage: Stage;
const show = (...ops: Op[]): void => {
  stage.show(...ops);
};
const all = (selector: string): HTMLElement[] => stage.all(selector);
const one = (selector: string): HTMLElement => stage.one(selector);

beforeEach(() => {
  stage = new Stage();
});
afterEach(() => {
  stage.close();
});

describe("text panel", () => {
  it("never replaces a finished block", () => {
    show(text("t"), say("t", 0, ["<p>one</p>", "<ul><li>two</li></ul>"], "<p>thr</p>"));
    const before = all(".cnv-block");
    const inside = before.map((block) => block.firstChild);
    show(say("t", 2, ["<p>three</p>"], "<h2>fo</h2>"), text("t"));
    show(say("t", 0, ["<p>ONE</p>"], "<h2>four</h2>"));
    const after = all(".cnv-block");
    expect(after).toHaveLength(4);
    expect(after.slice(0, 3)).toEqual(before);
    expect(after[0]).toBe(before[0]);
    expect(after.slice(0, 2).map((block) => block.firstChild)).toEqual(inside.slice(0, 2));
    expect(after[0]?.textContent).toBe("one");
  });

  it("finishes the open block in place, keeping its node and text", () => {
    show(text("t"), say("t", 0, [], "<p>Hello wor</p>"));
    const words = one(".cnv-open p").firstChild;
    show(say("t", 0, ["<p>Hello world.</p>"], ""));
    expect(one(".cnv-block p").firstChild).toBe(words);
    expect(words?.textContent).toBe("Hello world.");
    expect(all(".cnv-open")).toHaveLength(0);
  });

  it("draws the changes of a frame once", () => {
    stage.hear(text("t"), say("t", 0, [], "<p>a</p>"));
    stage.hear(say("t", 0, ["<p>ab</p>"], "<p>c</p>"));
    stage.hear(say("t", 1, ["<p>cd</p>"], ""));
    expect(stage.frames).toHaveLength(1);
    expect(all(".cnv-block")).toHaveLength(0);
    stage.paint();
    expect(all(".cnv-block").map((block) => block.textContent)).toEqual(["ab", "cd"]);
  });

  it("adds buttons to finished code only", () => {
    show(text("t"), say("t", 0, [], code("python", "x = 1")));
    expect(all("button.cnv-tool")).toHaveLength(0);
    const pre = one("pre");
    show(say("t", 0, [code("python", "x = 1")]));
    expect(one("pre")).toBe(pre);
    expect(all("button.cnv-tool").map((button) => button.getAttribute("aria-label"))).toEqual([
      "Wrap lines: python",
      "Copy: python",
    ]);
  });

  it("copies a long code block whole, although it arrives in pieces", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: (t: string) => Promise.resolve(copied.push(t)) } });
    const more = '<div class="highlight cn-code cn-more"><pre><code>c\nd\n</code></pre></div>';
    show(text("t"), say("t", 0, [code("python", "a\nb\n"), more, "<p>done</p>"]));
    one('[data-cnv="copy"]').click();
    await vi.advanceTimersByTimeAsync(1);
    expect(copied).toEqual(["a\nb\nc\nd"]);
    one('[data-cnv="wrap"]').click();
    expect(all(".cnv-wrapped")).toHaveLength(2);
    vi.unstubAllGlobals();
  });

  it("typesets formulas, including those drawn before the library loaded", async () => {
    const math = '<p><span class="cn-math">\\(x^2\\)</span></p>';
    show(text("t"), say("t", 0, [math]));
    await vi.advanceTimersByTimeAsync(1);
    expect(all("math msup")).toHaveLength(1);
    show(say("t", 1, [], math));
    expect(all(".cnv-open math msup")).toHaveLength(1);
  });
});

describe("tool panel", () => {
  it("updates in place and keeps a fold that the reader opened", () => {
    show({ op: "panel", panel: tool({ id: "b", input: [part({ html: "<pre>ls</pre>", type: "code" })] }) });
    const node = one(".cnv-card");
    const fold = one("details") as HTMLDetailsElement;
    expect(fold.open).toBe(false);
    expect(all(".cnv-part")).toHaveLength(0);
    one("summary").click();
    fold.open = true;
    fold.dispatchEvent(new Event("toggle"));
    const input = one(".cnv-part");
    show({
      op: "panel",
      panel: tool({
        id: "b",
        state: "done",
        elapsed_ms: 1500,
        input: [part({ html: "<pre>ls</pre>", type: "code" })],
        result: [part({ html: "<pre>a.txt</pre>", type: "output" })],
      }),
    });
    expect(one(".cnv-card")).toBe(node);
    expect(fold.open).toBe(true);
    expect(all(".cnv-part")[0]).toBe(input);
    expect(one(".cnv-card .cnv-state").textContent).toBe("Done");
    expect(one(".cnv-time").textContent).toBe("1.5 s");
  });

  it.each([
    ["running", "Running"],
    ["waiting", "Waiting for you"],
    ["done", "Done"],
    ["error", "Failed"],
    ["denied", "Denied"],
    ["stopped", "Stopped"],
  ] as const)("shows %s in words, not only by color", (state, word) => {
    show({ op: "panel", panel: tool({ state }) });
    expect(one(".cnv-card .cnv-state").textContent).toBe(word);
    expect(one(".cnv-card").dataset["state"]).toBe(state);
    expect(one(".cnv-card .cnv-state").querySelector("svg, .cnv-spinner")).not.toBeNull();
  });

  it("counts running seconds on the kernel's clock", () => {
    vi.setSystemTime(STARTED + 60_000); // this page's clock is a minute ahead
    stage.clock.learn(footer({ elapsed_ms: 0 }));
    show({ op: "footer", footer: footer({}) }, { op: "panel", panel: tool({}) });
    expect(one(".cnv-card .cnv-time").textContent).toBe("");
    vi.advanceTimersByTime(3000);
    expect(one(".cnv-card .cnv-time").textContent).toBe("3 s");
    show({ op: "panel", panel: tool({ state: "done", elapsed_ms: 3200 }) });
    vi.advanceTimersByTime(3000);
    expect(one(".cnv-card .cnv-time").textContent).toBe("3.2 s");
  });

  it("clips a long result and shows it all on demand", () => {
    const lines = "x\n".repeat(50);
    const result = [part({ type: "output", html: `<pre>${lines}</pre>`, lines: 50 })];
    show({ op: "panel", panel: tool({ open: true, state: "done", result }) });
    const more = one(".cnv-more");
    expect(more.textContent).toBe("Show all 50 lines");
    expect(all(".cnv-clipped")).toHaveLength(1);
    more.click();
    expect(all(".cnv-clipped")).toHaveLength(0);
    expect(more.getAttribute("aria-expanded")).toBe("true");
    more.click();
    expect(all(".cnv-clipped")).toHaveLength(1);
  });

  it("contains the panels of its sub-agent and drops them with it", () => {
    show(
      { op: "panel", panel: tool({ id: "agent", open: true }) },
      { op: "panel", panel: tool({ id: "inner", parent: "agent" }) },
      text("said", { parent: "inner" }),
      say("said", 0, ["<p>deep</p>"]),
    );
    expect(one(".cnv-children .cnv-children").textContent).toBe("deep");
    show({ op: "drop", ids: ["agent"] });
    expect(all(".cnv-panel")).toHaveLength(0);
  });

  it("draws no parts while folded", () => {
    const result = [part({ type: "output", html: "<pre>x</pre>" })];
    show(
      ...Array.from({ length: 1000 }, (_, i): Op => {
        return { op: "panel", panel: tool({ id: `t${i}`, state: "done", result }) };
      }),
    );
    expect(all(".cnv-card")).toHaveLength(1000);
    expect(all(".cnv-part")).toHaveLength(0);
  });
});

describe("other panels", () => {
  it("puts plain strings on the page as text", () => {
    const evil = '<img src=x onerror="globalThis.ran = true">';
    show(
      { op: "panel", panel: tool({ id: "a", title: evil, tool: evil, icon: evil, open: true, input: [part({ label: evil, note: evil })] }) },
      { op: "panel", panel: { id: "b", kind: "todo", parent: null, title: evil, items: [{ text: evil, state: "pending" }] } },
      { op: "panel", panel: { id: "c", kind: "notice", parent: null, level: "info", text: evil, until_ms: null, detail: [] } },
      { op: "panel", panel: { id: "d", kind: "error", parent: null, title: evil, text: evil, advice: evil, detail: [] } },
      { op: "panel", panel: { id: "e", kind: "unknown", parent: null, title: evil, detail: [] } },
      { op: "panel", panel: { id: "f", kind: "prompt", parent: null, text: evil, detail: [] } },
      { op: "panel", panel: { id: "g", kind: "thinking", parent: null, blocks: [], tail: "", open: false, summary: evil } },
      { op: "footer", footer: footer({ model: evil, note: evil }) },
    );
    expect(all("img")).toHaveLength(0);
    expect(stage.view.node.textContent.split(evil).length).toBeGreaterThan(11);
  });

  it("shows the end of growing thinking, then folds it", () => {
    const panel = { id: "th", kind: "thinking", parent: null, blocks: [], tail: "", open: true } as const;
    show({ op: "panel", panel: { ...panel, summary: "" } }, say("th", 0, ["<p>First.</p>"], "<p>And th</p>"));
    expect(one(".cnv-title").textContent).toBe("Thinking…");
    expect(one(".cnv-peek").textContent).toBe("First.And th");
    expect((one("details") as HTMLDetailsElement).open).toBe(false);
    show({ op: "panel", panel: { ...panel, open: false, summary: "Thought for 3 s" } }, say("th", 1, ["<p>And then.</p>"]));
    expect(one(".cnv-title").textContent).toBe("Thought for 3 s");
    expect(one(".cnv-peek").textContent).toBe("");
  });

  it("updates a checklist line by line", () => {
    const panel = { id: "todo", kind: "todo", parent: null, title: "" } as const;
    const items = [{ text: "a", state: "completed" }, { text: "b", state: "pending" }] as const;
    show({ op: "panel", panel: { ...panel, items } });
    const before = all("li");
    expect(before.map((line) => line.textContent)).toEqual(["done: a", "to do: b"]);
    show({ op: "panel", panel: { ...panel, items: [items[0], { text: "b", state: "in_progress" }] } });
    const after = all("li");
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.textContent).toBe("in progress: b");
    expect(one(".cnv-title").textContent).toBe("Tasks: 1 of 2 done");
  });

  it("counts down to a retry", () => {
    const panel = { id: "n", kind: "notice", parent: null, level: "retry", text: "Overloaded", detail: [] } as const;
    show({ op: "footer", footer: footer({}) }, { op: "panel", panel: { ...panel, until_ms: STARTED + 3000 } });
    expect(one(".cnv-notice .cnv-time").textContent).toBe("in 3 s");
    vi.advanceTimersByTime(2000);
    expect(one(".cnv-notice .cnv-time").textContent).toBe("in 1 s");
    vi.advanceTimersByTime(2000);
    expect(one(".cnv-notice .cnv-time").textContent).toBe("");
  });

  it("draws unknown kinds", () => {
    const panel = { id: "x", kind: "hologram", parent: null, title: "A new thing", depth: 3 };
    show({ op: "panel", panel: panel as never });
    expect(one(".cnv-unknown").textContent).toBe("A new thing");
  });
});
