import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";

import { beforeEach, describe, expect, it } from "vitest";

import { Channel } from "../src/state/channel";
import { Store } from "../src/state/store";
import { Unpacker } from "../src/state/op_stream";
import type { Op, ToKernel } from "../src/model";
import { say, text } from "./sample";

/** Packs as the kernel does: one stream, flushed at each message. */
class Packer {
  readonly #stream = createDeflateRaw();
  #packed: Buffer[] = [];
  #at = -1;

  constructor() {
    this.#stream.on("data", (part: Buffer) => this.#packed.push(part));
  }

  async pack(ops: Op[]): Promise<{ at: number; buffers: DataView[] }> {
    this.#packed = [];
    this.#at += 1;
    this.#stream.write(JSON.stringify(ops));
    await new Promise<void>((done) => {
      this.#stream.flush(constants.Z_SYNC_FLUSH, done);
    });
    return { at: this.#at, buffers: [viewOf(Buffer.concat(this.#packed))] };
  }
}

/** As Jupyter hands a buffer over: somewhere in a larger one. */
function viewOf(bytes: Uint8Array): DataView {
  const around = new Uint8Array(bytes.length + 7);
  around.set(bytes, 3);
  return new DataView(around.buffer, 3, bytes.length);
}

describe("packed operations", () => {
  let packer: Packer;
  let unpacker: Unpacker;
  beforeEach(() => {
    packer = new Packer();
    unpacker = new Unpacker();
  });

  it("are read one message after the other", async () => {
    const long = Array.from({ length: 4000 }, (_, n) => `<p>${String(n * n)} – naïve 漢字 🙂</p>`);
    for (const ops of [[text("a")], [say("a", 0, long)], [], [say("a", 4000, long)], [text("b")]]) {
      const { at, buffers } = await packer.pack(ops);
      expect(unpacker.unpack({ at }, buffers)).toEqual(ops);
    }
  });

  it("cannot be read when one is missing, nor from then on, until a new stream begins", async () => {
    const [first, , third, fourth] = [
      await packer.pack([text("a")]),
      await packer.pack([text("b")]),
      await packer.pack([text("c")]),
      await packer.pack([text("d")]),
    ];
    expect(unpacker.unpack(first, first.buffers)).toEqual([text("a")]);
    expect(unpacker.unpack(third, third.buffers)).toBe(null);
    expect(unpacker.unpack(fourth, fourth.buffers)).toBe(null);
    const again = await new Packer().pack([text("e")]);
    expect(unpacker.unpack(again, again.buffers)).toEqual([text("e")]);
  });

  it("cannot be read without what was said before the page was there, nor without their buffer", async () => {
    await packer.pack([text("a")]);
    const { at, buffers } = await packer.pack([text("b")]);
    expect(unpacker.unpack({ at }, buffers)).toBe(null);
    expect(unpacker.unpack({ at: 0 }, [])).toBe(null);
  });

  it("are asked for anew by a page that cannot read them", async () => {
    const store = new Store();
    const asked: ToKernel[] = [];
    let now = 0;
    const channel = new Channel(store, (message) => asked.push(message), () => undefined, () => now);
    await packer.pack([text("a")]);
    const second = await packer.pack([text("b")]);
    channel.receive({ type: "ops", seq: 2, at: second.at }, second.buffers);
    expect(asked.map(({ type }) => type)).toEqual(["ready"]);
    const whole = [text("a"), text("b")];
    const packed = viewOf(deflateRawSync(JSON.stringify(whole), { finishFlush: constants.Z_SYNC_FLUSH }));
    now = 10;
    channel.receive({ type: "snapshot", seq: 2, at: 0 }, [packed]);
    expect([...store.entries.keys()]).toEqual(["a", "b"]);
  });
});
