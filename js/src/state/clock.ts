/**
 * Converts kernel times to this page's clock.
 *
 * The kernel may run on another machine whose clock is off by minutes. The elapsed time of a running
 * turn in a footer reveals the difference.
 */

import type { Footer } from "../model";

export class Clock {
  /** This page's time minus the kernel's, in ms. */
  #ahead = 0;

  /** @param now returns the Unix time of this page in ms */
  constructor(private readonly now: () => number) {}

  /** Update the difference from a footer that has just arrived. */
  learn(footer: Footer): void {
    if (footer.state !== "running" || footer.elapsed_ms === null) return;
    this.#ahead = this.now() - (footer.started_ms + footer.elapsed_ms);
  }

  /** Return the ms since the kernel's time `kernel_ms`; never negative. */
  since(kernel_ms: number): number {
    return Math.max(0, this.now() - this.#ahead - kernel_ms);
  }

  /** Return the ms until the kernel's time `kernel_ms`; 0 once it has passed. */
  until(kernel_ms: number): number {
    return Math.max(0, kernel_ms - (this.now() - this.#ahead));
  }
}
