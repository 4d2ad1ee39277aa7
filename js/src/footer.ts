/** The line under the answer: state, time, model, tokens, costs, context, and the Stop button. */

import type { Clock } from "./clock";
import { h, setText } from "./h";
import { icon } from "./icons";
import type { Footer, TurnState } from "./view";
import { duration, money, percent, ticking, tokens } from "./words";

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

/** Beyond this share the context gauge warns. */
const NEARLY_FULL = 0.8;

export class FooterLine {
  readonly node: HTMLElement;
  readonly #state = h("span", { class: "cnv-state" });
  readonly #time = h("span", { class: "cnv-fact", role: "timer", "aria-label": "Elapsed time" });
  readonly #note = h("span", { class: "cnv-fact cnv-note", dir: "auto" });
  readonly #model = h("span", { class: "cnv-fact" });
  readonly #tokens = h("span", { class: "cnv-fact" });
  readonly #cost = h("span", { class: "cnv-fact" });
  readonly #gauge = new Gauge();
  readonly #stop: HTMLButtonElement;
  #footer: Footer | null = null;
  #shown: ShownState | null = null;
  #stopping = false;
  #lost = false;

  /** @param stop is called when the reader wants the turn to stop */
  constructor(
    private readonly clock: Clock,
    stop: () => void,
  ) {
    this.#stop = h("button", { type: "button", class: "cnv-button cnv-stop", hidden: true });
    this.#stop.append(icon("stop"), h("span", {}, "Stop"));
    this.#stop.addEventListener("click", stop);
    this.node = h(
      "div",
      { class: "cnv-footer", role: "group", "aria-label": "This turn", hidden: true },
      this.#state,
      this.#time,
      this.#note,
      h("span", { class: "cnv-space" }),
      this.#model,
      this.#tokens,
      this.#cost,
      this.#gauge.node,
      this.#stop,
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
    setText(this.#note, footer.note);
    setText(this.#model, footer.model);
    setText(this.#tokens, tokenWords(footer));
    setText(this.#cost, costWords(footer));
    this.#gauge.update(footer.context_used);
    this.tick();
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
    this.node.dataset["state"] = shown;
    this.#state.replaceChildren(mark, h("span", { class: "cnv-word" }, look.word));
  }

  #shownState(): ShownState {
    const state = this.#footer?.state ?? "running";
    if (state !== "running") return state;
    if (this.#lost) return "lost";
    return this.#stopping ? "stopping" : "running";
  }
}

/** How full the model's context is: a small bar, and the number in words. */
class Gauge {
  readonly #fill = h("span", { class: "cnv-gauge-fill" });
  readonly #word = h("span", {});
  readonly #bar = h(
    "span",
    {
      class: "cnv-gauge-bar",
      role: "meter",
      "aria-label": "Context used",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 0,
    },
    this.#fill,
  );
  readonly node = h(
    "span",
    { class: "cnv-fact cnv-gauge", hidden: true, title: "Share of the model's context in use" },
    this.#bar,
    this.#word,
  );

  update(share: number | null): void {
    this.node.hidden = share === null;
    if (share === null) return;
    const within = Math.min(1, Math.max(0, share));
    this.#fill.style.inlineSize = `${Math.round(within * 100)}%`;
    this.#bar.setAttribute("aria-valuenow", String(Math.round(within * 100)));
    this.node.classList.toggle("cnv-nearly-full", within > NEARLY_FULL);
    setText(this.#word, `${percent(within)} context`);
  }
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
