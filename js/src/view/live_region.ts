/**
 * Screen reader announcements: the start, the end and each step, at a limited rate.
 *
 * The module uses one polite live region. Lines that arrive during a pause become one line: the
 * newest, and the number of others.
 */

import { h } from "../html/element";

/** Minimum time between two lines, in ms. */
const PAUSE_MS = 2500;

export class LiveRegion {
  readonly node = h("div", { class: "cnv-hidden", role: "status", "aria-live": "polite" });
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Announce `text` now, or after the pause that follows the previous line. */
  announce(text: string): void {
    this.#waiting.push(text);
    if (this.#timer === null) this.#speak();
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #speak(): void {
    const newest = this.#waiting.at(-1);
    if (newest === undefined) {
      this.#timer = null;
      return;
    }
    const others = this.#waiting.length - 1;
    this.node.textContent = others > 0 ? `${newest} (and ${others} more)` : newest;
    this.#waiting = [];
    this.#timer = setTimeout(() => {
      this.#speak();
    }, PAUSE_MS);
  }
}
