/** Tool panel: one line with title, state and time, which unfolds to input and result. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { ToolPanel, ToolState } from "../model";
import { formatElapsed, formatRunningTime, SHORTEST_ELAPSED_MS } from "../html/format";
import type { Context, Drawn } from "./panel";
import { Disclosure } from "./disclosure";
import { PartList } from "./parts";

interface Look {
  readonly word: string;
  readonly icon: string | null;
}

/** Display of the states of a call; a `null` icon is the spinner. */
const TOOL_STATES: Readonly<Record<ToolState, Look>> = {
  running: { word: "Running", icon: null },
  waiting: { word: "Waiting for you", icon: "clock" },
  done: { word: "Done", icon: "check" },
  error: { word: "Failed", icon: "cross" },
  denied: { word: "Denied", icon: "dash" },
  stopped: { word: "Stopped", icon: "stop" },
};

export function drawTool(entry: Entry, context: Context): Drawn {
  return new ToolView(entry, context);
}

class ToolView implements Drawn {
  readonly node: HTMLElement;
  readonly children = h("div", { class: "cnv-children" });
  readonly #glyph = h("span", { class: "cnv-glyph" });
  readonly #title = h("span", { class: "cnv-title", dir: "auto" });
  readonly #time = h("span", { class: "cnv-time" });
  readonly #state = h("span", { class: "cnv-state" });
  readonly #disclosure: Disclosure;
  readonly #input: PartList;
  readonly #result: PartList;
  #panel: ToolPanel | null = null;

  constructor(
    entry: Entry,
    private readonly context: Context,
  ) {
    this.#input = new PartList(context, "Input", { id: entry.panel.id, side: "input" });
    this.#result = new PartList(context, "Result", { id: entry.panel.id, side: "result" });
    const body = h("div", { class: "cnv-body" }, this.#input.node, this.children, this.#result.node);
    this.#disclosure = new Disclosure([this.#glyph, this.#title, this.#time, this.#state], body);
    this.node = h("div", { class: "cnv-panel cnv-card cnv-tool-panel" }, this.#disclosure.node);
    this.update(entry);
  }

  update(entry: Entry): void {
    const panel = entry.panel;
    if (panel.kind !== "tool") return;
    const before = this.#panel;
    this.#panel = panel;
    setText(this.#title, panel.title || panel.tool);
    if (before?.icon !== panel.icon) this.#glyph.replaceChildren(icon(panel.icon));
    if (before?.state !== panel.state) this.#setState(panel, before);
    this.node.toggleAttribute("data-bare", panel.input.length + panel.result.length === 0);
    if (before?.open !== panel.open) this.#disclosure.follow(panel.open);
    this.#disclosure.whenOpen(() => {
      this.#input.update(this.#panel?.input ?? []);
      this.#result.update(this.#panel?.result ?? []);
    });
    this.tick();
  }

  tick(): boolean {
    const panel = this.#panel;
    if (!panel) return false;
    setText(this.#time, timeOf(panel, this.context));
    return panel.state === "running" && panel.elapsed_ms === null;
  }

  #setState(panel: ToolPanel, before: ToolPanel | null): void {
    const look = lookOf(panel.state);
    this.node.dataset["state"] = panel.state;
    const mark = look.icon === null ? h("span", { class: "cnv-spinner" }) : icon(look.icon);
    this.#state.replaceChildren(mark, h("span", { class: "cnv-word" }, look.word));
    const isAnnounced = before !== null && panel.parent === null;
    if (isAnnounced) this.context.announce(`${look.word}: ${panel.title || panel.tool}`);
  }
}

function lookOf(state: string): Look {
  return Object.hasOwn(TOOL_STATES, state) ? TOOL_STATES[state as ToolState] : { word: state, icon: "info" };
}

function timeOf(panel: ToolPanel, context: Context): string {
  if (panel.elapsed_ms !== null) return formatElapsed(panel.elapsed_ms);
  if (panel.state !== "running" || panel.started_ms === 0) return "";
  const running = context.clock.since(panel.started_ms);
  return running < SHORTEST_ELAPSED_MS ? "" : formatRunningTime(running);
}
