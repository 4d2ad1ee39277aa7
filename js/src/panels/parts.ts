/** The parts of a panel: code, output, diffs, tables, pictures, each with its label and note. */

import { decorate, toolButton } from "../html/decorate";
import { h } from "../html/element";
import { toNodes } from "../html/fragment";
import { drawMore } from "./truncation";
import type { Part, PartAddress, PartType } from "../model";
import type { Context } from "./panel";

/** A longer part is clipped, with a button that shows the rest. */
const CLIP_LINES = 16;
/** Text parts are clipped later: they are made of paragraphs. */
const CLIP_LINES_OF_PROSE = 40;

/** Types whose lines do not wrap by themselves. */
const WRAPPED: ReadonlySet<PartType> = new Set(["code", "output", "json"]);

/** A list of parts that redraws only those that changed. */
export class PartList {
  readonly node: HTMLElement;
  #parts: readonly Part[] = [];

  /**
   * @param name says what the parts are, for readers that cannot see: "Input"
   * @param place is where the kernel finds what was cut off; without it nothing ever is
   * @param whole: nothing is clipped, because somebody decides by what is shown
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
      // What follows the end wants the end to be seen.
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

/** What has tools of its own, or is not text, or is a remark of a few words, is not copied. */
function isCopyable(part: Part): boolean {
  if (part.type === "image" || part.type === "markdown") return false;
  return part.type !== "text" || part.lines > 1;
}

/** The line above a part: its label, what to know about it, and its tools. */
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
