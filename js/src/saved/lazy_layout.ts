/**
 * Layout of a long saved form in steps. A single layout would block the page for the whole answer,
 * although the reader sees only one screen of it.
 */

import { h } from "../html/element";
import type { Anchor } from "../scroll/anchor";

/** Number of blocks laid out per step. */
const PART = 60;

export class LazyLayout {
  readonly #style = h("style");

  /** @param mark class of the saved form, which is not on the page yet */
  constructor(mark: string) {
    this.#style.textContent =
      `[class~="${mark.replace(/[^\w-]/g, "")}"] > div > * ` +
      "{ content-visibility: auto; contain-intrinsic-size: auto none auto 4em; }";
    document.head.append(this.#style);
  }

  /**
   * Lay out a form that is on the page now.
   *
   * @param anchor position to keep meanwhile; the blocks around it are laid out first
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

  /** Remove the temporary style. */
  stop(): void {
    this.#style.remove();
  }
}

/** Return the blocks around a node, or the last ones if the node contains them. */
function around(node: Node, blocks: readonly HTMLElement[]): HTMLElement[] {
  const index = blocks.findIndex((block) => block.contains(node));
  const middle = index < 0 ? blocks.length : index;
  return blocks.slice(Math.max(0, middle - PART / 2), middle + PART / 2);
}
