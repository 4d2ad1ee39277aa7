/** Parts of a panel: code, output, diffs, tables and images, each with a label and note. */

import { decorate, toolButton } from "../html/decorate";
import { h } from "../html/element";
import { toNodes } from "../html/fragment";
import { drawMore } from "./truncation";
import type { Part, PartAddress, PartType } from "../model";
import type { Context } from "./panel";

/** Maximum number of lines before a part is clipped, with a button to expand it. */
const CLIP_LINES = 16;
/** The same limit for parts made of paragraphs. */
const CLIP_LINES_OF_PROSE = 40;

/** Types whose lines do not wrap automatically. */
const WRAPPED: ReadonlySet<PartType> = new Set(["code", "output", "json"]);

/** List of parts that redraws only changed ones. */
export class PartList {
  readonly node: HTMLElement;
  #parts: readonly Part[] = [];

  /**
   * @param name label of the list for screen readers, such as "Input"
   * @param place address of truncated content in the kernel; null if there is none
   * @param whole never clip, because the reader decides on the basis of this content
   */
  constructor(
    private readonly context: Context,
    name: string,
    private readonly place: Omit<PartAddress, "part"> | null = null,
    private readonly whole = false,
  ) {
    this.node = h("div", { class: "cnv-parts", role: "group", "aria-label": name });
  }

  update(parts: readonly Part[]): void {
    parts.forEach((part, index) => {
      const before = this.#parts[index];
      if (before && samePart(before, part)) return;
      const address = this.place && { ...this.place, part: index };
      if (before && address) this.context.rest.forget(address);
      const fresh = drawPart(part, address, this.context, this.whole);
      const old = this.node.children[index];
      if (old) old.replaceWith(fresh);
      else this.node.append(fresh);
    });
    while (this.node.children.length > parts.length) this.node.lastElementChild?.remove();
    this.#parts = parts;
    this.node.hidden = parts.length === 0;
  }
}

function samePart(a: Part, b: Part): boolean {
  return a.type === b.type && a.html === b.html && a.label === b.label && a.note === b.note && a.more === b.more;
}

function drawPart(
  part: Part,
  address: PartAddress | null,
  context: Context,
  whole: boolean,
): HTMLElement {
  const content = h("div", { class: "cnv-part-content", dir: "auto" });
  const nodes = toNodes(part.html);
  decorate(nodes, part.type === "markdown", context.math);
  content.append(nodes);
  const node = h("div", { class: `cnv-part cnv-part-${part.type}` }, bar(part), content);
  const clipped = !whole && part.lines > clipLines(part) ? clip(node, content, part) : null;
  if (part.more && address) {
    const open = (): void => {
      // Expand the part, since more content follows its end.
      if (content.classList.contains("cnv-clipped")) clipped?.click();
    };
    node.append(drawMore(address, part.more, context, open));
  }
  context.watch(node);
  return node;
}

function clipLines(part: Part): number {
  return part.type === "markdown" || part.type === "table" ? CLIP_LINES_OF_PROSE : CLIP_LINES;
}

/** Return false for images, short remarks, and Markdown, whose code has its own buttons. */
function isCopyable(part: Part): boolean {
  if (part.type === "image" || part.type === "markdown") return false;
  return part.type !== "text" || part.lines > 1;
}

/** Return the line above a part: its label, note and buttons. */
function bar(part: Part): HTMLElement | null {
  const copyable = isCopyable(part);
  const bare = !part.label && !part.note;
  if (bare && !copyable) return null;
  const node = h(
    "div",
    { class: bare ? "cnv-part-bar cnv-bare" : "cnv-part-bar" },
    h("span", { class: "cnv-part-label", dir: "auto" }, part.label),
    part.note ? h("span", { class: "cnv-part-note", dir: "auto" }, part.note) : null,
  );
  if (copyable) {
    const name = part.label || part.type;
    const tools = h("span", { class: "cnv-tools" });
    if (WRAPPED.has(part.type)) tools.append(toolButton("wrap", "wrap", "Wrap lines", name));
    tools.append(toolButton("copy", "copy", "Copy", name));
    node.append(tools);
  }
  return node;
}

function clip(node: HTMLElement, content: HTMLElement, part: Part): HTMLElement {
  content.classList.add("cnv-clipped");
  const all = part.more ? `Show ${String(part.lines)} lines` : `Show all ${String(part.lines)} lines`;
  const button = h(
    "button",
    {
      type: "button",
      class: "cnv-more",
      "data-cnv": "more",
      "data-all": all,
      "data-less": "Show less",
      "aria-expanded": "false",
    },
    all,
  );
  node.append(button);
  return button;
}
