/**
 * Times of the kernel on this page's clock.
 *
 * The kernel may run on another machine whose clock is off by minutes. Whenever a footer says how
 * long the turn has been running, that tells the difference.
 */

import type { Footer } from "../model";

export class Clock {
  /** This page's time minus the kernel's, in ms. */
  #ahead = 0;

  /** @param now Unix time of this page, in ms */
  constructor(private readonly now: () => number) {}

  /** Learn from a footer that has just arrived. */
  learn(footer: Footer): void {
    if (footer.state !== "running" || footer.elapsed_ms === null) return;
    this.#ahead = this.now() - (footer.started_ms + footer.elapsed_ms);
  }

  /** How long ago the kernel's time `kernel_ms` was, in ms; never negative. */
  since(kernel_ms: number): number {
    return Math.max(0, this.now() - this.#ahead - kernel_ms);
  }

  /** How far away the kernel's time `kernel_ms` is, in ms; 0 when it has passed. */
  until(kernel_ms: number): number {
    return Math.max(0, kernel_ms - (this.now() - this.#ahead));
  }
}
