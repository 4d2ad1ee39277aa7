/**
 * Ordered delivery: applies batches in sequence and requests a snapshot after a gap.
 *
 * Jupyter's server drops messages above a rate limit, and a view that opens late misses the
 * beginning. Both cause a gap in `seq`, which a snapshot closes.
 */

import { pageFacts } from "./page_facts";
import type { Changes, Store } from "./store";
import { type Buffers, Unpacker } from "./op_stream";
import type { FromKernel, Op, ToKernel } from "../model";

/** Time to wait for a snapshot before requesting it again, in ms. */
const SNAPSHOT_TIMEOUT_MS = 2000;

type Batch = Extract<FromKernel, { type: "ops" | "snapshot" }>;

export class Channel {
  /** Number of the last applied batch; 0 before the first. */
  #seq = 0;
  #requestedAt: number | null = null;
  readonly #unpacker = new Unpacker();

  /**
   * @param send sends a message to the kernel
   * @param changed receives the changes of each batch
   * @param now returns the current time in ms
   */
  constructor(
    private readonly store: Store,
    private readonly send: (message: ToKernel) => void,
    private readonly changed: (changes: Changes) => void,
    private readonly now: () => number,
  ) {}

  /** Request a snapshot of the current state. */
  requestSnapshot(): void {
    this.#requestedAt = this.now();
    this.send({ type: "ready", ...pageFacts() });
  }

  receive(batch: Batch, buffers: Buffers = []): void {
    const ops = this.#unpacker.unpack(batch, buffers);
    if (batch.type === "snapshot") this.#snapshot(batch.seq, ops);
    else this.#ops(batch.seq, ops);
  }

  #snapshot(seq: number, ops: readonly Op[] | null): void {
    // A snapshot that another page requested holds no news.
    const requested = this.#requestedAt !== null;
    this.#requestedAt = null;
    if (!ops || seq < this.#seq || (seq === this.#seq && !requested)) return;
    this.#seq = seq;
    this.changed(this.store.applySnapshot(ops));
  }

  #ops(seq: number, ops: readonly Op[] | null): void {
    if (seq <= this.#seq) return;
    if (ops && seq === this.#seq + 1) {
      this.#seq = seq;
      this.changed(this.store.apply(ops));
    } else if (this.#requestedAt === null || this.now() - this.#requestedAt > SNAPSHOT_TIMEOUT_MS) {
      this.requestSnapshot();
    }
  }
}
