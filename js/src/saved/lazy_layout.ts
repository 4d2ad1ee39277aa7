/**
 * Lays a long saved form out in parts. All at once it would stop the page for as long as the whole
 * answer takes, though the reader sees a screen of it.
 */

import { h } from "../html/element";
import type { Anchor } from "../scroll/anchor";

/** Blocks that are laid out at a time. */
const PART = 60;

export class Unrolling {
  readonly #style = h("style");

  /** @param mark is the class of the saved form, which is not on the page yet */
  constructor(mark: string) {
    this.#style.textContent =
      `[class~="${mark.replace(/[^\w-]/g, "")}"] > div > * ` +
      "{ content-visibility: auto; contain-intrinsic-size: auto none auto 4em; }";
    document.head.append(this.#style);
  }

  /**
   * Go on with a form that is on the page now.
   *
   * @param anchor is kept where it is meanwhile; what is around it is laid out at once
   */
  run(form: Element, anchor: Anchor | null): void {
    const blocks = [...form.querySelectorAll<HTMLElement>(":scope > div > *")];
    const waiting = new Set(blocks);
    const layOut = (part: readonly HTMLElement[]): void => {
      anchor?.look();
      for (const block of part) {
        block.style.contentVisibility = "visible";
        waiting.delete(block);
      }
      anchor?.bringBack();
    };
    const next = (): void => {
      layOut([...waiting].slice(0, PART));
      if (waiting.size > 0) {
        setTimeout(next);
        return;
      }
      this.stop();
      for (const block of blocks) block.style.contentVisibility = "";
    };
    if (anchor) layOut(around(anchor.node, blocks));
    setTimeout(next);
  }

  /** Leave nothing behind. */
  stop(): void {
    this.#style.remove();
  }
}

/** The blocks around a node; the last ones where it stands around them. */
function around(node: Node, blocks: readonly HTMLElement[]): HTMLElement[] {
  const found = blocks.findIndex((block) => block.contains(node));
  const middle = found < 0 ? blocks.length : found;
  return blocks.slice(Math.max(0, middle - PART / 2), middle + PART / 2);
}
