/**
 * Permission panel: the full description of a call, and a button for each answer.
 *
 * No choice is preselected, the panel never takes the focus, and shortcuts work only while the focus
 * is in the panel, so that typing elsewhere cannot allow a call by accident.
 */

import { h, setText, withCode } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { AskPanel, AskState, Choice, Field } from "../model";
import type { Context, Drawn } from "./panel";
import { Disclosure } from "./disclosure";
import { PartList } from "./parts";

interface Look {
  readonly word: string;
  readonly icon: string;
}

/** Display of the state of a question, also used by forms. */
export const ASK_STATES: Readonly<Record<AskState, Look>> = {
  open: { word: "Waiting for you", icon: "clock" },
  allowed: { word: "Allowed", icon: "check" },
  denied: { word: "Denied", icon: "dash" },
  withdrawn: { word: "Withdrawn", icon: "cross" },
};

export function drawAsk(entry: Entry, context: Context): Drawn {
  return new PermissionView(entry, context);
}

class PermissionView implements Drawn {
  readonly node: HTMLElement;
  readonly children = null;
  readonly #glyph = h("span", { class: "cnv-glyph" });
  readonly #title = h("span", { class: "cnv-title", dir: "auto" });
  readonly #state = h("span", { class: "cnv-state" });
  readonly #reason = h("p", { class: "cnv-reason", dir: "auto" });
  readonly #decision = h("p", { class: "cnv-decision", dir: "auto" });
  readonly #controls = h("div", { class: "cnv-controls" });
  readonly #detail: PartList;
  readonly #disclosure: Disclosure;
  #panel: AskPanel | null = null;
  #drawnControls = "";
  /** Buttons of the choices, by key. */
  readonly #buttons = new Map<string, HTMLElement>();

  constructor(
    entry: Entry,
    private readonly context: Context,
  ) {
    this.#detail = new PartList(context, "Action", null, true);
    const body = h("div", { class: "cnv-body" }, this.#reason, this.#detail.node);
    this.#disclosure = new Disclosure([this.#glyph, this.#title, this.#state], body);
    this.node = h(
      "div",
      { class: "cnv-panel cnv-card cnv-ask", role: "group" },
      this.#disclosure.node,
      this.#controls,
      this.#decision,
    );
    this.node.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
    this.update(entry);
  }

  update(entry: Entry): void {
    const { panel } = entry;
    if (panel.kind !== "ask") return;
    const before = this.#panel;
    this.#panel = panel;
    const open = panel.state === "open";
    this.node.setAttribute("aria-label", panel.title);
    this.node.tabIndex = open ? 0 : -1;
    setText(this.#title, panel.title);
    this.#reason.replaceChildren(...withCode(panel.reason));
    this.#reason.hidden = panel.reason === "";
    this.#decision.replaceChildren(...withCode(panel.decision));
    this.#decision.hidden = panel.decision === "";
    if (before?.icon !== panel.icon) this.#glyph.replaceChildren(icon(panel.icon));
    if (before?.state !== panel.state) this.#setState(panel, before);
    this.#disclosure.whenOpen(() => {
      this.#detail.update(panel.detail);
    });
    this.#drawControls(panel);
  }

  #setState(panel: AskPanel, before: AskPanel | null): void {
    showAskState(this.node, this.#state, panel.state);
    this.#disclosure.follow(panel.state === "open");
    if (panel.state === "open") this.context.announce(`Claude asks: ${panel.title}`);
    else if (before) this.context.announce(panel.decision || ASK_STATES[panel.state].word);
  }

  /** Draw the controls, keeping the reader's input if the same panel is sent again. */
  #drawControls(panel: AskPanel): void {
    const wanted = panel.state === "open" ? JSON.stringify([panel.fields, panel.choices]) : "";
    if (wanted === this.#drawnControls) return;
    this.#drawnControls = wanted;
    if (wanted === "") this.#controls.replaceChildren();
    else this.#showChoices(panel, panel.fields.map(drawField));
  }

  #showChoices(panel: AskPanel, fields: readonly HTMLElement[]): void {
    const buttons = panel.choices.map((choice) => {
      const button = drawChoice(choice);
      button.addEventListener("click", () => {
        if (choice.note) this.#askForNote(panel, choice, fields);
        else this.#answer(panel, choice, "");
      });
      this.#buttons.set(choice.key, button);
      return button;
    });
    const row = h("div", { class: "cnv-choices" }, ...buttons);
    this.#controls.replaceChildren(...fields, row);
  }

  #askForNote(panel: AskPanel, choice: Choice, fields: readonly HTMLElement[]): void {
    const note = h("textarea", { rows: 2, "aria-label": `${choice.label} Why?`, dir: "auto" });
    note.placeholder = "What should Claude do instead? (optional)";
    const send = h("button", { type: "button", class: "cnv-button" }, "Send");
    const back = h("button", { type: "button", class: "cnv-button cnv-quiet" }, "Back");
    const goBack = (): void => {
      this.#showChoices(panel, fields);
      this.#buttons.get(choice.key)?.focus();
    };
    send.addEventListener("click", () => {
      this.#answer(panel, choice, note.value);
    });
    back.addEventListener("click", goBack);
    note.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      goBack();
    });
    this.#controls.replaceChildren(note, h("div", { class: "cnv-choices" }, send, back));
    note.focus();
  }

  #answer(panel: AskPanel, choice: Choice, note: string): void {
    const fields: Record<string, string> = {};
    for (const field of panel.fields) fields[field.name] = field.value;
    this.#controls.querySelectorAll<HTMLTextAreaElement>("[data-field]").forEach((input) => {
      const name = input.dataset["field"] ?? "";
      // A text field normalizes line ends, so an unchanged value is sent in its original form.
      if (input.value !== fields[name]?.replace(/\r\n?/g, "\n")) fields[name] = input.value;
    });
    this.context.send({ type: "answer", id: panel.id, choice: choice.key, note, fields });
    lock(this.#controls, this.node);
  }

  #onKey(event: KeyboardEvent): void {
    const panel = this.#panel;
    if (panel?.state !== "open" || hasModifier(event) || isTextField(event.target)) return;
    const choice = panel.choices.find(({ shortcut }) => shortcut !== "" && shortcut === event.key);
    if (!choice) return;
    event.preventDefault();
    event.stopPropagation();
    this.#buttons.get(choice.key)?.click();
  }
}

/** Show the state of a question as icon and word. */
export function showAskState(node: HTMLElement, chip: HTMLElement, state: AskState): void {
  const look = Object.hasOwn(ASK_STATES, state) ? ASK_STATES[state] : ASK_STATES.withdrawn;
  node.dataset["state"] = state;
  chip.replaceChildren(icon(look.icon), h("span", { class: "cnv-word" }, look.word));
}

/** Disable the controls until the kernel has received the answer. */
export function lock(controls: HTMLElement, panel: HTMLElement): void {
  // Disabling the focused button would move the focus out of the view.
  if (controls.contains(document.activeElement)) panel.focus({ preventScroll: true });
  controls
    .querySelectorAll<HTMLButtonElement | HTMLInputElement>("button, input, textarea")
    .forEach((control) => {
      control.disabled = true;
    });
  controls.append(h("span", { class: "cnv-sent" }, "Sent…"));
}

export function isTextField(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && target.type === "text";
}

function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}

function drawChoice(choice: Choice): HTMLElement {
  return h(
    "button",
    { type: "button", class: `cnv-button cnv-choice cnv-${choice.look}` },
    h("span", {}, choice.label),
    choice.scope ? h("span", { class: "cnv-scope", dir: "auto" }, ...withCode(choice.scope)) : null,
    choice.shortcut ? h("kbd", { "aria-hidden": "true" }, choice.shortcut) : null,
  );
}

/** Approximate number of characters per line of a text field. */
const LINE_CHARS = 80;

function drawField(field: Field): HTMLElement {
  const input = h("textarea", {
    rows: Math.min(12, Math.max(1, field.lines, Math.ceil(field.value.length / LINE_CHARS))),
    "data-field": field.name,
    spellcheck: "false",
    dir: "auto",
  });
  input.value = field.value;
  input.setAttribute("aria-label", field.label);
  const words = `Change the ${field.label.toLowerCase()} first…`;
  // The panel shows the full value above.
  return h("details", { class: "cnv-field" }, h("summary", {}, words), input);
}
