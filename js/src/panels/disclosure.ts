/** A `<details>` that opens as the kernel says, until the reader decides otherwise. */

import { h } from "../html/element";
import { icon } from "../html/icons";

export class Fold {
  readonly node: HTMLDetailsElement;
  readonly summary: HTMLElement;
  #decided = false;
  #onOpen: (() => void) | null = null;

  /** @param head what stands in the summary, next to the arrow */
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

  /** Open or close, unless the reader already did. */
  follow(open: boolean): void {
    if (this.#decided || this.node.open === open) return;
    this.node.open = open;
    this.#opened();
  }

  /** Call `draw` at once when open, else when it is opened: what is folded costs nothing. */
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
