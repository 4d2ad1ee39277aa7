import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Op } from "../src/model";
import { code, footer, SAMPLE, say, text, tool } from "./sample";
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

describe("the footer", () => {
  it("shows the turn in numbers", () => {
    const facts = { input_tokens: 12_345, output_tokens: 950, turn_cost_usd: 0.0123, session_cost_usd: 0.34 };
    show({ op: "footer", footer: footer({ ...facts, state: "done", elapsed_ms: 12_000, context_used: 0.9 }) });
    const shown = one(".cnv-footer").textContent;
    for (const fact of ["Done", "12 s", "claude-sonnet", "12.3k in, 950 out", "$0.0123", "$0.34", "90 %"]) {
      expect(shown).toContain(fact);
    }
    expect(one('[role="meter"]').getAttribute("aria-valuenow")).toBe("90");
    expect(one(".cnv-stop").hidden).toBe(true);
  });

  it("leaves out what is not known", () => {
    show({ op: "footer", footer: footer({ model: "" }) });
    const facts = all(".cnv-fact").filter((fact) => !fact.hidden);
    expect(facts.map((fact) => fact.textContent).join("")).toBe("0 s");
  });

  it("stops by its button and by Escape, once", () => {
    show({ op: "footer", footer: footer({}) });
    const button = one(".cnv-stop") as HTMLButtonElement;
    button.click();
    expect(stage.stops).toBe(1);
    stage.view.stopping();
    expect(one(".cnv-state").textContent).toBe("Stopping…");
    expect(button.disabled).toBe(true);
    button.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(stage.stops).toBe(1);
    show({ op: "footer", footer: footer({ state: "stopped", elapsed_ms: 1000 }) });
    expect(one(".cnv-state").textContent).toBe("Stopped");
  });

  it("has a badge for what is played, and none for other notes", () => {
    show({ op: "footer", footer: footer({ note: "background turn 1 · recorded" }) });
    expect(one(".cnv-note").textContent).toBe("background turn 1 · recorded");
    expect(one(".cnv-badge").textContent).toBe("recorded");
    show({ op: "footer", footer: footer({ note: "it was recorded" }) });
    expect(all(".cnv-badge")).toEqual([]);
  });

  it("hears Escape inside the view only while a turn can be stopped", () => {
    show({ op: "footer", footer: footer({ can_stop: false }) });
    const press = (): boolean =>
      stage.view.node.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    expect(press()).toBe(true);
    show({ op: "footer", footer: footer({}) });
    expect(press()).toBe(false);
    expect(stage.stops).toBe(1);
  });

  it("runs its clock while the turn runs, and leaves no timer behind", () => {
    show({ op: "footer", footer: footer({}) });
    vi.advanceTimersByTime(5000);
    expect(one('.cnv-footer [role="timer"]').textContent).toBe("5 s");
    show({ op: "footer", footer: footer({ state: "done", elapsed_ms: 5100 }) });
    vi.advanceTimersByTime(10_000);
    expect(one('.cnv-footer [role="timer"]').textContent).toBe("5.1 s");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says so when the kernel is gone", () => {
    show({ op: "footer", footer: footer({}) });
    stage.view.lost();
    expect(one(".cnv-state").textContent).toBe("Kernel gone");
    expect(one(".cnv-stop").hidden).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the end", () => {
  it("keeps what was drawn live", () => {
    show(text("t"), say("t", 0, ["<p>live</p>"]));
    const block = one(".cnv-block");
    show({ op: "end", html: "<p>static</p>" });
    expect(one(".cnv-block")).toBe(block);
    expect(stage.view.node.textContent).not.toContain("static");
  });

  it("shows the static form on a page that never saw the turn", () => {
    show({ op: "footer", footer: footer({ state: "done" }) }, { op: "end", html: '<p>static <img src="https://e.org/x.png"></p>' });
    expect(one(".cnv-panels").textContent).toContain("static");
    expect(all("img")).toHaveLength(0);
  });
});

describe("for a screen reader", () => {
  const said = (): string => stage.said();
  const running: Op = { op: "footer", footer: footer({}) };
  const step = (id: string, state: "running" | "done"): Op => {
    return { op: "panel", panel: tool({ id, title: `Step ${id}`, state }) };
  };

  it("says steps and the end, a line at a time", () => {
    show(running, step("1", "running"));
    expect(said()).toBe("");
    show(step("1", "done"));
    expect(said()).toBe("Done: Step 1");
    show(step("2", "running"), step("3", "running"));
    show(step("2", "done"), step("3", "done"));
    expect(said()).toBe("Done: Step 1");
    vi.advanceTimersByTime(2500);
    expect(said()).toBe("Done: Step 3 (and 1 more)");
    show({ op: "footer", footer: footer({ state: "done" }) });
    vi.advanceTimersByTime(2500);
    expect(said()).toBe("Answer complete");
  });

  it("does not read the answer out while it streams, nor what was there before", () => {
    expect(one('[role="status"]').closest('[role="article"]')).toBeNull();
    expect(all("[aria-live]")).toHaveLength(1);
    show(...SAMPLE);
    stage.view.dispose();
    stage.open();
    expect(said()).toBe("");
  });

  it("finds no fault with any panel (axe)", async () => {
    vi.useRealTimers();
    show(...SAMPLE);
    const results = await axe.run(stage.view.node, {
      // jsdom has no layout, and a fragment has no page around it.
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(results.violations.map((found) => `${found.id}: ${found.nodes[0]?.html ?? ""}`)).toEqual([]);
    expect(results.passes.length).toBeGreaterThan(10);
  });
});

it("shows the same in a second view that opens later", () => {
  show(...SAMPLE);
  const first = one(".cnv-turn").textContent;
  stage.view.dispose();
  stage.open();
  expect(one(".cnv-turn").textContent).toBe(first);
});

describe("a long answer", () => {
  const blocks = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, n) => `<p>block ${String(from + n)}</p>`);

  it("stands in chunks and groups; the full ones may be skipped, and no node is replaced", () => {
    show(text("long"), say("long", 0, blocks(0, 700)));
    const [first] = all(".cnv-block");
    expect(all(".cnv-group").map((group) => group.classList.contains("cnv-full"))).toEqual([true, false]);
    expect(all(".cnv-group:first-child > .cnv-chunk").length).toBe(16);
    show(say("long", 700, blocks(700, 1300)));
    expect(all(".cnv-group").map((group) => group.childElementCount)).toEqual([16, 16, 1]);
    expect(all(".cnv-chunk:not(.cnv-full)").length).toBe(1);
    expect(all(".cnv-block").map((block) => block.textContent)).toEqual(
      Array.from({ length: 1300 }, (_, n) => `block ${String(n)}`),
    );
    expect(all(".cnv-block")[0]).toBe(first);
  });

  it("keeps code that goes on in one chunk, however long it is", () => {
    const more = `<div class="highlight cn-code cn-more"><pre><code>x\n</code></pre></div>`;
    show(text("long"), say("long", 0, [...blocks(0, 39), code("python", "x\n"), more, more, "<p>after</p>"]));
    expect(all(".cnv-chunk").map((chunk) => chunk.childElementCount)).toEqual([42, 1]);
  });
});

it("marks the output in which it is alive, for what stands below it", () => {
  const output = document.createElement("div");
  output.className = "jp-OutputArea-child";
  document.body.append(output);
  output.append(stage.view.node);
  show(text("a"), say("a", 0, ["<p>hello</p>"]));
  expect(output.classList.contains("cnv-live")).toBe(true);
  stage.view.dispose();
  expect(output.className).toBe("jp-OutputArea-child");
});
