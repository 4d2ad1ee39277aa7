/**
 * Operations that come packed: JSON in one stream of raw deflate, so that what is like something
 * in an earlier message costs next to nothing. `notebook/packing.py` is the other end.
 */

import { Inflate } from "fflate";

import type { Op, Packed } from "../model";

/** Bytes beside a message, as Jupyter hands them over. */
export type Buffers = readonly ArrayBufferView[];

export class Unpacker {
  #stream: Inflate | null = null;
  /** The place in its stream that the next message has. */
  #next = 0;
  #parts: Uint8Array[] = [];

  /** What a message says; null where it cannot be read without one that did not come. */
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
