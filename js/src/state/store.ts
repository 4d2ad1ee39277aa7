/**
 * State of a turn, updated by operations. No DOM, no clock, no messages.
 *
 * The store belongs to the model: it receives every operation even while no view is drawn, and any
 * number of views draw from it.
 */

import type { Footer, Op, Panel, PanelOp, TextOp } from "../model";

/** Panel with its text so far. `blocks` only grows. */
export interface Entry {
  panel: Panel;
  readonly blocks: string[];
  tail: string;
}

/** Changes made by operations, so that a view redraws only those. */
export interface Changes {
  readonly touched: Set<string>;
  readonly dropped: Set<string>;
  footer: boolean;
}

export function noChanges(): Changes {
  return { touched: new Set(), dropped: new Set(), footer: false };
}

/** Defaults of fields that a footer omits. */
const DEFAULT_FOOTER: Footer = {
  model: "",
  state: "running",
  started_ms: 0,
  elapsed_ms: null,
  input_tokens: 0,
  output_tokens: 0,
  turn_cost_usd: null,
  session_cost_usd: null,
  context_used: null,
  can_stop: false,
  note: "",
  mode: "",
  can_say: false,
  waiting: 0,
  rewind: "",
  can_bypass: false,
};

/** Return a text panel for text whose panel was never announced. */
function impliedPanel(id: string): Panel {
  return { id, kind: "text", parent: null, blocks: [], tail: "", open: true };
}

export class Store {
  /** Entries in order of creation, which is the order on the page. */
  readonly entries = new Map<string, Entry>();
  footer: Footer | null = null;

  /** Apply `ops` in order. */
  apply(ops: readonly Op[]): Changes {
    const changes = noChanges();
    for (const op of ops) this.#applyOne(op, changes);
    return changes;
  }

  /**
   * Replace the state by that of a snapshot. Known entries stay the same objects, so that a view
   * keeps the nodes it drew for them.
   */
  applySnapshot(ops: readonly Op[]): Changes {
    const wanted = new Store();
    wanted.apply(ops);
    const changes = noChanges();
    for (const [id, entry] of this.entries) {
      const now = wanted.entries.get(id);
      if (!now || !continues(entry, now)) this.#drop(id, changes);
    }
    for (const [id, entry] of wanted.entries) {
      this.#setPanel(entry.panel, changes);
      this.#setText({ op: "text", id, start: 0, blocks: entry.blocks, tail: entry.tail }, changes);
    }
    this.footer = wanted.footer;
    changes.footer = true;
    return changes;
  }

  /** Return the complete state as changes, for a new view. */
  everything(): Changes {
    return {
      touched: new Set(this.entries.keys()),
      dropped: new Set(),
      footer: this.footer !== null,
    };
  }

  #applyOne(op: Op, changes: Changes): void {
    switch (op.op) {
      case "panel":
        this.#setPanel(op.panel, changes);
        break;
      case "text":
        this.#setText(op, changes);
        break;
      case "drop":
        for (const id of op.ids) this.#drop(id, changes);
        break;
      case "footer":
        this.footer = { ...DEFAULT_FOOTER, ...op.footer };
        changes.footer = true;
        break;
    }
  }

  #setPanel(panel: PanelOp["panel"], changes: Changes): void {
    const known = this.entries.get(panel.id);
    if (known) known.panel = { ...known.panel, ...panel } as Panel;
    else this.entries.set(panel.id, { panel: panel as Panel, blocks: [], tail: "" });
    changes.touched.add(panel.id);
  }

  #setText(op: TextOp, changes: Changes): void {
    const entry = this.#entry(op.id);
    const kept = entry.tail.slice(0, op.keep ?? 0);
    const [first, ...rest] = op.blocks;
    const blocks = first === undefined ? [] : [kept + first, ...rest];
    entry.blocks.push(...blocks.slice(Math.max(0, entry.blocks.length - op.start)));
    entry.tail = first === undefined ? kept + op.tail : op.tail;
    changes.touched.add(op.id);
  }

  #entry(id: string): Entry {
    const known = this.entries.get(id);
    if (known) return known;
    const entry: Entry = { panel: impliedPanel(id), blocks: [], tail: "" };
    this.entries.set(id, entry);
    return entry;
  }

  #drop(id: string, changes: Changes): void {
    if (!this.entries.delete(id)) return;
    changes.touched.delete(id);
    changes.dropped.add(id);
    for (const [child, { panel }] of this.entries) {
      if (panel.parent === id) this.#drop(child, changes);
    }
  }
}

/** Return true if `now` extends `before`, so that the nodes drawn for `before` are still valid. */
function continues(before: Entry, now: Entry): boolean {
  return (
    before.panel.kind === now.panel.kind &&
    before.panel.parent === now.panel.parent &&
    before.blocks.every((block, index) => block === now.blocks[index])
  );
}

/** Merge `more` into `changes`. */
export function mergeChanges(changes: Changes, more: Changes): void {
  for (const id of more.dropped) {
    changes.touched.delete(id);
    changes.dropped.add(id);
  }
  for (const id of more.touched) changes.touched.add(id);
  changes.footer ||= more.footer;
}
