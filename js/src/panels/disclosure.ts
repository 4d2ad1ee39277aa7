/** `<details>` element that follows the kernel until the reader opens or closes it. */

import { h } from "../html/element";
import { icon } from "../html/icons";

export class Disclosure {
  readonly node: HTMLDetailsElement;
  readonly summary: HTMLElement;
  #decided = false;
  #onOpen: (() => void) | null = null;

  /** @param head nodes of the summary, next to the arrow */
  constructor(head: readonly Node[], body: HTMLElement) {
    this.summary = h("summary", { class: "cnv-head" }, icon("chevron"), ...head);
    this.node = h("details", { class: "cnv-fold" }, this.summary, body);
    this.summary.addEventListener("click", () => {
      this.#decided = true;
    });
    this.node.addEventListener("toggle", () => {
      this.#opened();
    });
  }

  /** Open or close, unless the reader has decided. */
  follow(open: boolean): void {
    if (this.#decided || this.node.open === open) return;
    this.node.open = open;
    this.#opened();
  }

  /** Call `draw` now if open, else on opening, so that folded content costs nothing. */
  whenOpen(draw: () => void): void {
    this.#onOpen = draw;
    this.#opened();
  }

  #opened(): void {
    if (!this.node.open) return;
    const draw = this.#onOpen;
    this.#onOpen = null;
    draw?.();
  }
}
