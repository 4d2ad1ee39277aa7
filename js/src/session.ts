/**
 * One turn on this page: its store, its messages, and the views that show it.
 *
 * The session lives as long as the model, so messages that arrive without an open view are kept.
 */

import { Channel } from "./state/channel";
import { Clock } from "./state/clock";
import { TurnView } from "./view/turn_view";
import { loadModule } from "./state/assets";
import { type MathModule, MathTypesetter } from "./html/math";
import { addRewind } from "./footer/rewind_button";
import { TruncatedContent } from "./panels/truncation";
import { completeSavedForm } from "./saved/handover";
import { type Changes, Store } from "./state/store";
import { showOpenQuestions } from "./view/tab_title";
import type { Buffers } from "./state/op_stream";
import type { FromKernel, ToKernel } from "./model";

export class Session {
  readonly #store = new Store();
  readonly #views = new Set<TurnView>();
  readonly #clock = new Clock(() => Date.now());
  readonly #channel: Channel;
  readonly #math: MathTypesetter;
  readonly #rest: TruncatedContent;
  readonly #assets = new Map<string, (source: string) => void>();
  #stopping = false;
  #lost = false;
  /** Removes the offer to restore files. */
  #noRewind: () => void = () => undefined;

  /** @param send puts a message on the wire to the kernel */
  constructor(private readonly send: (message: ToKernel) => void) {
    const changed = (changes: Changes): void => {
      this.#changed(changes);
    };
    this.#rest = new TruncatedContent(send);
    this.#channel = new Channel(this.#store, send, changed, () => Date.now());
    this.#math = new MathTypesetter(
      () => this.#load<MathModule>("math"),
      () => {
        for (const view of this.#views) view.typeset();
      },
    );
    this.#channel.requestSnapshot();
  }

  /** Handle a message of the kernel; unknown types are ignored. */
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

  /** Show the turn in `element`. Returns a function that removes it. */
  open(element: HTMLElement): () => void {
    const view = new TurnView(this.#store, {
      clock: this.#clock,
      math: this.#math,
      rest: this.#rest,
      stop: () => {
        this.#stop();
      },
      send: this.send,
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

  /** Mark the kernel as gone: no message will arrive or be received. */
  lost(): void {
    this.#rest.lost();
    showOpenQuestions(this, 0);
    if (this.#store.footer?.state !== "running") return;
    this.#lost = true;
    for (const view of this.#views) view.lost();
  }

  #changed(changes: Changes): void {
    const { footer } = this.#store;
    if (changes.footer && footer) {
      this.#clock.learn(footer);
      if (footer.state !== "running") this.#stopping = false;
      if (!this.#lost) showOpenQuestions(this, footer.waiting);
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
    completeSavedForm(mark, this.#store, context, view?.node);
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
