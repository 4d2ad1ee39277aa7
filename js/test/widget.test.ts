import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { FromKernel, Op, ToKernel } from "../src/model";
import turnWidget from "../src/widget";
import { footer, READY, say, text } from "./sample";

/** Fake anywidget model and kernel. */
class FakeModel {
  readonly sent: ToKernel[] = [];
  readonly #listeners = new Map<string, ((...args: never[]) => void)[]>();
  #seq = 0;

  on(event: string, callback: (...args: never[]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), callback]);
  }

  off(event: string, callback: (...args: never[]) => void): void {
    const left = this.#listeners.get(event)?.filter((one) => one !== callback);
    this.#listeners.set(event, left ?? []);
  }

  send(message: ToKernel): void {
    this.sent.push(message);
  }

  get count(): number {
    return [...this.#listeners.values()].flat().length;
  }

  hear(message: FromKernel): void {
    this.emit("msg:custom", message);
  }

  ops(...ops: Op[]): void {
    this.#seq += 1;
    this.hear({ type: "ops", seq: this.#seq, ops });
  }

  emit(event: string, ...args: unknown[]): void {
    for (const callback of this.#listeners.get(event) ?? []) callback(...(args as never[]));
  }
}

describe("turnWidget", () => {
  let model: FakeModel;
  let widget: ReturnType<typeof turnWidget>;
  let cleanup: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    document.body.replaceChildren();
    model = new FakeModel();
    widget = turnWidget();
    cleanup = widget.initialize({ model });
  });
  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  const open = (): { el: HTMLElement; close: () => void } => {
    const el = document.createElement("div");
    document.body.append(el);
    const close = widget.render({ model, el });
    paint();
    return { el, close };
  };
  const paint = (): void => {
    vi.advanceTimersByTime(20);
  };

  it("reports that it is ready before a view opens", () => {
    expect(model.sent).toEqual([READY]);
  });

  it("keeps messages that arrive before a view opens", () => {
    model.ops(text("t"), say("t", 0, ["<p>one</p>"]));
    model.ops(say("t", 1, ["<p>two</p>"]));
    expect(open().el.textContent).toContain("onetwo");
  });

  it("shows a turn in several views with separate nodes", () => {
    const [a, b] = [open(), open()];
    model.ops({ op: "footer", footer: footer({}) }, text("t"), say("t", 0, ["<p>x</p>"]));
    paint();
    expect(a.el.textContent).toBe(b.el.textContent);
    a.el.querySelector<HTMLElement>(".cnv-stop")?.click();
    b.el.querySelector<HTMLElement>(".cnv-stop")?.click();
    expect(model.sent.filter((message) => message.type === "stop")).toHaveLength(1);
    expect(b.el.textContent).toContain("Stopping…");
    a.close();
    model.ops(say("t", 1, ["<p>y</p>"]), { op: "footer", footer: footer({ state: "stopped" }) });
    paint();
    expect(a.el.textContent).toBe("");
    expect(b.el.textContent).toContain("xy");
    expect(b.el.textContent).toContain("Stopped");
  });

  it("closes a gap by a snapshot", () => {
    const { el } = open();
    model.hear({ type: "snapshot", seq: 0, ops: [] });
    model.ops(text("t"), say("t", 0, ["<p>one</p>"]));
    model.hear({ type: "ops", seq: 3, ops: [say("t", 2, ["<p>three</p>"])] });
    expect(model.sent).toHaveLength(2);
    const ops = [text("t"), say("t", 0, ["<p>one</p>", "<p>two</p>", "<p>three</p>"])];
    model.hear({ type: "snapshot", seq: 3, ops });
    paint();
    expect(el.querySelector(".cnv-text")?.textContent).toBe("onetwothree");
  });

  it("requests the formula library once", () => {
    open();
    const formula = '<p><span class="cn-math">\\(x\\)</span></p>';
    model.ops(text("t"), say("t", 0, [formula, formula]));
    paint();
    expect(model.sent.filter((message) => message.type === "asset")).toEqual([
      { type: "asset", name: "math" },
    ]);
  });

  it("shows in all views that the kernel is gone", () => {
    const { el } = open();
    model.ops({ op: "footer", footer: footer({}) });
    paint();
    model.emit("comm_live_update");
    expect(el.textContent).toContain("Kernel gone");
    expect(open().el.textContent).toContain("Kernel gone");
  });

  it("ignores the end of the kernel after the turn", () => {
    const { el } = open();
    model.ops({ op: "footer", footer: footer({ state: "done" }) });
    paint();
    model.emit("comm:close");
    expect(el.textContent).toContain("Done");
  });

  it("ignores unknown messages", () => {
    const { el } = open();
    model.hear({ type: "news" } as never);
    model.ops(text("t"), say("t", 0, ["<p>x</p>"]));
    paint();
    expect(el.textContent).toContain("x");
  });

  it("removes its listeners and views", () => {
    const { el, close } = open();
    model.ops({ op: "footer", footer: footer({}) });
    paint();
    close();
    cleanup();
    expect([model.count, vi.getTimerCount(), el.childElementCount]).toEqual([0, 0, 0]);
  });
});
