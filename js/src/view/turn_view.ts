/**
 * Draws a store once, and afterwards only its changes.
 *
 * The node of a finished block is never replaced, so folds, selections and scroll positions in it
 * stay as the reader left them.
 */

import { onAction } from "../html/actions";
import { LiveRegion } from "./live_region";
import type { Clock } from "../state/clock";
import { Follower } from "../scroll/follow";
import { FooterLine } from "../footer/footer";
import { h } from "../html/element";
import { type MathTypesetter, typesetAll } from "../html/math";
import type { TruncatedContent } from "../panels/truncation";
import { isTextField } from "../panels/permission";
import { drawPanel, type Context, type Drawn } from "../panels";
import { Scrollables } from "../scroll/keyboard";
import { type Changes, type Entry, mergeChanges, noChanges, type Store } from "../state/store";
import type { FromReader, TurnState } from "../model";

/** Dependencies of a view, which tests replace. */
export interface ViewDependencies {
  readonly clock: Clock;
  readonly math: MathTypesetter;
  /** Truncated content. */
  readonly rest: TruncatedContent;
  /** Requests that the turn stop. */
  readonly stop: () => void;
  /** Sends any other message of the reader to the kernel. */
  readonly send: (message: FromReader) => void;
  /** Runs a function before the next paint. */
  readonly frame: (draw: () => void) => void;
}

/** Attribute that disables the shortcuts of the application inside an element. */
const NO_SHORTCUTS = "data-lm-suppress-shortcuts";

/** Cell output in applications that keep a copy of a running turn below its view. */
const OUTPUT = ".jp-OutputArea-child";

/** Class of an output with a live view, used by `claude_notebook/notebook/output/`. */
const LIVE = "cnv-live";

/** Maximum number of panels that are always laid out. */
const LARGE = 150;

const END_ANNOUNCEMENTS: Readonly<Record<TurnState, string>> = {
  running: "",
  done: "Answer complete",
  stopped: "Stopped",
  failed: "The turn failed",
};

export class TurnView {
  readonly node: HTMLElement;
  readonly #panels = h("div", { class: "cnv-panels" });
  readonly #article = h("div", { class: "cnv-turn", role: "article", "aria-label": "Claude" });
  readonly #drawn = new Map<string, Drawn>();
  /** Panels with a running clock. */
  readonly #running = new Set<Drawn>();
  readonly #footer: FooterLine;
  readonly #follower: Follower;
  readonly #liveRegion = new LiveRegion();
  readonly #scrollables: Scrollables;
  readonly #context: Context;
  #waiting: Changes | null = null;
  #output: Element | null = null;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #state: TurnState | null = null;
  #silent = true;

  constructor(
    private readonly store: Store,
    private readonly dependencies: ViewDependencies,
  ) {
    this.#footer = new FooterLine(dependencies.clock, {
      stop: dependencies.stop,
      send: dependencies.send,
      showQuestion: () => {
        this.#showQuestion();
      },
    });
    this.#article.append(this.#panels, this.#footer.node);
    // JupyterLab must not handle the keys of buttons and folds in the view.
    this.node = h("div", { class: "cnv-root", [NO_SHORTCUTS]: "true" });
    // Some applications check the focused element before its ancestors.
    this.node.addEventListener("focusin", ({ target }) => {
      if (target instanceof Element) target.setAttribute(NO_SHORTCUTS, "true");
    });
    this.#follower = new Follower(this.node);
    this.#scrollables = new Scrollables(this.node);
    this.node.append(this.#article, this.#follower.button, this.#liveRegion.node);
    this.node.addEventListener("click", (event) => {
      this.#onClick(event);
    });
    this.node.addEventListener("keydown", (event) => {
      this.#onKey(event);
    });
    this.#context = {
      clock: dependencies.clock,
      math: dependencies.math,
      rest: dependencies.rest,
      send: dependencies.send,
      watch: (element) => {
        this.#scrollables.watch(element);
      },
      announce: (text) => {
        if (!this.#silent) this.#liveRegion.announce(text);
      },
    };
    this.changed(store.everything());
  }

  /** Draw `changes` in the next frame, together with later changes. */
  changed(changes: Changes): void {
    if (this.#waiting) {
      mergeChanges(this.#waiting, changes);
      return;
    }
    this.#waiting = noChanges();
    mergeChanges(this.#waiting, changes);
    this.dependencies.frame(() => {
      this.#draw();
    });
  }

  /** Show that a stop was requested, here or in another view. */
  stopping(): void {
    this.#footer.stopping();
  }

  /** Show that the kernel is gone. */
  lost(): void {
    this.#footer.lost();
    this.#setTicking(false);
  }

  /** Typeset the formulas drawn before their library was loaded. */
  typeset(): void {
    typesetAll(this.node, this.dependencies.math);
    this.#scrollables.watch(this.node);
  }

  /** Remove the view with its timers and outside listeners. */
  dispose(): void {
    this.#setTicking(false);
    this.#follower.stop();
    this.#liveRegion.dispose();
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
    this.#footer.showAnswerAll(this.#openAsks());
    this.#silent = false;
    this.#noteSize();
    this.#setTicking(this.#footer.running);
    this.#follower.grown();
  }

  /** Mark the output of the view, which joins the page some time after its creation. */
  #markOutput(): void {
    if (this.#output?.contains(this.node)) return;
    this.#output = this.node.closest(OUTPUT);
    this.#output?.classList.add(LIVE);
  }

  /** Skip the layout of invisible panels in a large view. */
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
    this.#context.announce(END_ANNOUNCEMENTS[state]);
    this.#follower.grown();
    this.#follower.stop();
  }

  /** Return the open questions that offer "once" and "deny". */
  #openAsks(): string[] {
    const ids: string[] = [];
    for (const [id, { panel }] of this.store.entries) {
      if (panel.kind !== "ask" || panel.state !== "open") continue;
      const keys = panel.choices.map((choice) => choice.key);
      if (keys.includes("once") && keys.includes("deny")) ids.push(id);
    }
    return ids;
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
    // Opening a fold means reading there.
    if (event.target.closest("summary")) this.#follower.pause();
    const changed = event.target.closest("[data-cnv]")?.closest(".cnv-chunk, .cnv-panel");
    if (changed) this.#scrollables.watch(changed);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.#footer.canStop || isTextField(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    this.dependencies.stop();
  }
}
