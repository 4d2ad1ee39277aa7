/** Panel of an unknown kind: its title and folded content. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { UnknownPanel } from "../model";
import type { Context, Drawn } from "./panel";
import { Disclosure } from "./disclosure";
import { PartList } from "./parts";

/** Draw the title and parts of a panel, including kinds that only a newer kernel knows. */
export function drawUnknown(entry: Entry, context: Context): Drawn {
  const title = h("span", { class: "cnv-title", dir: "auto" });
  const parts = new PartList(context, "Content", { id: entry.panel.id, side: "detail" });
  const disclosure = new Disclosure([icon("info"), title], h("div", { class: "cnv-body" }, parts.node));
  const node = h("div", { class: "cnv-panel cnv-card cnv-unknown" }, disclosure.node);
  const update = (now: Entry): void => {
    const panel: Partial<UnknownPanel> = now.panel as UnknownPanel;
    const detail = panel.detail ?? [];
    setText(title, panel.title ?? "Unknown content");
    node.toggleAttribute("data-bare", detail.length === 0);
    disclosure.whenOpen(() => {
      parts.update(detail);
    });
  };
  update(entry);
  return { node, children: null, update };
}
