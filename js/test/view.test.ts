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

describe("footer", () => {
  it("shows the figures of the turn", () => {
    const facts = { input_tokens: 12_345, output_tokens: 950, turn_cost_usd: 0.0123, session_cost_usd: 0.34 };
    show({ op: "footer", footer: footer({ ...facts, state: "done", elapsed_ms: 12_000, context_used: 0.9 }) });
    const shown = one(".cnv-footer").textContent;
    for (const fact of ["Done", "12.0 s", "claude-sonnet", "12.3k → 950 tokens", "$0.0123 · $0.3400 in all", "90% of context"]) {
      expect(shown).toContain(fact);
    }
    expect(one('[role="meter"]').getAttribute("aria-valuenow")).toBe("90");
    expect(one(".cnv-stop").hidden).toBe(true);
  });

  it("leaves out unknown values", () => {
    show({ op: "footer", footer: footer({ model: "" }) });
    const facts = all(".cnv-fact").filter((fact) => !fact.hidden);
    expect(facts.map((fact) => fact.textContent).join("")).toBe("0 s");
  });

  it("stops once, by button or Escape", () => {
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

  it("shows a badge for a recorded turn only", () => {
    show({ op: "footer", footer: footer({ note: "background turn 1 · recorded" }) });
    expect(one(".cnv-note").textContent).toBe("background turn 1 · recorded");
    expect(one(".cnv-badge").textContent).toBe("recorded");
    show({ op: "footer", footer: footer({ note: "it was recorded" }) });
    expect(all(".cnv-badge")).toEqual([]);
  });

  it("handles Escape only while the turn can be stopped", () => {
    show({ op: "footer", footer: footer({ can_stop: false }) });
    const press = (): boolean =>
      stage.view.node.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    expect(press()).toBe(true);
    show({ op: "footer", footer: footer({}) });
    expect(press()).toBe(false);
    expect(stage.stops).toBe(1);
  });

  it("runs a clock during the turn and leaves no timer", () => {
    show({ op: "footer", footer: footer({}) });
    vi.advanceTimersByTime(5000);
    expect(one('.cnv-footer [role="timer"]').textContent).toBe("5 s");
    show({ op: "footer", footer: footer({ state: "done", elapsed_ms: 5100 }) });
    vi.advanceTimersByTime(10_000);
    expect(one('.cnv-footer [role="timer"]').textContent).toBe("5.1 s");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("shows that the kernel is gone", () => {
    show({ op: "footer", footer: footer({}) });
    stage.view.lost();
    expect(one(".cnv-state").textContent).toBe("Kernel gone");
    expect(one(".cnv-stop").hidden).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("LiveRegion", () => {
  const said = (): string => stage.said();
  const running: Op = { op: "footer", footer: footer({}) };
  const step = (id: string, state: "running" | "done"): Op => {
    return { op: "panel", panel: tool({ id, title: `Step ${id}`, state }) };
  };

  it("announces steps and the end one line at a time", () => {
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

  it("announces neither the streaming answer nor earlier content", () => {
    expect(one('[role="status"]').closest('[role="article"]')).toBeNull();
    expect(all("[aria-live]")).toHaveLength(1);
    show(...SAMPLE);
    stage.view.dispose();
    stage.open();
    expect(said()).toBe("");
  });

  it("accepts every panel (axe)", async () => {
    vi.useRealTimers();
    show(...SAMPLE);
    const results = await axe.run(stage.view.node, {
      // jsdom has no layout, and the fragment has no surrounding page.
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(results.violations.map((found) => `${found.id}: ${found.nodes[0]?.html ?? ""}`)).toEqual([]);
    expect(results.passes.length).toBeGreaterThan(10);
  });
});

it("TurnView shows the same in a second view that opens later", () => {
  show(...SAMPLE);
  const first = one(".cnv-turn").textContent;
  stage.view.dispose();
  stage.open();
  expect(one(".cnv-turn").textContent).toBe(first);
});

describe("long answer", () => {
  const blocks = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, n) => `<p>block ${String(from + n)}</p>`);

  it("is split into chunks and groups without replacing nodes", () => {
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

  it("keeps continued code in one chunk", () => {
    const more = `<div class="highlight cn-code cn-more"><pre><code>x\n</code></pre></div>`;
    show(text("long"), say("long", 0, [...blocks(0, 39), code("python", "x\n"), more, more, "<p>after</p>"]));
    expect(all(".cnv-chunk").map((chunk) => chunk.childElementCount)).toEqual([42, 1]);
  });
});

it("TurnView marks the output that contains it", () => {
  const output = document.createElement("div");
  output.className = "jp-OutputArea-child";
  document.body.append(output);
  output.append(stage.view.node);
  show(text("a"), say("a", 0, ["<p>hello</p>"]));
  expect(output.classList.contains("cnv-live")).toBe(true);
  stage.view.dispose();
  expect(output.className).toBe("jp-OutputArea-child");
});
