/**
 * What is known of the turn, kept up to date by operations. No DOM, no clock, no messages.
 *
 * The store belongs to the model: it hears every operation even while no view is drawn, and any
 * number of views draw from it.
 */

import type { Footer, Op, Panel, PanelOp, TextOp } from "../model";

/** A panel with its text so far. `blocks` only ever grows. */
export interface Entry {
  panel: Panel;
  readonly blocks: string[];
  tail: string;
}

/** What some operations touched, so that a view draws only that. */
export interface Changes {
  readonly touched: Set<string>;
  readonly dropped: Set<string>;
  footer: boolean;
  ended: boolean;
}

export function noChanges(): Changes {
  return { touched: new Set(), dropped: new Set(), footer: false, ended: false };
}

/** What a footer says that leaves something out. */
const NO_FOOTER: Footer = {
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

/** A text panel made up for text whose panel was never announced, so that nothing is lost. */
function impliedPanel(id: string): Panel {
  return { id, kind: "text", parent: null, blocks: [], tail: "", open: true };
}

export class Store {
  /** In the order of their creation, which is the order on the page. */
  readonly entries = new Map<string, Entry>();
  footer: Footer | null = null;
  /** The static form of the turn, once it is over. */
  final: string | null = null;

  /** Apply `ops` in order. */
  apply(ops: readonly Op[]): Changes {
    const changes = noChanges();
    for (const op of ops) this.#applyOne(op, changes);
    return changes;
  }

  /**
   * Make this the state that `ops`, applied to nothing, lead to. What is known already stays the
   * same entry, so that a view keeps the nodes it drew for it.
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
    this.final = wanted.final ?? this.final;
    changes.footer = true;
    changes.ended = this.final !== null;
    return changes;
  }

  /** Everything, for a view that has drawn nothing yet. */
  everything(): Changes {
    return {
      touched: new Set(this.entries.keys()),
      dropped: new Set(),
      footer: this.footer !== null,
      ended: this.final !== null,
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
        this.footer = { ...NO_FOOTER, ...op.footer };
        changes.footer = true;
        break;
      case "end":
        this.final = op.html;
        changes.ended = true;
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

/** Whether `now` can have grown out of `before`, so that what was drawn of it is still right. */
function continues(before: Entry, now: Entry): boolean {
  return (
    before.panel.kind === now.panel.kind &&
    before.panel.parent === now.panel.parent &&
    before.blocks.every((block, index) => block === now.blocks[index])
  );
}

/** Add what `more` touched to `changes`. */
export function mergeChanges(changes: Changes, more: Changes): void {
  for (const id of more.dropped) {
    changes.touched.delete(id);
    changes.dropped.add(id);
  }
  for (const id of more.touched) changes.touched.add(id);
  changes.footer ||= more.footer;
  changes.ended ||= more.ended;
}
