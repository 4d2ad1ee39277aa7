/** Form panel: questions to the reader, with options and free text. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { FormChoice, FormLink, FormPanel, FormQuestion } from "../model";
import { lock, showAskState } from "./permission";
import type { Context, Drawn } from "./panel";

export function drawForm(entry: Entry, context: Context): Drawn {
  const title = h("span", { class: "cnv-title", dir: "auto" });
  const state = h("span", { class: "cnv-state" });
  const head = h("div", { class: "cnv-head" }, icon("question"), title, state);
  const controls = h("div", { class: "cnv-controls" });
  const decision = h("p", { class: "cnv-decision", dir: "auto" });
  const node = h("div", { class: "cnv-panel cnv-card cnv-ask", role: "group", tabindex: -1 });
  node.append(head, controls, decision);
  let drawn = "";
  let before: FormPanel | null = null;
  const update = (now: Entry): void => {
    if (now.panel.kind !== "form") return;
    const { panel } = now;
    node.setAttribute("aria-label", panel.title);
    setText(title, panel.title);
    setText(decision, panel.decision);
    decision.hidden = panel.decision === "";
    if (before?.state !== panel.state) {
      showAskState(node, state, panel.state);
      context.announce(panel.state === "open" ? `Claude asks: ${panel.title}` : panel.decision);
    }
    before = panel;
    const wanted = panel.state === "open" ? JSON.stringify([panel.questions, panel.note]) : "";
    if (wanted !== drawn) drawControls(node, controls, panel, context);
    drawn = wanted;
  };
  update(entry);
  return { node, children: null, update };
}

function drawControls(
  node: HTMLElement,
  controls: HTMLElement,
  panel: FormPanel,
  context: Context,
): void {
  if (panel.state !== "open") {
    controls.replaceChildren();
    return;
  }
  const questions = panel.questions.map((question, index) => new QuestionField(question, `${panel.id}-${index}`));
  const send = h("button", { type: "button", class: "cnv-button cnv-primary" }, panel.send);
  const check = (): void => {
    send.disabled = questions.some((field) => field.question.required && field.answer === "");
  };
  const reply = (choice: FormChoice): void => {
    const pairs = questions.map((field) => [field.question.text, field.answer] as const);
    const answers = choice === "send" ? Object.fromEntries(pairs) : {};
    context.send({ type: "answer", id: panel.id, choice, answers });
    lock(controls, node);
  };
  const other = (label: string, choice: FormChoice): HTMLElement => {
    const button = h("button", { type: "button", class: "cnv-button" }, label);
    button.addEventListener("click", () => {
      reply(choice);
    });
    return button;
  };
  send.addEventListener("click", () => {
    reply("send");
  });
  const others = panel.can_decline
    ? [other("Decline", "decline"), other("Cancel", "cancel")]
    : [other(panel.cancel, "cancel")];
  const fields = questions.map((field) => field.node);
  const note = h("p", { class: "cnv-note", role: "alert", dir: "auto" }, panel.note);
  note.hidden = panel.note === "";
  controls.replaceChildren(...fields, note, h("div", { class: "cnv-choices" }, send, ...others));
  // `controls` outlives these questions, so it must not hold the listener.
  for (const field of fields) field.addEventListener("input", check);
  check();
}

function drawOwnText(question: FormQuestion): HTMLInputElement {
  const hasOptions = question.options.length > 0;
  const label = hasOptions ? "Another answer" : question.text;
  const input = h("input", { type: "text", "aria-label": label, dir: "auto" });
  if (question.secret) {
    input.type = "password";
    input.autocomplete = "off";
  }
  if (question.number) input.inputMode = "decimal";
  input.placeholder = hasOptions ? "Another answer…" : "Your answer…";
  return input;
}

function drawLink(link: FormLink): HTMLElement {
  const anchor = h("a", { target: "_blank", rel: "noopener noreferrer" }, link.label);
  if (/^https?:\/\//i.test(link.url)) anchor.href = link.url;
  return h("p", { class: "cnv-link" }, anchor);
}

/** Question with its options. */
class QuestionField {
  readonly node: HTMLElement;
  readonly #own: HTMLInputElement;
  readonly #ownText: HTMLInputElement;

  /** @param name unique name on the page that groups the options */
  constructor(
    readonly question: FormQuestion,
    name: string,
  ) {
    const type = question.multiple ? "checkbox" : "radio";
    const filled = question.multiple ? question.value.split(", ") : [question.value];
    this.#own = h("input", { type, name, value: "" });
    this.#ownText = drawOwnText(question);
    this.#ownText.addEventListener("input", () => {
      this.#own.checked = this.#ownText.value.trim() !== "" || this.#own.checked;
    });
    // Without options, only the free text counts.
    this.#own.hidden = question.options.length === 0;
    if (question.options.length === 0 && question.value !== "") {
      this.#ownText.value = question.value;
      this.#own.checked = true;
    }
    const own = h("div", { class: "cnv-own" }, this.#own, this.#ownText);
    own.hidden = !question.own_words;
    this.node = h(
      "fieldset",
      { class: "cnv-question" },
      h("legend", { dir: "auto" }, question.text, question.required ? null : " (optional)"),
      ...question.links.map(drawLink),
      question.about ? h("p", { class: "cnv-scope", dir: "auto" }, question.about) : null,
      ...question.options.map((option) => {
        const about = option.description
          ? h("span", { class: "cnv-scope", dir: "auto" }, option.description)
          : null;
        const input = h("input", { type, name, value: option.label });
        input.checked = filled.includes(option.label);
        return h("label", {}, input, h("span", { dir: "auto" }, option.label), about);
      }),
      own,
    );
    this.#own.setAttribute("aria-label", "Another answer");
  }

  /** Return the chosen labels or the free text; "" while there is no answer. */
  get answer(): string {
    const chosen = [...this.node.querySelectorAll<HTMLInputElement>("input:checked")];
    const words = chosen.map((input) => (input === this.#own ? this.#ownText.value : input.value));
    return words.map((word) => word.trim()).filter(Boolean).join(", ");
  }
}
