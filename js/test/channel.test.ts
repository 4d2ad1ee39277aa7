import { beforeEach, describe, expect, it } from "vitest";

import { Channel } from "../src/state/channel";
import { type Changes, Store } from "../src/state/store";
import type { Op, ToKernel } from "../src/model";
import { READY, text } from "./sample";

describe("Channel", () => {
  let store: Store;
  let sent: ToKernel[];
  let heard: Changes[];
  let now: number;
  let channel: Channel;

  beforeEach(() => {
    store = new Store();
    sent = [];
    heard = [];
    now = 0;
    channel = new Channel(
      store,
      (message) => sent.push(message),
      (changes) => heard.push(changes),
      () => now,
    );
  });

  const ops = (seq: number, ...list: Op[]): void => {
    channel.receive({ type: "ops", seq, ops: list });
  };
  const snapshot = (seq: number, ...list: Op[]): void => {
    channel.receive({ type: "snapshot", seq, ops: list });
  };
  const panels = (): string[] => [...store.entries.keys()];

  it("applies batches from the first one", () => {
    channel.requestSnapshot();
    ops(1, text("a"));
    ops(2, text("b"));
    expect(panels()).toEqual(["a", "b"]);
    expect(sent).toEqual([READY]);
  });

  it("applies a batch once", () => {
    ops(1, text("a"));
    ops(1, text("b"));
    expect(panels()).toEqual(["a"]);
  });

  it("requests a snapshot after a gap and continues from it", () => {
    ops(1, text("a"));
    ops(3, text("c"));
    expect(panels()).toEqual(["a"]);
    expect(sent).toEqual([READY]);
    ops(4, text("d"));
    snapshot(4, text("a"), text("b"), text("c"), text("d"));
    ops(5, text("e"));
    expect(panels()).toEqual(["a", "b", "c", "d", "e"]);
    expect(sent).toHaveLength(1);
  });

  it("requests the snapshot again after a timeout", () => {
    ops(5, text("e"));
    ops(6, text("f"));
    expect(sent).toHaveLength(1);
    now = 2500;
    ops(7, text("g"));
    expect(sent).toHaveLength(2);
  });

  it("ignores a snapshot for another page", () => {
    channel.requestSnapshot();
    snapshot(0);
    ops(1, text("a"));
    const before = heard.length;
    snapshot(1, text("a"));
    snapshot(0);
    expect(heard).toHaveLength(before);
    expect(panels()).toEqual(["a"]);
  });

  it("accepts a snapshot of an empty turn", () => {
    channel.requestSnapshot();
    snapshot(0);
    ops(1, text("a"));
    expect(panels()).toEqual(["a"]);
  });
});
