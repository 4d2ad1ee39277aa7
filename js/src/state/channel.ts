/**
 * The order of messages: applies batches in sequence, and asks for a snapshot when one is missing.
 *
 * Jupyter's server drops messages above a rate, and a view that opens late has missed the
 * beginning. Both show as a gap in `seq`; a snapshot closes it.
 */

import { pageFacts } from "./page_facts";
import type { Changes, Store } from "./store";
import { type Buffers, Unpacker } from "./op_stream";
import type { FromKernel, Op, ToKernel } from "../model";

/** While a snapshot is on its way, how long to wait before asking again, in ms. */
const PATIENCE_MS = 2000;

type Batch = Extract<FromKernel, { type: "ops" | "snapshot" }>;

export class Channel {
  /** The last batch that the store has; 0 before the first. */
  #seq = 0;
  #askedAt: number | null = null;
  readonly #unpacker = new Unpacker();

  /**
   * @param send puts a message on the wire to the kernel
   * @param changed is told what a batch touched
   * @param now is a clock in ms
   */
  constructor(
    private readonly store: Store,
    private readonly send: (message: ToKernel) => void,
    private readonly changed: (changes: Changes) => void,
    private readonly now: () => number,
  ) {}

  /** Ask for a snapshot: what happened before this view was there. */
  ask(): void {
    this.#askedAt = this.now();
    this.send({ type: "ready", ...pageFacts() });
  }

  receive(batch: Batch, buffers: Buffers = []): void {
    const ops = this.#unpacker.unpack(batch, buffers);
    if (batch.type === "snapshot") this.#snapshot(batch.seq, ops);
    else this.#ops(batch.seq, ops);
  }

  #snapshot(seq: number, ops: readonly Op[] | null): void {
    // A snapshot that another page asked for tells nothing new.
    const asked = this.#askedAt !== null;
    this.#askedAt = null;
    if (!ops || seq < this.#seq || (seq === this.#seq && !asked)) return;
    this.#seq = seq;
    this.changed(this.store.applySnapshot(ops));
  }

  #ops(seq: number, ops: readonly Op[] | null): void {
    if (seq <= this.#seq) return;
    if (ops && seq === this.#seq + 1) {
      this.#seq = seq;
      this.changed(this.store.apply(ops));
    } else if (this.#askedAt === null || this.now() - this.#askedAt > PATIENCE_MS) {
      this.ask();
    }
  }
}
