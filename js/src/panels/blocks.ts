/**
 * Growing text: finished blocks, whose nodes are never replaced, and the open block.
 *
 * The node of the open block becomes the finished one, and only differences inside it change. The
 * text does not flicker, and a selection in the last paragraph survives its end.
 *
 * Blocks are nested in chunks, and chunks in groups. Skipping an invisible group skips several
 * hundred blocks at the cost of one, which keeps a text of a megabyte cheap.
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

  /** @param node parent of the groups */
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
    const continues = nodes.firstElementChild?.classList.contains("cn-more") === true;
    const block = this.#open ?? this.#newBlock(continues);
    block.previousElementSibling?.classList.toggle("cnv-goes-on", continues);
    morph(block, nodes);
    return block;
  }

  /** @param continues the block continues the previous one and joins its chunk */
  #newBlock(continues: boolean): HTMLElement {
    const block = h("div", { class: "cnv-block", dir: "auto" });
    const chunk = this.#chunk;
    const isFull = (chunk?.childElementCount ?? 0) >= BLOCKS_IN_A_CHUNK && !continues;
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
