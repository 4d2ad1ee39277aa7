import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";

import { beforeEach, describe, expect, it } from "vitest";

import { Channel } from "../src/state/channel";
import { Store } from "../src/state/store";
import { Unpacker } from "../src/state/op_stream";
import type { Op, ToKernel } from "../src/model";
import { say, text } from "./sample";

/** Packer like the kernel's: one stream, flushed after each message. */
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

/** Return a buffer inside a larger one, as Jupyter does. */
function viewOf(bytes: Uint8Array): DataView {
  const around = new Uint8Array(bytes.length + 7);
  around.set(bytes, 3);
  return new DataView(around.buffer, 3, bytes.length);
}

describe("Unpacker", () => {
  let packer: Packer;
  let unpacker: Unpacker;
  beforeEach(() => {
    packer = new Packer();
    unpacker = new Unpacker();
  });

  it("unpacks consecutive messages", async () => {
    const long = Array.from({ length: 4000 }, (_, n) => `<p>${String(n * n)} – naïve 漢字 🙂</p>`);
    for (const ops of [[text("a")], [say("a", 0, long)], [], [say("a", 4000, long)], [text("b")]]) {
      const { at, buffers } = await packer.pack(ops);
      expect(unpacker.unpack({ at }, buffers)).toEqual(ops);
    }
  });

  it("returns null after a missing message until a new stream begins", async () => {
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

  it("returns null without earlier messages or without a buffer", async () => {
    await packer.pack([text("a")]);
    const { at, buffers } = await packer.pack([text("b")]);
    expect(unpacker.unpack({ at }, buffers)).toBe(null);
    expect(unpacker.unpack({ at: 0 }, [])).toBe(null);
  });

  it("makes the channel request a snapshot if it cannot unpack", async () => {
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
