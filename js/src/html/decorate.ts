/**
 * Decoration of sanitized HTML in the live view: buttons on code, scrolling tables, formulas.
 *
 * Nodes are decorated before they join the page, and without listeners (the root handles clicks by
 * `data-cnv`), so that equal HTML gives equal nodes and `morph` can compare them.
 */

import { h } from "./element";
import { icon } from "./icons";
import { type MathTypesetter, typesetAll } from "./math";

/** Minimum number of lines of code with a fold button. */
const FOLDABLE_LINES = 24;

/**
 * @param root parent of the new nodes
 * @param final the block is finished; a growing block gets no buttons, because they would lose the
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

/** Turn an empty header cell into a plain cell, so that screen readers do not announce it. */
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

/** Return a small icon button; `action` names the action that the root runs on a click. */
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
