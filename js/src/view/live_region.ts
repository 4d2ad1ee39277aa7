/**
 * What a screen reader hears: the beginning, the end, and a line per step, but never a flood.
 *
 * One polite live region. What arrives within a pause is said as one line: the newest, and how
 * many there were.
 */

import { h } from "../html/element";

/** The least time between two lines, in ms. */
const PAUSE_MS = 2500;

export class Announcer {
  readonly node = h("div", { class: "cnv-hidden", role: "status", "aria-live": "polite" });
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Say `text` now, or after the pause when something was just said. */
  say(text: string): void {
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
