/**
 * What the live view adds to blocks of sanitised HTML: tools on code, scrolling tables, formulas.
 *
 * It works on nodes that are not on the page yet and adds no listeners (clicks are answered at the
 * root, by `data-cnv`), so that the same HTML always gives equal nodes and `morph` can compare.
 */

import { h } from "./element";
import { icon } from "./icons";
import { type MathTypesetter, typesetAll } from "./math";

/** Code of so many lines, or a first piece that is so long, gets a button that folds it. */
const FOLDABLE_LINES = 24;

/**
 * @param root holds the new nodes
 * @param final whether the block is finished; a growing one gets no buttons, which would lose the
 *   focus whenever it grows
 */
export function decorate(root: ParentNode, final: boolean, math: MathTypesetter): void {
  typesetAll(root, math);
  root.querySelectorAll("pre").forEach((pre) => {
    pre.setAttribute("dir", "ltr");
  });
  root.querySelectorAll("table").forEach(scrollTable);
  root.querySelectorAll("th").forEach(emptyHead);
  if (final) root.querySelectorAll<HTMLElement>(".cn-code").forEach(addTools);
}

function scrollTable(table: HTMLTableElement): void {
  if (table.parentElement?.closest(".cn-code, .cn-wrap, .cn-diff, .cnv-scroll")) return;
  const box = h("div", { class: "cnv-scroll" });
  table.replaceWith(box);
  box.append(table);
}

/** A head without words is a plain cell, or a screen reader announces nothing as something. */
function emptyHead(head: HTMLTableCellElement): void {
  if (head.textContent.trim() === "") head.replaceWith(h("td"));
}

function addTools(code: HTMLElement): void {
  if (code.classList.contains("cn-more")) return;
  const name = code.querySelector(".cn-label")?.textContent ?? "code";
  const tools = h("div", { class: "cnv-tools" });
  if (countLines(code) >= FOLDABLE_LINES) tools.append(toolButton("fold", "compress", "Fold", name));
  tools.append(toolButton("wrap", "wrap", "Wrap lines", name));
  tools.append(toolButton("copy", "copy", "Copy", name));
  code.append(tools);
}

/** A small button with an icon. `action` is what the root does on its click. */
export function toolButton(action: string, glyph: string, label: string, of: string): HTMLElement {
  const attributes = {
    type: "button",
    class: "cnv-tool",
    "data-cnv": action,
    title: label,
    "aria-label": `${label}: ${of}`,
    "aria-pressed": action === "copy" ? null : "false",
  };
  return h("button", attributes, icon(glyph));
}

function countLines(node: Node): number {
  return (node.textContent?.match(/\n/g)?.length ?? 0) + 1;
}
