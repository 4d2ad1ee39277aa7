/** Text panel: text of the model, without a frame. */

import { h } from "../html/element";
import type { Entry } from "../state/store";
import { Blocks } from "./blocks";
import type { Context, Drawn } from "./panel";

export function drawText(entry: Entry, context: Context): Drawn {
  const node = h("div", { class: "cnv-panel cnv-text" });
  const blocks = new Blocks(node, context);
  const update = (now: Entry): void => {
    blocks.update(now);
    node.hidden = now.blocks.length === 0 && now.tail === "";
  };
  update(entry);
  return { node, children: null, update };
}
