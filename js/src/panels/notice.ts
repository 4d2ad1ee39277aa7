/** Notice panel: a remark about the conversation, possibly with a countdown. */

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

/** Words before the text, as in the saved form: color alone never carries meaning. */
const WORDS: Readonly<Partial<Record<NoticeLevel, string>>> = {
  limit: "Limit:",
  danger: "Caution:",
};

export function drawNotice(entry: Entry, context: Context): Drawn {
  return new NoticeView(entry, context);
}

class NoticeView implements Drawn {
  readonly node: HTMLElement;
  readonly children = null;
  readonly #glyph = h("span", { class: "cnv-glyph" });
  readonly #word = h("strong", { hidden: true });
  readonly #text = h("span", { class: "cnv-title", dir: "auto" });
  readonly #countdown = h("span", { class: "cnv-time", role: "timer" });
  readonly #detail: PartList;
  #panel: NoticePanel | null = null;

  constructor(
    entry: Entry,
    private readonly context: Context,
  ) {
    this.#detail = new PartList(context, "Detail", { id: entry.panel.id, side: "detail" });
    const line = h("div", { class: "cnv-head" }, this.#glyph, this.#word, this.#text, this.#countdown);
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
      setText(this.#word, WORDS[panel.level] ?? "");
      this.#word.hidden = this.#word.textContent === "";
    }
    if (before?.text !== panel.text && panel.level !== "info") this.context.announce(panel.text);
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
