import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { addRewind } from "../src/footer/rewind_button";
import type { AskPanel, FormPanel } from "../src/model";
import { CHOICES, footer, OPEN, part, SAMPLE } from "./sample";
import { Stage } from "./stage";

let stage: Stage;
const all = (selector: string): HTMLElement[] => stage.all(selector);
const one = (selector: string): HTMLElement => stage.one(selector);

beforeEach(() => {
  stage = new Stage();
});
afterEach(() => {
  stage.close();
});

function press(node: HTMLElement, key: string, more: KeyboardEventInit = {}): void {
  node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

function write(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

const button = (label: string): HTMLButtonElement => {
  const found = all("button").find((node) => node.firstChild?.textContent === label);
  if (!(found instanceof HTMLButtonElement)) throw new Error(`no button ${label}`);
  return found;
};

describe("permission panel", () => {
  const ask = (over: Partial<AskPanel> = {}): void => {
    const panel: AskPanel = {
      id: "q",
      kind: "ask",
      parent: null,
      tool: "Bash",
      icon: "terminal",
      title: "Run git push?",
      reason: "",
      detail: [part({ type: "code", html: "<pre>git push</pre>" })],
      fields: [],
      choices: CHOICES,
      state: "open",
      decision: "",
      ...over,
    };
    stage.show({ op: "panel", panel });
  };

  it("shows the call in full and preselects nothing", () => {
    ask();
    expect(one(".cnv-part pre").textContent).toBe("git push");
    expect(one(".cnv-ask .cnv-head").textContent).toContain("Waiting for you");
    expect(document.activeElement).toBe(document.body);
    expect(stage.sent).toEqual([]);
    expect(stage.said()).toBe("Claude asks: Run git push?");
  });

  it("never clips content", () => {
    ask({ detail: [part({ type: "code", html: "<pre>rm</pre>", lines: 500 })] });
    expect(all(".cnv-clipped")).toHaveLength(0);
    expect(all(".cnv-part button").map((node) => node.textContent)).not.toContain("Show all 500 lines");
  });

  it("sends unchanged values in their original form, including line ends", () => {
    ask({ fields: [{ name: "command", label: "Command", value: "a\r\nb", lines: 2 }] });
    button("Always").click();
    expect(stage.sent).toMatchObject([{ fields: { command: "a\r\nb" } }]);
  });

  it("sends a choice once and stays locked until the kernel has it", () => {
    ask();
    button("Always").click();
    button("Always").click();
    expect(stage.sent).toEqual([{ type: "answer", id: "q", choice: "always", note: "", fields: {} }]);
    expect(one(".cnv-sent").textContent).toBe("Sent…");
    ask({ state: "allowed", decision: "Allowed, also every `git push`" });
    expect(all(".cnv-controls button")).toHaveLength(0);
    expect(one(".cnv-decision").textContent).toBe("Allowed, also every git push");
    expect(one(".cnv-ask").dataset["state"]).toBe("allowed");
  });

  it("asks for a reason if a choice has a note, with a way back", () => {
    ask();
    button("Deny…").click();
    const note = one("textarea") as HTMLTextAreaElement;
    expect(document.activeElement).toBe(note);
    press(note, "y");
    press(note, "Escape");
    expect(all("textarea")).toHaveLength(0);
    expect(document.activeElement).toBe(button("Deny…"));
    expect([stage.sent, stage.stops]).toEqual([[], 0]);
    button("Deny…").click();
    write(one("textarea") as HTMLTextAreaElement, "use a branch");
    button("Send").click();
    expect(stage.sent).toMatchObject([{ choice: "no", note: "use a branch" }]);
  });

  it("sends edited fields", () => {
    const fields = [{ name: "command", label: "Command", value: "git push", lines: 1 }];
    ask({ fields });
    write(one("textarea") as HTMLTextAreaElement, "git push --dry-run");
    ask({ fields, reason: "sent again meanwhile" });
    button("Deny…").click();
    button("Back").click();
    button("Allow").click();
    expect(stage.sent).toMatchObject([{ choice: "yes", fields: { command: "git push --dry-run" } }]);
  });

  it("handles shortcuts only inside the panel and outside text fields", () => {
    ask({ fields: [{ name: "command", label: "Command", value: "ls", lines: 1 }] });
    press(stage.view.node, "y");
    press(document.body, "y");
    press(one("textarea"), "y");
    press(one(".cnv-ask"), "y", { ctrlKey: true });
    press(one(".cnv-ask"), "Enter");
    expect(stage.sent).toEqual([]);
    press(one(".cnv-ask"), "y");
    expect(stage.sent).toMatchObject([{ choice: "yes" }]);
  });

  it("shields the focused element from shortcuts of the application", () => {
    ask();
    for (const node of [one(".cnv-ask"), button("Allow"), one("summary")]) {
      node.focus();
      expect(node.dataset["lmSuppressShortcuts"]).toBe("true");
    }
  });

  it("keeps the focus in the view when the focused button is disabled", () => {
    ask();
    button("Allow").focus();
    button("Allow").click();
    expect(document.activeElement).toBe(one(".cnv-ask"));
  });
});

describe("form panel", () => {
  const panel: FormPanel = {
    id: "f",
    kind: "form",
    parent: null,
    title: "Two questions",
    can_decline: false,
    send: "Send answers",
    cancel: "Don’t answer",
    note: "",
    questions: [
      { ...OPEN, text: "Which?", header: "", options: [{ label: "A", description: "first" }, { label: "B", description: "" }], multiple: false },
      { ...OPEN, text: "What else?", header: "", options: [{ label: "X", description: "" }, { label: "Y", description: "" }], multiple: true },
    ],
    state: "open",
    decision: "",
  };
  const inputs = (): HTMLInputElement[] => all("fieldset input") as HTMLInputElement[];
  const pick = (label: string): void => {
    inputs().find((input) => input.value === label)?.click();
  };

  it("sends the answers once all questions are answered", () => {
    stage.show({ op: "panel", panel });
    expect(inputs().some((input) => input.checked)).toBe(false);
    const send = button("Send answers");
    expect(send.disabled).toBe(true);
    pick("B");
    expect(send.disabled).toBe(true);
    pick("X");
    pick("Y");
    send.click();
    expect(stage.sent).toEqual([
      { type: "answer", id: "f", choice: "send", answers: { "Which?": "B", "What else?": "X, Y" } },
    ]);
    expect(inputs().every((input) => input.disabled)).toBe(true);
  });

  it("accepts free text", () => {
    stage.show({ op: "panel", panel });
    const [which, what] = inputs().filter((input) => input.type === "text");
    if (!which || !what) throw new Error("no text fields");
    pick("A");
    write(which, " neither ");
    pick("X");
    write(what, "Z");
    press(what, "Enter");
    expect(stage.sent).toEqual([]);
    button("Send answers").click();
    expect(stage.sent).toMatchObject([{ answers: { "Which?": "neither", "What else?": "X, Z" } }]);
  });

  it("can be left unanswered and shows the decision", () => {
    stage.show({ op: "panel", panel });
    button("Don’t answer").click();
    expect(stage.sent).toEqual([{ type: "answer", id: "f", choice: "cancel", answers: {} }]);
    stage.show({ op: "panel", panel: { ...panel, state: "denied", decision: "Not answered" } });
    expect(all("fieldset, .cnv-controls button")).toHaveLength(0);
    expect(one(".cnv-decision").textContent).toBe("Not answered");
  });
});

describe("form panel of an MCP server", () => {
  const panel: FormPanel = {
    id: "m",
    kind: "form",
    parent: null,
    title: "The MCP server asker asks: Who are you?",
    can_decline: true,
    send: "Send answers",
    cancel: "Don’t answer",
    note: "",
    questions: [
      { ...OPEN, text: "Name", header: "", options: [], multiple: false, about: "Your name" },
      { ...OPEN, text: "Age", header: "", options: [], multiple: false, value: "3", required: false, number: true },
      {
        ...OPEN,
        text: "Colour",
        header: "",
        options: [
          { label: "Red", description: "" },
          { label: "Blue", description: "" },
        ],
        multiple: false,
        value: "Blue",
        required: false,
        own_words: false,
      },
    ],
    state: "open",
    decision: "",
  };
  const texts = (): HTMLInputElement[] => all('fieldset input[type="text"]') as HTMLInputElement[];

  it("prefills defaults and sends once required answers are given", () => {
    stage.show({ op: "panel", panel });
    expect(button("Send answers").disabled).toBe(true);
    expect(texts().map((input) => input.closest("div")?.hidden)).toEqual([false, false, true]);
    const [name] = texts();
    if (name) write(name, "Ada");
    button("Send answers").click();
    expect(stage.sent).toEqual([
      { type: "answer", id: "m", choice: "send", answers: { Name: "Ada", Age: "3", Colour: "Blue" } },
    ]);
  });

  it("shows the problem and keeps the answers", () => {
    stage.show({ op: "panel", panel });
    const questions = panel.questions.map((one) => ({ ...one, value: "abc" }));
    stage.show({ op: "panel", panel: { ...panel, questions, note: "Age: 'abc' is no integer" } });
    expect(one(".cnv-note[role=alert]").textContent).toContain("no integer");
    expect(texts()[1]?.value).toBe("abc");
  });

  it("distinguishes declining from leaving it unanswered", () => {
    stage.show({ op: "panel", panel });
    button("Decline").click();
    stage.show({ op: "panel", panel: { ...panel, note: "again" } });
    button("Cancel").click();
    expect(stage.sent).toMatchObject([{ choice: "decline" }, { choice: "cancel" }]);
  });
});

describe("AnswerAll", () => {
  const ask = (id: string, over: Partial<AskPanel> = {}): void => {
    const choices = ["once", "deny"].map((key) => ({ key, label: key, scope: "", shortcut: "", note: false, look: "plain" as const }));
    const panel: AskPanel = {
      id,
      kind: "ask",
      parent: null,
      tool: "Bash",
      icon: "terminal",
      title: id,
      reason: "",
      detail: [],
      fields: [],
      choices,
      state: "open",
      decision: "",
      ...over,
    };
    stage.show({ op: "panel", panel });
  };

  it("answers only the questions that were open when it was drawn", () => {
    stage.show({ op: "footer", footer: footer({ waiting: 1 }) });
    ask("a");
    expect(one(".cnv-together").hidden).toBe(true);
    ask("b");
    ask("plan", { choices: [] });
    const allow = button("Allow all 2 once");
    ask("c");
    allow.click();
    expect(stage.sent).toEqual([{ type: "answer", ids: ["a", "b"], choice: "once" }]);
    button("Deny all 3").click();
    expect(stage.sent[1]).toEqual({ type: "answer", ids: ["a", "b", "c"], choice: "deny" });
  });
});

describe("rewind button", () => {
  it("restores files from the live view and below the saved form", async () => {
    stage.show({ op: "footer", footer: footer({ rewind: "cn-turn-1" }) });
    const live = one(".cnv-footer .cnv-rewind") as HTMLButtonElement;
    expect(live.hidden).toBe(true);
    stage.show({ op: "footer", footer: footer({ rewind: "cn-turn-1", state: "done" }) });
    expect(live.hidden).toBe(false);
    live.click();
    expect(stage.sent).toEqual([{ type: "rewind" }]);

    let pressed = 0;
    addRewind("cn-turn-1", () => (pressed += 1));
    const saved = document.createElement("div");
    saved.className = "cn-prose cn-turn-1";
    document.body.append(saved);
    await vi.waitFor(() => {
      saved.querySelector<HTMLButtonElement>(".cnv-rewind")?.click();
      expect(pressed).toBe(1);
    });
    addRewind("cn-turn-1", () => (pressed += 1));
    expect(saved.querySelectorAll(".cnv-rewind")).toHaveLength(1);

    addRewind("cn-turn-2", () => (pressed += 1))();
    const late = document.createElement("div");
    late.className = "cn-turn-2";
    document.body.append(late);
    await Promise.resolve();
    expect(late.querySelectorAll(".cnv-rewind")).toHaveLength(0);
  });
});

describe("footer of a running turn", () => {
  const running = (over: Parameters<typeof footer>[0]): void => {
    stage.show({ op: "footer", footer: footer(over) });
  };

  it("sends a message of the reader", () => {
    running({ can_say: true });
    const field = one(".cnv-say input") as HTMLInputElement;
    write(field, "  use the other file ");
    press(field, "Escape");
    press(field, "Enter", { isComposing: true });
    expect([stage.sent, stage.stops]).toEqual([[], 0]);
    press(field, "Enter");
    press(field, "Enter");
    expect(stage.sent).toEqual([{ type: "say", text: "use the other file" }]);
    expect(field.value).toBe("");
    running({ can_say: true, state: "done" });
    expect(one(".cnv-say").hidden).toBe(true);
  });

  it("changes the mode, but never allows everything by a key", () => {
    running({ mode: "default" });
    const menu = one("select") as HTMLSelectElement;
    expect([...menu.options].map((option) => option.value)).not.toContain("bypassPermissions");
    menu.value = "plan";
    menu.dispatchEvent(new Event("change"));
    expect(stage.sent).toEqual([{ type: "mode", mode: "plan" }]);
    expect(one(".cnv-banner").hidden).toBe(true);
    running({ mode: "bypassPermissions" });
    expect(one(".cnv-banner").hidden).toBe(false);
    expect(menu.value).toBe("bypassPermissions");
    running({ mode: "bypassPermissions", state: "done" });
    expect(menu.hidden).toBe(true);
    expect(one(".cnv-mode span").textContent).toBe("Allow everything");
  });

  it("leaves allowing everything to the kernel, which asks for confirmation", () => {
    running({ mode: "default", can_bypass: true });
    const menu = one("select") as HTMLSelectElement;
    expect(menu.lastElementChild?.textContent).toBe("Allow everything");
    menu.focus();
    menu.value = "bypassPermissions";
    menu.dispatchEvent(new Event("change"));
    expect(stage.sent).toEqual([{ type: "mode", mode: "bypassPermissions" }]);
    expect([menu.value, one(".cnv-banner").hidden]).toEqual(["default", true]);
  });

  it("focuses the open question on a click on the badge", () => {
    stage.show(...SAMPLE);
    const badge = one(".cnv-waiting");
    expect(badge.textContent).toBe("2 questions open");
    badge.click();
    expect(document.activeElement).toBe(all(".cnv-ask")[0]);
    running({ waiting: 0 });
    expect(badge.hidden).toBe(true);
  });
});
