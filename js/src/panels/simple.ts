/** Panels with a title and parts: images and prompts. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { Panel, Part } from "../model";
import type { Context, Draw, Drawn } from "./panel";
import { PartList } from "./parts";

interface Content {
  readonly title: string;
  readonly detail: readonly Part[];
}

function drawPlain(
  className: string,
  glyph: string,
  content: (panel: Panel) => Content,
): Draw {
  return (entry: Entry, context: Context): Drawn => {
    const title = h("span", { class: "cnv-title", dir: "auto" });
    const head = h("div", { class: "cnv-head" }, icon(glyph), title);
    const parts = new PartList(context, "Content", { id: entry.panel.id, side: "detail" });
    const node = h("div", { class: `cnv-panel ${className}` }, head, parts.node);
    const update = (now: Entry): void => {
      const { title: text, detail } = content(now.panel);
      setText(title, text);
      head.hidden = text === "";
      parts.update(detail);
    };
    update(entry);
    return { node, children: null, update };
  };
}

const NOTHING: Content = { title: "", detail: [] };

export const drawImage = drawPlain("cnv-pictures", "image", (panel) =>
  panel.kind === "image" ? panel : NOTHING,
);

export const drawPrompt = drawPlain("cnv-prompt", "prompt", (panel) =>
  panel.kind === "prompt" ? { title: panel.text, detail: panel.detail } : NOTHING,
);
