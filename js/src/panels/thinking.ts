/** Thinking panel: folded, with its last lines visible while it grows. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import { Blocks } from "./blocks";
import type { Context, Drawn } from "./panel";
import { Disclosure } from "./disclosure";

/** Number of characters visible at the end while folded. */
const PEEK = 400;

export function drawThinking(entry: Entry, context: Context): Drawn {
  const title = h("span", { class: "cnv-title", dir: "auto" });
  const body = h("div", { class: "cnv-body cnv-text" });
  const disclosure = new Disclosure([icon("spark"), title], body);
  const peekText = h("div", { dir: "auto" });
  const peek = h("div", { class: "cnv-peek", "aria-hidden": "true" }, peekText);
  const node = h("div", { class: "cnv-panel cnv-thinking" }, disclosure.node, peek);
  const blocks = new Blocks(body, context);
  const update = (now: Entry): void => {
    if (now.panel.kind !== "thinking") return;
    blocks.update(now);
    const live = now.panel.open;
    setText(title, now.panel.summary || (live ? "Thinking…" : "Thought"));
    node.classList.toggle("cnv-live", live);
    setText(peekText, live ? body.textContent.slice(-PEEK) : "");
  };
  update(entry);
  return { node, children: null, update };
}
