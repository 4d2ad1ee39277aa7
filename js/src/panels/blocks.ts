/**
 * A text that grows: finished blocks, whose nodes are never replaced, and the block that is open.
 *
 * When the open block is finished, its own node becomes the finished one; only what differs inside
 * changes. So nothing flickers, and a selection in the last paragraph survives its end.
 *
 * Blocks stand in chunks, and chunks in groups. A browser that skips a group out of sight skips some
 * hundreds of blocks at the price of one, which keeps a text of a megabyte cheap.
 */

import { decorate } from "../html/decorate";
import { h } from "../html/element";
import { morph, toNodes } from "../html/fragment";
import type { Entry } from "../state/store";
import type { Context } from "./panel";

const BLOCKS_IN_A_CHUNK = 40;
const CHUNKS_IN_A_GROUP = 16;

export class Blocks {
  #finished = 0;
  #chunk: HTMLElement | null = null;
  #group: HTMLElement | null = null;
  #open: HTMLElement | null = null;
  #tail = "";

  /** @param node gets the blocks, in chunks and groups */
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
    const block = this.#fill(html, true);
    block.classList.remove("cnv-open");
    this.#open = null;
    this.#tail = "";
    this.context.watch(block);
  }

  #grow(tail: string): void {
    this.#tail = tail;
    if (tail === "") {
      this.#open?.remove();
      this.#open = null;
      return;
    }
    this.#open = this.#fill(tail, false);
    this.#open.classList.add("cnv-open");
  }

  /** Put `html` into the open block, or into a new one. */
  #fill(html: string, final: boolean): HTMLElement {
    const nodes = toNodes(html);
    decorate(nodes, final, this.context.math);
    const goesOn = nodes.firstElementChild?.classList.contains("cn-more") === true;
    const block = this.#open ?? this.#newBlock(goesOn);
    block.previousElementSibling?.classList.toggle("cnv-goes-on", goesOn);
    morph(block, nodes);
    return block;
  }

  /** @param goesOn whether it continues the block before it; then it stands in the same chunk */
  #newBlock(goesOn: boolean): HTMLElement {
    const block = h("div", { class: "cnv-block", dir: "auto" });
    const chunk = this.#chunk;
    const isFull = (chunk?.childElementCount ?? 0) >= BLOCKS_IN_A_CHUNK && !goesOn;
    this.#chunk = chunk && !isFull ? chunk : this.#newChunk();
    this.#chunk.append(block);
    return block;
  }

  #newChunk(): HTMLElement {
    this.#chunk?.classList.add("cnv-full");
    const group = this.#group;
    const isFull = (group?.childElementCount ?? 0) >= CHUNKS_IN_A_GROUP;
    this.#group = group && !isFull ? group : this.#newGroup();
    const chunk = h("div", { class: "cnv-chunk" });
    this.#group.append(chunk);
    return chunk;
  }

  #newGroup(): HTMLElement {
    this.#group?.classList.add("cnv-full");
    const group = h("div", { class: "cnv-group" });
    this.node.append(group);
    return group;
  }
}
