/** A view on a page, painted by hand. */

import { vi } from "vitest";

import { toMathML } from "../src/assets/math";
import { Clock } from "../src/state/clock";
import { View } from "../src/view/turn_view";
import { MathTypesetter } from "../src/html/math";
import { Rest } from "../src/panels/truncation";
import { Store } from "../src/state/store";
import type { FromReader, Op } from "../src/model";
import { STARTED } from "./sample";

export class Stage {
  readonly store = new Store();
  readonly clock = new Clock(() => Date.now());
  view: View;
  /** What waits for the next paint. */
  readonly frames: (() => void)[] = [];
  /** How often the reader wanted to stop. */
  stops = 0;
  /** What else the reader told the kernel. */
  readonly told: FromReader[] = [];

  /** With fake timers: the sample's beginning is now. */
  constructor() {
    vi.useFakeTimers({ now: STARTED });
    document.body.replaceChildren();
    this.view = this.open();
  }

  /** Open a view on the same store, and paint it; the one before is left alone. */
  open(): View {
    const math: MathTypesetter = new MathTypesetter(
      () => Promise.resolve({ toMathML }),
      () => {
        this.view.typeset();
      },
    );
    this.view = new View(this.store, {
      clock: this.clock,
      math,
      rest: new Rest(() => undefined),
      tell: (message) => this.told.push(message),
      stop: () => (this.stops += 1),
      frame: (draw) => this.frames.push(draw),
    });
    document.body.append(this.view.node);
    this.paint();
    return this.view;
  }

  close(): void {
    this.view.dispose();
    vi.useRealTimers();
  }

  /** Apply ops as one message, without painting. */
  hear(...ops: Op[]): void {
    this.view.changed(this.store.apply(ops));
  }

  paint(): void {
    for (const draw of this.frames.splice(0)) draw();
  }

  show(...ops: Op[]): void {
    this.hear(...ops);
    this.paint();
  }

  all(selector: string): HTMLElement[] {
    return [...this.view.node.querySelectorAll<HTMLElement>(selector)];
  }

  one(selector: string): HTMLElement {
    const [found, second] = this.all(selector);
    if (!found || second) throw new Error(`not exactly one ${selector}`);
    return found;
  }

  said(): string {
    return this.one('[role="status"]').textContent;
  }
}
