/**
 * Packed operations: JSON in one raw deflate stream, so content similar to earlier messages costs
 * almost nothing. The counterpart is `claude_notebook/turns/output/op_stream.py`.
 */

import { Inflate } from "fflate";

import type { Op, Packed } from "../model";

/** Binary buffers of a Jupyter message. */
export type Buffers = readonly ArrayBufferView[];

export class Unpacker {
  #stream: Inflate | null = null;
  /** Index of the next message in its stream. */
  #next = 0;
  #parts: Uint8Array[] = [];

  /** Return the operations of a message; null if an earlier message is missing. */
  unpack(message: Packed, buffers: Buffers): readonly Op[] | null {
    if (message.ops) return message.ops;
    const [packed] = buffers;
    if (message.at === 0) this.#restart();
    if (!packed || !this.#stream || message.at !== this.#next) {
      this.#stream = null;
      return null;
    }
    this.#next += 1;
    this.#parts = [];
    this.#stream.push(new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength));
    const text = new TextDecoder();
    const json = this.#parts.map((part) => text.decode(part, { stream: true })).join("");
    return JSON.parse(json) as Op[];
  }

  #restart(): void {
    this.#next = 0;
    this.#stream = new Inflate((part) => {
      this.#parts.push(part);
    });
  }
}
