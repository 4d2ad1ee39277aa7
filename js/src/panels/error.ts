/** Error panel: its cause and the next step. */

import { h, setText, withCode } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { Context, Drawn } from "./panel";
import { Disclosure } from "./disclosure";
import { PartList } from "./parts";

export function drawError(entry: Entry, context: Context): Drawn {
  const title = h("span", { class: "cnv-title", dir: "auto" });
  const text = h("p", { dir: "auto" });
  const advice = h("p", { class: "cnv-advice", dir: "auto" });
  const parts = new PartList(context, "Details", { id: entry.panel.id, side: "detail" });
  const disclosure = new Disclosure([h("span", {}, "Details")], parts.node);
  const body = h("div", { class: "cnv-body" }, text, advice, disclosure.node);
  const head = h("div", { class: "cnv-head" }, icon("cross"), title);
  const node = h("div", { class: "cnv-panel cnv-card cnv-error", "data-state": "error" }, head, body);
  let announced = "";
  const update = (now: Entry): void => {
    if (now.panel.kind !== "error") return;
    const { panel } = now;
    setText(title, panel.title || "Error");
    text.replaceChildren(...withCode(panel.text));
    advice.replaceChildren(...withCode(panel.advice));
    text.hidden = panel.text === "";
    advice.hidden = panel.advice === "";
    disclosure.node.hidden = panel.detail.length === 0;
    disclosure.whenOpen(() => {
      parts.update(panel.detail);
    });
    const announcement = `${panel.title}. ${panel.text} ${panel.advice}`;
    if (announcement !== announced) context.announce(announcement);
    announced = announcement;
  };
  update(entry);
  return { node, children: null, update };
}
