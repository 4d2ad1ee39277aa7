/** Something that this version does not know: its title, and what it holds folded away. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { UnknownPanel } from "../model";
import type { Context, Drawn } from "./panel";
import { Fold } from "./disclosure";
import { PartList } from "./parts";

/** Also draws kinds that only a newer kernel knows: whatever they have of a title and parts. */
export function drawUnknown(entry: Entry, context: Context): Drawn {
  const title = h("span", { class: "cnv-title", dir: "auto" });
  const parts = new PartList(context, "Content", { id: entry.panel.id, side: "detail" });
  const fold = new Fold([icon("info"), title], h("div", { class: "cnv-body" }, parts.node));
  const node = h("div", { class: "cnv-panel cnv-card cnv-unknown" }, fold.node);
  const update = (now: Entry): void => {
    const panel: Partial<UnknownPanel> = now.panel as UnknownPanel;
    const detail = panel.detail ?? [];
    setText(title, panel.title ?? "Something new");
    node.toggleAttribute("data-bare", detail.length === 0);
    fold.whenOpen(() => {
      parts.update(detail);
    });
  };
  update(entry);
  return { node, children: null, update };
}
