import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { MathTypesetter } from "../src/html/math";
import { TruncatedContent } from "../src/panels/truncation";
import { placeOf } from "../src/scroll/anchor";
import { completeSavedForm } from "../src/saved/handover";
import { Store } from "../src/state/store";

const MARK = "cn-turn-1";
const STYLES = "style";

function context(): Parameters<typeof completeSavedForm>[2] {
  const math = new MathTypesetter(
    () => Promise.reject(new Error("there is none")),
    () => undefined,
  );
  return { rest: new TruncatedContent(() => undefined), math, watch: () => undefined };
}

function savedForm(blocks: number): HTMLElement {
  const form = document.createElement("div");
  form.className = `cn-prose ${MARK}`;
  form.innerHTML = `<div>${"<p>said</p>".repeat(blocks)}</div>`;
  return form;
}

describe("completeSavedForm", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    document.body.replaceChildren();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const styles = (): number => document.head.querySelectorAll(STYLES).length;

  it("lays out the form in steps and removes the temporary style", async () => {
    completeSavedForm(MARK, new Store(), context(), undefined);
    expect(document.head.querySelector(STYLES)?.textContent).toContain(MARK);
    const form = savedForm(150);
    document.body.append(form);
    await vi.advanceTimersByTimeAsync(1);
    const visible = (): number => form.querySelectorAll("[style*=visible]").length;
    expect(visible()).toBeGreaterThan(0);
    expect(visible()).toBeLessThan(150);
    await vi.advanceTimersByTimeAsync(100);
    expect(styles()).toBe(0);
    expect(visible()).toBe(0);
    expect(form.textContent).toBe("said".repeat(150));
  });

  it("ignores the copy that a notebook keeps while the turn runs", async () => {
    const before = document.createElement("div");
    before.className = "cn-so-far";
    before.append(savedForm(3));
    document.body.append(before);
    completeSavedForm(MARK, new Store(), context(), undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(styles()).toBe(1);
    document.body.append(savedForm(3));
    await vi.advanceTimersByTimeAsync(100);
    expect(styles()).toBe(0);
  });

  it("stops waiting after a timeout", async () => {
    completeSavedForm(MARK, new Store(), context(), undefined);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(styles()).toBe(0);
  });

  it("does nothing without a class", () => {
    completeSavedForm("", new Store(), context(), undefined);
    expect(styles()).toBe(0);
  });

  it("rejects styles in the class", () => {
    completeSavedForm('x"]{}body{display:none', new Store(), context(), undefined);
    expect(document.head.querySelector(STYLES)?.textContent).toMatch(/^\[class~="xbodydisplaynone"\] >/);
    vi.advanceTimersByTime(31_000);
  });

  it("finds no reading position in an invisible view", () => {
    const view = document.createElement("div");
    document.body.append(view);
    expect(placeOf(view)).toBeNull();
  });
});
