/**
 * A text that grows: finished blocks, whose nodes are never replaced, and the block that is open.
 *
 * When the open block is finished, its own node becomes the finished one; only what differs inside
 * changes. So nothing flickers, and a selection in the last paragraph survives its end.
 */

import { decorate } from "../decorate";
import { h } from "../h";
import { morph, toNodes } from "../html";
import type { Entry } from "../store";
import type { Context } from "./drawn";

export class Blocks {
  #finished = 0;
  #open: HTMLElement | null = null;
  #tail = "";

  /** @param node gets the blocks as its children */
  constructor(
    private readonly node: HTMLElement,
    private readonly context: Context,
  ) {}

  update(entry: Entry): void {
    for (const html of entry.blocks.slice(this.#finished)) this.#finish(html);
    this.#finished = entry.blocks.length;
    if (entry.tail !== this.#tail) this.#grow(entry.tail);
  }

  #finish(html: string): void {
    const block = this.#open ?? this.#newBlock();
    block.classList.remove("cnv-open");
    this.#open = null;
    this.#tail = "";
    this.#fill(block, html, true);
    this.context.watch(block);
  }

  #grow(tail: string): void {
    this.#tail = tail;
    if (tail === "") {
      this.#open?.remove();
      this.#open = null;
      return;
    }
    this.#open ??= this.#newBlock();
    this.#open.classList.add("cnv-open");
    this.#fill(this.#open, tail, false);
  }

  #newBlock(): HTMLElement {
    const block = h("div", { class: "cnv-block", dir: "auto" });
    this.node.append(block);
    return block;
  }

  #fill(block: HTMLElement, html: string, final: boolean): void {
    const nodes = toNodes(html);
    decorate(nodes, final, this.context.math);
    const goesOn = nodes.firstElementChild?.classList.contains("cn-more") === true;
    block.previousElementSibling?.classList.toggle("cnv-goes-on", goesOn);
    morph(block, nodes);
  }
}
