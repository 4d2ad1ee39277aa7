/** A remark about the conversation, with a countdown where something is waited for. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { NoticeLevel, NoticePanel } from "../model";
import type { Context, Drawn } from "./panel";
import { PartList } from "./parts";

const ICONS: Readonly<Record<NoticeLevel, string>> = {
  info: "info",
  warning: "warning",
  retry: "clock",
  compact: "compress",
  limit: "warning",
  resumed: "info",
  danger: "warning",
};

export function drawNotice(entry: Entry, context: Context): Drawn {
  return new Notice(entry, context);
}

class Notice implements Drawn {
  readonly node: HTMLElement;
  readonly children = null;
  readonly #glyph = h("span", { class: "cnv-glyph" });
  readonly #text = h("span", { class: "cnv-title", dir: "auto" });
  readonly #countdown = h("span", { class: "cnv-time", role: "timer" });
  readonly #detail: PartList;
  #panel: NoticePanel | null = null;

  constructor(
    entry: Entry,
    private readonly context: Context,
  ) {
    this.#detail = new PartList(context, "Detail", { id: entry.panel.id, side: "detail" });
    const line = h("div", { class: "cnv-head" }, this.#glyph, this.#text, this.#countdown);
    this.node = h("div", { class: "cnv-panel cnv-notice" }, line, this.#detail.node);
    this.update(entry);
  }

  update(entry: Entry): void {
    const panel = entry.panel;
    if (panel.kind !== "notice") return;
    const before = this.#panel;
    this.#panel = panel;
    if (before?.level !== panel.level) {
      this.node.dataset["level"] = panel.level;
      const name = Object.hasOwn(ICONS, panel.level) ? ICONS[panel.level] : "info";
      this.#glyph.replaceChildren(icon(name));
    }
    if (before?.text !== panel.text && panel.level !== "info") this.context.say(panel.text);
    setText(this.#text, panel.text);
    this.#detail.update(panel.detail);
    this.tick();
  }

  tick(): boolean {
    const seconds = this.#seconds();
    setText(this.#countdown, seconds > 0 ? `in ${seconds} s` : "");
    return seconds > 0;
  }

  #seconds(): number {
    const until = this.#panel?.until_ms ?? null;
    return until === null ? 0 : Math.ceil(this.context.clock.until(until) / 1000);
  }
}
