/**
 * Reading position: keeps the text being read in place when the saved form, which has another
 * height, replaces the live view.
 */

import { scrollerOf, SLACK, visibleIn } from "./container";

/** Number of characters to search for, without white space. */
const KEY_CHARS = 60;
/** Shorter keys to try next, since a formula has another text in the saved form. */
const KEY_LENGTHS = [KEY_CHARS, 25, 10];

const BLOCKS = "p, li, h1, h2, h3, h4, h5, h6";

/** Position of the reader: the text at the top, or the end of the view. */
export interface Place {
  /** Beginning of the visible text, without white space; "" for the end of the view. */
  readonly key: string;
  /** Number of characters before it, without white space. */
  readonly before: number;
  /** Distance below the upper visible edge in px; for the end, above the lower edge. */
  readonly away: number;
  /** Scroll container. */
  readonly scroller: Element | null;
}

/** Return the position of the reader; null if the view is still below the visible area. */
export function placeOf(view: HTMLElement): Place | null {
  const scroller = scrollerOf(view);
  const { top, bottom } = visibleIn(scroller);
  const whole = view.getBoundingClientRect();
  if (whole.top >= bottom || whole.height === 0) return null;
  const below = whole.bottom - bottom;
  if (below <= SLACK) return { key: "", before: 0, away: Math.max(0, -below), scroller };
  const seen = firstWhole(view, top, bottom);
  const before = document.createRange();
  before.setStart(view, 0);
  before.setEndBefore(seen);
  const after = document.createRange();
  after.setStartBefore(seen);
  after.setEndAfter(view);
  const key = solid(after.toString().slice(0, 20 * KEY_CHARS)).slice(0, KEY_CHARS);
  if (key === "") return null;
  const away = seen.getBoundingClientRect().top - top;
  return { key, before: solid(before.toString()).length, away, scroller };
}

/** Keeps a node of the saved form at the position it had in the live view until the reader scrolls. */
export class Anchor {
  readonly #scroller: Element | null;
  #scrolled = 0;

  /**
   * @param node node to keep in place, or a node around it
   * @param top intended position, in px from the top of the page
   * @param now returns the current position
   */
  private constructor(
    readonly node: Node,
    private top: number,
    private readonly now: () => number,
  ) {
    const element = node instanceof Element ? node : node.parentElement;
    this.#scroller = element && scrollerOf(element);
    this.#scrolled = this.#scroller?.scrollTop ?? 0;
  }

  /** Find the same position in the saved form; null if its text is not found. */
  static at({ key, before, away, scroller }: Place, form: Element): Anchor | null {
    const now = scrollerOf(form);
    const { top, bottom } = visibleIn(now);
    // Some applications now put a long output into a separate scrolling box.
    const within = now === scroller ? away : Math.min(away, (bottom - top) / 2);
    if (key === "") {
      return new Anchor(form, bottom - within, () => form.getBoundingClientRect().bottom);
    }
    const node = nodeAt(key, before, form);
    if (!node) return null;
    const range = document.createRange();
    range.selectNode(node);
    return new Anchor(node, top + within, () => range.getBoundingClientRect().top);
  }

  /** Record the position; call before heights change. */
  look(): void {
    if (this.#scroller?.scrollTop !== this.#scrolled) this.top = this.now();
  }

  /** Restore the position; call after heights changed. */
  bringBack(): void {
    if (!this.#scroller) return;
    this.#scroller.scrollTop += this.now() - this.top;
    this.#scrolled = this.#scroller.scrollTop;
  }
}

/** Return the first block that begins in the upper visible half, or the block that fills it. */
function firstWhole(view: Element, top: number, bottom: number): Element {
  const seen = firstSeen(view, top);
  if (seen.getBoundingClientRect().top >= top) return seen;
  const next = following(seen, view);
  const rect = next?.getBoundingClientRect();
  return next && rect && rect.top > top && rect.top < (top + bottom) / 2 ? next : seen;
}

/** Return the element after `node` and its descendants. */
function following(node: Element, view: Element): Element | null {
  let last: Element | null = node;
  while (last && last !== view && !last.nextElementSibling) last = last.parentElement;
  return last === view ? null : (last?.nextElementSibling ?? null);
}

/** Return the innermost block that is the first visible one below `top`. */
function firstSeen(view: Element, top: number): Element {
  let seen = view;
  for (;;) {
    const next = [...seen.children].find((child) => child.getBoundingClientRect().bottom > top + 1);
    if (!next || getComputedStyle(next).display.startsWith("inline")) return seen;
    seen = next;
  }
}

function nodeAt(key: string, before: number, form: Element): Node | null {
  const text = solid(form.textContent);
  const index = KEY_LENGTHS.reduce<number | null>(
    (found, length) => found ?? nearest(text, key.slice(0, length), before),
    null,
  );
  if (index === null) return null;
  let passed = 0;
  const texts = document.createTreeWalker(form, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    passed += solid(node.textContent ?? "").length;
    if (passed > index) return shownOf(node.parentElement?.closest(BLOCKS) ?? node);
  }
  return null;
}

/** Return the node, or the outermost closed fold around it. */
function shownOf(node: Node): Node {
  let shown = node;
  for (let around = node.parentElement; around; around = around.parentElement) {
    if (around.matches("details:not([open])")) shown = around;
  }
  return shown;
}

/** Return the index of `key` in `text` that is nearest to `wanted`. */
function nearest(text: string, key: string, wanted: number): number | null {
  const below = text.lastIndexOf(key, wanted);
  const above = text.indexOf(key, wanted);
  if (below < 0) return above < 0 ? null : above;
  return above >= 0 && above - wanted < wanted - below ? above : below;
}

function solid(text: string): string {
  return text.replace(/\s+/g, "");
}
