/** The line under the answer: state, time, model, tokens, costs, context, and the Stop button. */

import type { Clock } from "../state/clock";
import { Gauge } from "./context_meter";
import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import { ModeMenu } from "./mode_menu";
import { rewindButton } from "./rewind_button";
import { Together } from "./answer_all";
import { SayBox } from "./message_box";
import type { Footer, FromReader, TurnState } from "../model";
import { duration, money, ticking, tokens } from "../html/format";

/** "lost" is ours: the kernel is gone, so nothing more will come. */
type ShownState = TurnState | "stopping" | "lost";

interface Look {
  readonly word: string;
  readonly icon: string | null;
}

const LOOKS: Readonly<Record<ShownState, Look>> = {
  running: { word: "Working", icon: null },
  stopping: { word: "Stopping…", icon: null },
  done: { word: "Done", icon: "check" },
  stopped: { word: "Stopped", icon: "stop" },
  failed: { word: "Failed", icon: "cross" },
  lost: { word: "Kernel gone", icon: "warning" },
};

const BETWEEN = " · ";
/** Parts of the note that are shown as badges: they say what kind of turn it is. */
const BADGES: ReadonlySet<string> = new Set(["recorded"]);

/** What the reader can want. */
export interface Wishes {
  readonly stop: () => void;
  readonly tell: (message: FromReader) => void;
  /** Go to the question that waits longest. */
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
  readonly #gauge = new Gauge();
  readonly #mode: ModeMenu;
  readonly #say: SayBox;
  readonly #together: Together;
  readonly #rewind: HTMLButtonElement;
  readonly #waiting = h("button", { type: "button", class: "cnv-button cnv-waiting", hidden: true });
  readonly #stop: HTMLButtonElement;
  #footer: Footer | null = null;
  #shown: ShownState | null = null;
  #stopping = false;
  #lost = false;

  constructor(
    private readonly clock: Clock,
    wishes: Wishes,
  ) {
    this.#mode = new ModeMenu((mode) => {
      wishes.tell({ type: "mode", mode });
    });
    this.#say = new SayBox((text) => {
      wishes.tell({ type: "say", text });
    });
    this.#together = new Together(wishes.tell);
    this.#rewind = rewindButton(() => {
      wishes.tell({ type: "rewind" });
    });
    this.#waiting.addEventListener("click", wishes.showQuestion);
    this.#stop = h("button", { type: "button", class: "cnv-button cnv-stop", hidden: true });
    this.#stop.append(icon("stop"), h("span", {}, "Stop"));
    this.#stop.addEventListener("click", wishes.stop);
    this.#line = h(
      "div",
      { class: "cnv-footer", role: "group", "aria-label": "This turn" },
      this.#state,
      this.#time,
      this.#note,
      this.#waiting,
      this.#together.node,
      h("span", { class: "cnv-space" }),
      this.#mode.node,
      this.#model,
      this.#tokens,
      this.#cost,
      this.#gauge.node,
      this.#rewind,
      this.#stop,
    );
    this.node = h(
      "div",
      { class: "cnv-end", hidden: true },
      this.#mode.banner,
      this.#say.node,
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
    this.#gauge.update(footer.context_used);
    this.#mode.update(footer.mode, this.running && footer.can_stop, footer.can_bypass);
    this.#say.node.hidden = !(this.running && footer.can_say);
    this.#rewind.hidden = this.running || footer.rewind === "";
    this.#rewind.disabled = footer.waiting > 0;
    this.#waiting.hidden = footer.waiting === 0;
    setText(this.#waiting, questionWords(footer.waiting));
    this.tick();
  }

  /** Offer to answer the questions with these ids at once. */
  together(ids: readonly string[]): void {
    this.#together.update(this.running ? ids : []);
  }

  /** Show that stopping was asked for. */
  stopping(): void {
    this.#stopping = true;
    this.#showState();
  }

  /** Show that the kernel went away in the middle of the turn. */
  lost(): void {
    this.#lost = true;
    this.#showState();
  }

  tick(): void {
    const footer = this.#footer;
    if (!footer || this.#lost) return;
    if (footer.state === "running") setText(this.#time, ticking(this.clock.since(footer.started_ms)));
    else setText(this.#time, footer.elapsed_ms === null ? "" : duration(footer.elapsed_ms));
  }

  #showState(): void {
    const shown = this.#shownState();
    this.#stop.hidden = !(this.running && this.#footer?.can_stop === true);
    this.#stop.disabled = this.#stopping;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const look = LOOKS[shown];
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
  return note.split(BETWEEN).flatMap((part, index) => {
    const shown = BADGES.has(part) ? h("span", { class: "cnv-badge" }, part) : new Text(part);
    return index === 0 ? [shown] : [new Text(BETWEEN), shown];
  });
}

function questionWords(count: number): string {
  return count === 1 ? "1 question waits" : `${count} questions wait`;
}

function tokenWords(footer: Footer): string {
  if (footer.input_tokens === 0 && footer.output_tokens === 0) return "";
  return `${tokens(footer.input_tokens)} in, ${tokens(footer.output_tokens)} out`;
}

function costWords(footer: Footer): string {
  const turn = footer.turn_cost_usd;
  const session = footer.session_cost_usd;
  if (turn === null && session === null) return "";
  if (turn === null) return `${money(session ?? 0)} session`;
  if (session === null || session === turn) return money(turn);
  return `${money(turn)} of ${money(session)}`;
}
