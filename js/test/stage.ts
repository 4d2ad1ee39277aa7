/** View on a page, painted by the test. */

import { vi } from "vitest";

import { toMathML } from "../src/assets/math";
import { Clock } from "../src/state/clock";
import { TurnView } from "../src/view/turn_view";
import { MathTypesetter } from "../src/html/math";
import { TruncatedContent } from "../src/panels/truncation";
import { Store } from "../src/state/store";
import type { FromReader, Op } from "../src/model";
import { STARTED } from "./sample";

export class Stage {
  readonly store = new Store();
  readonly clock = new Clock(() => Date.now());
  view: TurnView;
  /** Callbacks for the next paint. */
  readonly frames: (() => void)[] = [];
  /** Number of stop requests. */
  stops = 0;
  /** Other messages of the reader to the kernel. */
  readonly sent: FromReader[] = [];

  /** Use fake timers and start at the time of the sample. */
  constructor() {
    vi.useFakeTimers({ now: STARTED });
    document.body.replaceChildren();
    this.view = this.open();
  }

  /** Open another view on the same store and paint it. */
  open(): TurnView {
    const math: MathTypesetter = new MathTypesetter(
      () => Promise.resolve({ toMathML }),
      () => {
        this.view.typeset();
      },
    );
    this.view = new TurnView(this.store, {
      clock: this.clock,
      math,
      rest: new TruncatedContent(() => undefined),
      send: (message) => this.sent.push(message),
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

  /** Apply operations as one message without painting. */
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
