/** Line below the answer: state, time, model, tokens, cost, context and the Stop button. */

import type { Clock } from "../state/clock";
import { ContextMeter } from "./context_meter";
import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import { ModeMenu } from "./mode_menu";
import { rewindButton } from "./rewind_button";
import { AnswerAll } from "./answer_all";
import { MessageBox } from "./message_box";
import type { Footer, FromReader, TurnState } from "../model";
import { formatCost, formatDuration, formatRunningTime, formatTokens } from "../html/format";

/** States of the footer; "lost" means that the kernel is gone. */
type ShownState = TurnState | "stopping" | "lost";

interface Look {
  readonly word: string;
  readonly icon: string | null;
}

const TURN_STATES: Readonly<Record<ShownState, Look>> = {
  running: { word: "Running", icon: null },
  stopping: { word: "Stopping…", icon: null },
  done: { word: "Done", icon: "check" },
  stopped: { word: "Stopped", icon: "stop" },
  failed: { word: "Failed", icon: "cross" },
  lost: { word: "Kernel gone", icon: "warning" },
};

const SEPARATOR = " · ";
/** Parts of the note that are shown as badges because they name a kind of turn. */
const BADGES: ReadonlySet<string> = new Set(["recorded"]);

/** Actions of the reader. */
export interface FooterActions {
  readonly stop: () => void;
  readonly send: (message: FromReader) => void;
  /** Focus the oldest open question. */
  readonly showQuestion: () => void;
}

export class FooterLine {
  readonly node: HTMLElement;
  readonly #line: HTMLElement;
  readonly #state = h("span", { class: "cnv-state" });
  readonly #time = h("span", { class: "cnv-fact", role: "timer", "aria-label": "Elapsed time" });
  readonly #note = h("span", { class: "cnv-fact cnv-note", dir: "auto" });
  readonly #model = h("span", { class: "cnv-fact" });
  readonly #tokens = h("span", { class: "cnv-fact" });
  readonly #cost = h("span", { class: "cnv-fact" });
  readonly #contextMeter = new ContextMeter();
  readonly #mode: ModeMenu;
  readonly #messageBox: MessageBox;
  readonly #answerAll: AnswerAll;
  readonly #rewind: HTMLButtonElement;
  readonly #waiting = h("button", { type: "button", class: "cnv-button cnv-waiting", hidden: true });
  readonly #stop: HTMLButtonElement;
  #footer: Footer | null = null;
  #shown: ShownState | null = null;
  #stopping = false;
  #lost = false;

  constructor(
    private readonly clock: Clock,
    actions: FooterActions,
  ) {
    this.#mode = new ModeMenu((mode) => {
      actions.send({ type: "mode", mode });
    });
    this.#messageBox = new MessageBox((text) => {
      actions.send({ type: "say", text });
    });
    this.#answerAll = new AnswerAll(actions.send);
    this.#rewind = rewindButton(() => {
      actions.send({ type: "rewind" });
    });
    this.#waiting.addEventListener("click", actions.showQuestion);
    this.#stop = h("button", { type: "button", class: "cnv-button cnv-stop", hidden: true });
    this.#stop.append(icon("stop"), h("span", {}, "Stop"));
    this.#stop.addEventListener("click", actions.stop);
    this.#line = h(
      "div",
      { class: "cnv-footer", role: "group", "aria-label": "This turn" },
      this.#state,
      this.#time,
      this.#note,
      this.#waiting,
      this.#answerAll.node,
      h("span", { class: "cnv-space" }),
      this.#mode.node,
      this.#model,
      this.#tokens,
      this.#cost,
      this.#contextMeter.node,
      this.#rewind,
      this.#stop,
    );
    this.node = h(
      "div",
      { class: "cnv-end", hidden: true },
      this.#mode.banner,
      this.#messageBox.node,
      this.#line,
    );
  }

  get running(): boolean {
    return this.#footer?.state === "running" && !this.#lost;
  }

  get canStop(): boolean {
    return this.running && !this.#stopping && this.#footer?.can_stop === true;
  }

  update(footer: Footer): void {
    this.#footer = footer;
    this.node.hidden = false;
    if (footer.state !== "running") this.#stopping = false;
    this.#showState();
    if (this.#note.textContent !== footer.note) this.#note.replaceChildren(...noteParts(footer.note));
    setText(this.#model, footer.model);
    setText(this.#tokens, tokenWords(footer));
    setText(this.#cost, costWords(footer));
    this.#contextMeter.update(footer.context_used);
    this.#mode.update(footer.mode, this.running && footer.can_stop, footer.can_bypass);
    this.#messageBox.node.hidden = !(this.running && footer.can_say);
    this.#rewind.hidden = this.running || footer.rewind === "";
    this.#rewind.disabled = footer.waiting > 0;
    this.#waiting.hidden = footer.waiting === 0;
    setText(this.#waiting, questionWords(footer.waiting));
    this.tick();
  }

  /** Offer to answer these questions at once. */
  showAnswerAll(ids: readonly string[]): void {
    this.#answerAll.update(this.running ? ids : []);
  }

  /** Show that a stop was requested. */
  stopping(): void {
    this.#stopping = true;
    this.#showState();
  }

  /** Show that the kernel died during the turn. */
  lost(): void {
    this.#lost = true;
    this.#showState();
  }

  tick(): void {
    const footer = this.#footer;
    if (!footer || this.#lost) return;
    if (footer.state === "running") setText(this.#time, formatRunningTime(this.clock.since(footer.started_ms)));
    else setText(this.#time, formatDuration(footer.elapsed_ms));
  }

  #showState(): void {
    const shown = this.#shownState();
    this.#stop.hidden = !(this.running && this.#footer?.can_stop === true);
    this.#stop.disabled = this.#stopping;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const look = TURN_STATES[shown];
    const mark = look.icon === null ? h("span", { class: "cnv-spinner" }) : icon(look.icon);
    this.#line.dataset["state"] = shown;
    this.#state.replaceChildren(mark, h("span", { class: "cnv-word" }, look.word));
  }

  #shownState(): ShownState {
    const state = this.#footer?.state ?? "running";
    if (state !== "running") return state;
    if (this.#lost) return "lost";
    return this.#stopping ? "stopping" : "running";
  }
}

function noteParts(note: string): Node[] {
  return note.split(SEPARATOR).flatMap((part, index) => {
    const shown = BADGES.has(part) ? h("span", { class: "cnv-badge" }, part) : new Text(part);
    return index === 0 ? [shown] : [new Text(SEPARATOR), shown];
  });
}

function questionWords(count: number): string {
  return count === 1 ? "1 question open" : `${count} questions open`;
}

function tokenWords(footer: Footer): string {
  if (footer.input_tokens === 0 && footer.output_tokens === 0) return "";
  return `${formatTokens(footer.input_tokens)} → ${formatTokens(footer.output_tokens)} tokens`;
}

function costWords(footer: Footer): string {
  const turn = formatCost(footer.turn_cost_usd);
  const session = footer.session_cost_usd ? `${formatCost(footer.session_cost_usd)} in all` : "";
  return [turn, session].filter(Boolean).join(SEPARATOR);
}
