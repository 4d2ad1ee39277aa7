import { describe, expect, it } from "vitest";

import { mergeChanges, noChanges, Store } from "../src/state/store";
import type { Op, ToolChange, ToolPanel } from "../src/model";
import { footer, part, SAMPLE, say, text, tool } from "./sample";

describe("Store", () => {
  it("keeps panels in the order of their creation", () => {
    const store = new Store();
    store.apply([text("a"), { op: "panel", panel: tool({ id: "b" }) }, text("c")]);
    store.apply([{ op: "panel", panel: tool({ id: "b", state: "done" }) }]);
    expect([...store.entries.keys()]).toEqual(["a", "b", "c"]);
    expect(store.entries.get("b")?.panel).toMatchObject({ state: "done" });
  });

  it("keeps the unchanged side of a tool that an update leaves out", () => {
    const store = new Store();
    const input = [part({ html: "<pre>ls</pre>" })];
    store.apply([{ op: "panel", panel: tool({ id: "b", input }) }]);
    const change: Partial<ToolPanel> = tool({ id: "b", state: "done" });
    delete (change as { input?: unknown }).input;
    store.apply([{ op: "panel", panel: change as ToolChange }]);
    expect(store.entries.get("b")?.panel).toMatchObject({ state: "done", input });
  });

  it("appends blocks and replaces the tail", () => {
    const store = new Store();
    store.apply([text("a"), say("a", 0, ["<p>1</p>"], "<p>2"), say("a", 1, ["<p>2</p>"], "")]);
    expect(store.entries.get("a")).toMatchObject({ blocks: ["<p>1</p>", "<p>2</p>"], tail: "" });
  });

  it("keeps the beginning of the tail if only its end changed", () => {
    const store = new Store();
    store.apply([text("a"), say("a", 0, [], "<p>🐈 one</p>")]);
    const keep = "<p>🐈 one".length;
    store.apply([{ op: "text", id: "a", start: 0, blocks: [], tail: " two</p>", keep }]);
    expect(store.entries.get("a")).toMatchObject({ tail: "<p>🐈 one two</p>" });
  });

  it("keeps the beginning of the tail when it becomes a block", () => {
    const store = new Store();
    store.apply([text("a"), say("a", 0, [], "<p>🐈 one</p>")]);
    const keep = "<p>🐈 one".length;
    store.apply([{ op: "text", id: "a", start: 0, blocks: [" two</p>", "<p>3</p>"], tail: "<p>4", keep }]);
    expect(store.entries.get("a")).toMatchObject({ blocks: ["<p>🐈 one two</p>", "<p>3</p>"], tail: "<p>4" });
  });

  it("ignores a known block", () => {
    const store = new Store();
    store.apply([text("a"), say("a", 0, ["one", "two"])]);
    store.apply([say("a", 1, ["other", "three"], "t")]);
    expect(store.entries.get("a")).toMatchObject({ blocks: ["one", "two", "three"], tail: "t" });
  });

  it("keeps a panel's text when the panel is sent again", () => {
    const store = new Store();
    store.apply([text("a"), say("a", 0, ["one"]), text("a")]);
    expect(store.entries.get("a")?.blocks).toEqual(["one"]);
  });

  it("keeps text whose panel was never announced", () => {
    const store = new Store();
    store.apply([say("a", 0, ["one"])]);
    expect(store.entries.get("a")?.panel.kind).toBe("text");
  });

  it("drops a panel with its nested panels", () => {
    const store = new Store();
    store.apply([
      { op: "panel", panel: tool({ id: "agent" }) },
      text("inside", { parent: "agent" }),
      text("beside"),
    ]);
    const changes = store.apply([{ op: "drop", ids: ["agent", "never seen"] }]);
    expect([...store.entries.keys()]).toEqual(["beside"]);
    expect([...changes.dropped]).toEqual(["agent", "inside"]);
  });

  it("reports exactly the changes of a batch", () => {
    const store = new Store();
    store.apply(SAMPLE);
    const changes = store.apply([say("t2", 0, ["<p>x</p>"]), { op: "footer", footer: {} }]);
    expect([...changes.touched]).toEqual(["t2"]);
    expect(changes).toMatchObject({ footer: true });
  });

  it("ignores an unknown operation", () => {
    const store = new Store();
    const strange = { op: "paint", id: "a" } as unknown as Op;
    expect(() => store.apply([strange, text("a")])).not.toThrow();
    expect(store.entries.size).toBe(1);
  });

  it("reaches the same state by operations and by a snapshot", () => {
    const live = new Store();
    live.apply(SAMPLE);
    const late = new Store();
    late.applySnapshot(SAMPLE);
    expect([...late.entries]).toEqual([...live.entries]);
    expect(late.footer).toEqual(live.footer);
  });
});

describe("Store.applySnapshot", () => {
  const start = [text("a"), say("a", 0, ["one"], "tw")];

  it("keeps known entries", () => {
    const store = new Store();
    store.apply(start);
    const entry = store.entries.get("a");
    store.applySnapshot([text("a"), say("a", 0, ["one", "two"], "th"), text("b")]);
    expect(store.entries.get("a")).toBe(entry);
    expect(entry).toMatchObject({ blocks: ["one", "two"], tail: "th" });
    expect([...store.entries.keys()]).toEqual(["a", "b"]);
  });

  it("drops missing entries", () => {
    const store = new Store();
    store.apply([...start, text("gone")]);
    const changes = store.applySnapshot(start);
    expect([...changes.dropped]).toEqual(["gone"]);
  });

  it("replaces an entry whose text differs", () => {
    const store = new Store();
    store.apply(start);
    const changes = store.applySnapshot([text("a"), say("a", 0, ["ONE"])]);
    expect([...changes.dropped]).toEqual(["a"]);
    expect([...changes.touched]).toEqual(["a"]);
    expect(store.entries.get("a")?.blocks).toEqual(["ONE"]);
  });
});

describe("mergeChanges", () => {
  it("forgets changes before a drop and keeps later ones", () => {
    const store = new Store();
    const changes = noChanges();
    mergeChanges(changes, store.apply([text("a"), { op: "footer", footer: footer({}) }]));
    mergeChanges(changes, store.apply([{ op: "drop", ids: ["a"] }]));
    expect([...changes.touched]).toEqual([]);
    mergeChanges(changes, store.apply([text("a")]));
    expect([...changes.touched]).toEqual(["a"]);
    expect([...changes.dropped]).toEqual(["a"]);
    expect(changes.footer).toBe(true);
  });
});
