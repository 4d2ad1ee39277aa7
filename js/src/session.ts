/**
 * One turn on this page: its store, the messages about it, and the views that show it.
 *
 * It lives as long as the model, so that what is said while no view is open is not lost.
 */

import { Channel } from "./state/channel";
import { Clock } from "./state/clock";
import { View } from "./view/turn_view";
import { loadModule } from "./state/assets";
import { type MathModule, MathTypesetter } from "./html/math";
import { addRewind } from "./footer/rewind_button";
import { Rest } from "./panels/truncation";
import { addToSaved } from "./saved/handover";
import { type Changes, Store } from "./state/store";
import { showWaiting } from "./view/tab_title";
import type { Buffers } from "./state/op_stream";
import type { FromKernel, ToKernel } from "./model";

export class Session {
  readonly #store = new Store();
  readonly #views = new Set<View>();
  readonly #clock = new Clock(() => Date.now());
  readonly #channel: Channel;
  readonly #math: MathTypesetter;
  readonly #rest: Rest;
  readonly #assets = new Map<string, (source: string) => void>();
  #stopping = false;
  #lost = false;
  /** Takes back the offer to bring files back. */
  #noRewind: () => void = () => undefined;

  /** @param send puts a message on the wire to the kernel */
  constructor(private readonly send: (message: ToKernel) => void) {
    const changed = (changes: Changes): void => {
      this.#changed(changes);
    };
    this.#rest = new Rest(send);
    this.#channel = new Channel(this.#store, send, changed, () => Date.now());
    this.#math = new MathTypesetter(
      () => this.#load<MathModule>("math"),
      () => {
        for (const view of this.#views) view.typeset();
      },
    );
    this.#channel.ask();
  }

  /** A message of the kernel. What is not one of ours is left alone. */
  receive(message: FromKernel, buffers: Buffers = []): void {
    switch (message.type) {
      case "asset":
        this.#assets.get(message.name)?.(message.source);
        break;
      case "more":
        this.#rest.take(message);
        break;
      case "saved":
        this.#saved(message.mark);
        break;
      case "ops":
      case "snapshot":
        this.#channel.receive(message, buffers);
        break;
    }
  }

  /** Show the turn in `element`. Returns what takes it away again. */
  open(element: HTMLElement): () => void {
    const view = new View(this.#store, {
      clock: this.#clock,
      math: this.#math,
      rest: this.#rest,
      stop: () => {
        this.#stop();
      },
      tell: this.send,
      frame: (draw) => {
        requestAnimationFrame(draw);
      },
    });
    this.#views.add(view);
    element.append(view.node);
    if (this.#stopping) view.stopping();
    if (this.#lost) view.lost();
    return () => {
      this.#views.delete(view);
      view.dispose();
    };
  }

  /** The kernel is gone: nothing more will come, and nobody listens. */
  lost(): void {
    this.#rest.lost();
    showWaiting(this, 0);
    if (this.#store.footer?.state !== "running") return;
    this.#lost = true;
    for (const view of this.#views) view.lost();
  }

  #changed(changes: Changes): void {
    const { footer } = this.#store;
    if (changes.footer && footer) {
      this.#clock.learn(footer);
      if (footer.state !== "running") this.#stopping = false;
      if (!this.#lost) showWaiting(this, footer.waiting);
    }
    for (const view of this.#views) view.changed(changes);
    if (changes.footer && footer && footer.state !== "running") {
      this.#noRewind();
      this.#noRewind = addRewind(footer.rewind, () => {
        this.send({ type: "rewind" });
      });
    }
  }

  #saved(mark: string): void {
    const context = { rest: this.#rest, math: this.#math, watch: () => undefined };
    const [view] = this.#views;
    addToSaved(mark, this.#store, context, view?.node);
  }

  #stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.send({ type: "stop" });
    for (const view of this.#views) view.stopping();
  }

  #load<T>(name: string): Promise<T> {
    return loadModule<T>(name, () => {
      return new Promise((resolve) => {
        this.#assets.set(name, resolve);
        this.send({ type: "asset", name });
      });
    });
  }
}
