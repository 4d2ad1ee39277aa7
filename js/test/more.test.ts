import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { pageFacts } from "../src/state/page_facts";
import { truncatedParts } from "../src/saved/handover";
import { Store } from "../src/state/store";
import type { FromKernel, Op, ToKernel } from "../src/model";
import turnWidget from "../src/widget";
import { footer, part, tool } from "./sample";

const CUT = part({ type: "output", html: "<pre>one</pre>", lines: 400, more: "4,600 more lines" });
const ASKED = { type: "more", id: "tool", side: "result", part: 0, chunk: 0 } as const;

describe("TruncatedContent", () => {
  let sent: ToKernel[];
  let hear: (message: FromKernel) => void;
  let lose: () => void;
  let widget: ReturnType<typeof turnWidget>;
  let seq: number;

  beforeEach(() => {
    vi.useFakeTimers();
    document.body.replaceChildren();
    sent = [];
    seq = 0;
    const listeners = new Map<string, (message: FromKernel) => void>();
    const model = {
      send: (message: ToKernel) => {
        sent.push(message);
      },
      on: (event: string, callback: (message: never) => void) => {
        listeners.set(event, callback as (message: FromKernel) => void);
      },
      off: () => undefined,
    };
    widget = turnWidget();
    widget.initialize({ model });
    hear = (message) => {
      listeners.get("msg:custom")?.(message);
    };
    lose = () => {
      listeners.get("comm:close")?.({ type: "saved", mark: "" });
    };
    render = () => {
      const el = document.createElement("div");
      document.body.append(el);
      const close = widget.render({ model, el });
      vi.advanceTimersByTime(20);
      return { el, close };
    };
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  let render: () => { el: HTMLElement; close: () => void };
  const say = (...ops: Op[]): void => {
    seq += 1;
    hear({ type: "ops", seq, ops });
    vi.advanceTimersByTime(20);
  };
  const show = (): HTMLElement => {
    say({ op: "panel", panel: tool({ state: "done", result: [CUT], open: true }) });
    return render().el;
  };
  const button = (root: ParentNode): HTMLButtonElement => {
    const found = root.querySelector<HTMLButtonElement>(".cnv-ask-more");
    if (!found) throw new Error("no button");
    return found;
  };
  const asked = (): ToKernel[] => sent.filter((message) => message.type === "more");

  it("requests a chunk once and appends it", () => {
    const root = show();
    expect(button(root).textContent).toBe("Show 4,600 more lines");
    button(root).click();
    button(root).click();
    expect(asked()).toEqual([ASKED]);
    expect(button(root).textContent).toContain("Loading");
    expect(root.querySelector(".cnv-clipped")).toBeNull();
    hear({ ...ASKED, html: "<pre>two</pre>", more: "2,600 more lines" });
    expect(root.querySelector(".cnv-rest")?.textContent).toBe("twoShow 2,600 more lines");
    button(root).click();
    expect(asked().at(-1)).toEqual({ ...ASKED, chunk: 1 });
    hear({ ...ASKED, chunk: 1, html: "<pre>three</pre>", more: "" });
    expect(button(root).hidden).toBe(true);
    expect(root.querySelectorAll(".cnv-rest pre")).toHaveLength(2);
  });

  it("shares chunks between views and ignores duplicates", () => {
    const first = show();
    button(first).click();
    hear({ ...ASKED, html: "<pre>two</pre>", more: "" });
    hear({ ...ASKED, html: "<pre>two</pre>", more: "" });
    const second = render().el;
    expect(second.querySelectorAll(".cnv-rest pre")).toHaveLength(1);
    expect(first.querySelectorAll(".cnv-rest pre")).toHaveLength(1);
    expect(asked()).toHaveLength(1);
  });

  it("can be requested again after a timeout", () => {
    const root = show();
    button(root).click();
    vi.advanceTimersByTime(11_000);
    button(root).click();
    expect(asked()).toEqual([ASKED, ASKED]);
  });

  it("keeps loaded chunks without a kernel, but loads no more", () => {
    const root = show();
    button(root).click();
    hear({ ...ASKED, html: "<pre>two</pre>", more: "9 more lines" });
    lose();
    expect(button(root).hidden).toBe(true);
    expect(root.querySelectorAll(".cnv-rest pre")).toHaveLength(1);
  });

  it("loads chunks in the saved form as well", async () => {
    say(
      { op: "panel", panel: tool({ result: [CUT], input: [part({}), CUT, CUT] }) },
      { op: "footer", footer: footer({ state: "done" }) },
    );
    const { close } = render();
    close();
    hear({ type: "saved", mark: "cn-turn-1" });
    const form = document.createElement("div");
    form.className = "cn-prose cn-turn-1";
    form.innerHTML =
      '<div class="cn-cut">…</div><div class="cn-cut"></div><p>text</p><div class="cn-cut">…</div>';
    document.body.append(form);
    await vi.advanceTimersByTimeAsync(0);
    const buttons = form.querySelectorAll<HTMLButtonElement>(".cnv-ask-more");
    expect(buttons).toHaveLength(2);
    buttons[1]?.click();
    expect(asked()).toEqual([ASKED]);
    hear({ ...ASKED, html: "<pre>two</pre>", more: "" });
    expect(form.textContent).toContain("two");
  });

  it("adds buttons to the saved form only for a one-to-one match", async () => {
    say({ op: "panel", panel: tool({ result: [CUT] }) });
    hear({ type: "saved", mark: "cn-turn-2" });
    const form = document.createElement("div");
    form.className = "cn-turn-2";
    form.innerHTML = '<div class="cn-cut">…</div><div class="cn-cut">…</div>';
    document.body.append(form);
    await vi.advanceTimersByTimeAsync(0);
    expect(form.querySelector("button")).toBeNull();
  });
});

describe("truncatedParts", () => {
  it("follows the saved form: input, nested panels, result", () => {
    const store = new Store();
    const agent = tool({ id: "agent", input: [CUT], result: [CUT] });
    store.apply([
      { op: "panel", panel: agent },
      { op: "panel", panel: tool({ id: "later", result: [part({}), CUT] }) },
      { op: "panel", panel: tool({ id: "inside", parent: "agent", result: [CUT] }) },
      {
        op: "panel",
        panel: { id: "n", kind: "notice", parent: "gone", level: "info", text: "", until_ms: null, detail: [CUT] },
      },
    ]);
    expect(truncatedParts(store).map(({ address: { id, side, part: n } }) => `${id} ${side} ${String(n)}`)).toEqual([
      "agent input 0",
      "inside result 0",
      "agent result 0",
      "later result 1",
      "n detail 0",
    ]);
  });
});

describe("pageFacts", () => {
  afterEach(() => {
    document.body.replaceChildren();
    delete document.body.dataset["jpThemeLight"];
    delete document.body.dataset["vscodeThemeKind"];
  });

  it("reports the theme", () => {
    expect(pageFacts().dark).toBe(false);
    document.body.dataset["jpThemeLight"] = "false";
    expect(pageFacts().dark).toBe(true);
    delete document.body.dataset["jpThemeLight"];
    document.body.dataset["vscodeThemeKind"] = "vscode-high-contrast-light";
    expect(pageFacts().dark).toBe(false);
    document.body.dataset["vscodeThemeKind"] = "vscode-dark";
    expect(pageFacts().dark).toBe(true);
  });

  it.each([
    ["JupyterLab", "4.6.6", true],
    ["JupyterLab", "4.0.9", false],
    ["JupyterLab", "5.0.0", true],
    ["Jupyter Notebook", "7.6.5", false],
    ["Something", "9.9.9", false],
  ])("is whether its application draws Mermaid: %s %s", (appName, appVersion, draws) => {
    const config = document.createElement("script");
    config.type = "application/json";
    config.id = "jupyter-config-data";
    config.textContent = JSON.stringify({ appName, appVersion });
    document.body.append(config);
    expect(pageFacts().mermaid).toBe(draws);
    config.textContent = "not JSON";
    expect(pageFacts().mermaid).toBe(false);
  });
});
