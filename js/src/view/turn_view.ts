/**
 * Draws a store, and from then on only what changed.
 *
 * A finished block's node is never replaced: folds, selections and scroll positions in it stay as
 * the reader left them.
 */

import { onAction } from "../html/actions";
import { Announcer } from "./live_region";
import type { Clock } from "../state/clock";
import { decorate } from "../html/decorate";
import { Follower } from "../scroll/follow";
import { FooterLine } from "../footer/footer";
import { h } from "../html/element";
import { toNodes } from "../html/fragment";
import { type MathTypesetter, typesetAll } from "../html/math";
import type { Rest } from "../panels/truncation";
import { isTextField } from "../panels/permission";
import { drawPanel, type Context, type Drawn } from "../panels";
import { Scrollables } from "../scroll/keyboard";
import { type Changes, type Entry, mergeChanges, noChanges, type Store } from "../state/store";
import type { FromReader, TurnState } from "../model";

/** What a view needs from outside; tests put their own there. */
export interface Surroundings {
  readonly clock: Clock;
  readonly math: MathTypesetter;
  /** What was cut off parts. */
  readonly rest: Rest;
  /** Called when the reader wants the turn to stop. */
  readonly stop: () => void;
  /** Tells the kernel anything else that the reader wants. */
  readonly tell: (message: FromReader) => void;
  /** Runs a function before the next paint. */
  readonly frame: (draw: () => void) => void;
}

/** Keys pressed in an element with this are no shortcuts of the application. */
const NO_SHORTCUTS = "data-lm-suppress-shortcuts";

/** The output of a cell, in the applications that keep a form of a running turn below its view. */
const OUTPUT = ".jp-OutputArea-child";

/** On the output in which a view is alive; `notebook/keeping.py` goes by it. */
const LIVE = "cnv-live";

/** More panels than this are a large view. */
const LARGE = 150;

const SAID_AT_THE_END: Readonly<Record<TurnState, string>> = {
  running: "",
  done: "Answer complete",
  stopped: "Stopped",
  failed: "The turn failed",
};

export class View {
  readonly node: HTMLElement;
  readonly #panels = h("div", { class: "cnv-panels" });
  readonly #article = h("div", { class: "cnv-turn", role: "article", "aria-label": "Claude" });
  readonly #drawn = new Map<string, Drawn>();
  /** Panels on which a time runs. */
  readonly #running = new Set<Drawn>();
  readonly #footer: FooterLine;
  readonly #follower: Follower;
  readonly #announcer = new Announcer();
  readonly #scrollables: Scrollables;
  readonly #context: Context;
  #waiting: Changes | null = null;
  #output: Element | null = null;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #state: TurnState | null = null;
  #silent = true;

  constructor(
    private readonly store: Store,
    private readonly around: Surroundings,
  ) {
    this.#footer = new FooterLine(around.clock, {
      stop: around.stop,
      tell: around.tell,
      showQuestion: () => {
        this.#showQuestion();
      },
    });
    this.#article.append(this.#panels, this.#footer.node);
    // Lab must not take the keys that buttons and folds in here answer to.
    this.node = h("div", { class: "cnv-root", [NO_SHORTCUTS]: "true" });
    // Some applications look at what has the focus before they look at what is around it.
    this.node.addEventListener("focusin", ({ target }) => {
      if (target instanceof Element) target.setAttribute(NO_SHORTCUTS, "true");
    });
    this.#follower = new Follower(this.node);
    this.#scrollables = new Scrollables(this.node);
    this.node.append(this.#article, this.#follower.button, this.#announcer.node);
    this.node.addEventListener("click", (event) => {
      this.#onClick(event);
    });
    this.node.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
    this.#context = {
      clock: around.clock,
      math: around.math,
      rest: around.rest,
      tell: around.tell,
      watch: (element) => {
        this.#scrollables.watch(element);
      },
      say: (text) => {
        if (!this.#silent) this.#announcer.say(text);
      },
    };
    this.changed(store.everything());
  }

  /** Draw `changes` in the next frame, together with whatever else comes until then. */
  changed(changes: Changes): void {
    if (this.#waiting) {
      mergeChanges(this.#waiting, changes);
      return;
    }
    this.#waiting = noChanges();
    mergeChanges(this.#waiting, changes);
    this.around.frame(() => {
      this.#draw();
    });
  }

  /** Show that stopping was asked for, here or in another view. */
  stopping(): void {
    this.#footer.stopping();
  }

  /** Show that the kernel is gone. */
  lost(): void {
    this.#footer.lost();
    this.#setTicking(false);
  }

  /** Set the formulas that were drawn before the library for them was there. */
  typeset(): void {
    typesetAll(this.node, this.around.math);
    this.#scrollables.watch(this.node);
  }

  /** Leave nothing behind: no timer, no listener outside the view. */
  dispose(): void {
    this.#setTicking(false);
    this.#follower.stop();
    this.#announcer.dispose();
    this.#scrollables.dispose();
    this.#output?.classList.remove(LIVE);
    this.node.remove();
  }

  #draw(): void {
    const changes = this.#waiting;
    this.#waiting = null;
    if (!changes) return;
    this.#markOutput();
    for (const id of changes.dropped) this.#drop(id);
    for (const id of changes.touched) this.#drawEntry(id);
    if (changes.footer) this.#drawFooter();
    this.#footer.together(this.#openAsks());
    if (changes.ended) this.#drawFinal();
    this.#silent = false;
    this.#noteSize();
    this.#setTicking(this.#footer.running);
    this.#follower.grown();
  }

  /** It stands on the page only some time after it was made. */
  #markOutput(): void {
    if (this.#output?.contains(this.node)) return;
    this.#output = this.node.closest(OUTPUT);
    this.#output?.classList.add(LIVE);
  }

  /** From some size on, what is out of sight is not laid out. */
  #noteSize(): void {
    if (this.node.classList.contains("cnv-large")) return;
    this.node.classList.toggle("cnv-large", this.#panels.childElementCount > LARGE);
  }

  #drop(id: string): void {
    const drawn = this.#drawn.get(id);
    if (!drawn) return;
    drawn.node.remove();
    this.#drawn.delete(id);
    this.#running.delete(drawn);
  }

  #drawEntry(id: string): void {
    const entry = this.store.entries.get(id);
    if (!entry) return;
    const known = this.#drawn.get(id);
    known?.update(entry);
    const drawn = known ?? this.#drawNew(id, entry);
    if (drawn.tick) this.#running.add(drawn);
  }

  #drawNew(id: string, entry: Entry): Drawn {
    const drawn = drawPanel(entry, this.#context);
    this.#drawn.set(id, drawn);
    this.#placeFor(entry.panel.parent).append(drawn.node);
    return drawn;
  }

  #placeFor(parent: string | null): HTMLElement {
    const owner = parent === null ? null : this.#drawn.get(parent);
    return owner?.children ?? this.#panels;
  }

  #drawFooter(): void {
    const footer = this.store.footer;
    if (!footer) return;
    this.#footer.update(footer);
    if (footer.state === this.#state) return;
    this.#state = footer.state;
    this.node.dataset["state"] = footer.state;
    this.#article.setAttribute("aria-busy", String(footer.state === "running"));
    if (footer.state === "running") this.#follower.start();
    else this.#ended(footer.state);
  }

  #ended(state: TurnState): void {
    this.#context.say(SAID_AT_THE_END[state]);
    this.#follower.grown();
    this.#follower.stop();
  }

  /** The static form is for a page that never saw the turn: what was drawn live stays. */
  #drawFinal(): void {
    if (this.#drawn.size > 0 || this.store.final === null) return;
    const nodes = toNodes(this.store.final);
    decorate(nodes, true, this.around.math);
    this.#panels.replaceChildren(nodes);
    this.#scrollables.watch(this.#panels);
  }

  /** The open questions that "once" and "deny" answer. */
  #openAsks(): string[] {
    const found: string[] = [];
    for (const [id, { panel }] of this.store.entries) {
      if (panel.kind !== "ask" || panel.state !== "open") continue;
      const keys = panel.choices.map((choice) => choice.key);
      if (keys.includes("once") && keys.includes("deny")) found.push(id);
    }
    return found;
  }

  #showQuestion(): void {
    this.#panels.querySelector<HTMLElement>('.cnv-ask[data-state="open"]')?.focus();
  }

  #setTicking(on: boolean): void {
    if (on === (this.#ticker !== null)) return;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ticker = on
      ? setInterval(() => {
          this.#tick();
        }, 1000)
      : null;
  }

  #tick(): void {
    this.#footer.tick();
    for (const drawn of this.#running) {
      if (drawn.tick?.() !== true) this.#running.delete(drawn);
    }
  }

  #onClick(event: MouseEvent): void {
    onAction(event);
    if (!(event.target instanceof Element)) return;
    // Who opens a fold wants to read there.
    if (event.target.closest("summary")) this.#follower.pause();
    const changed = event.target.closest("[data-cnv]")?.closest(".cnv-chunk, .cnv-panel");
    if (changed) this.#scrollables.watch(changed);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.#footer.canStop || isTextField(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    this.around.stop();
  }
}
