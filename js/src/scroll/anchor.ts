/**
 * The reader's place: the saved form is not as tall as the live view, and what was being read should
 * stay where it is when the one takes the place of the other.
 */

import { scrollerOf, SLACK, visibleIn } from "./container";

/** So much of the text is looked for, without its white space. */
const KEY_CHARS = 60;
/** Less where that is not found: a formula is another text in the saved form. */
const KEY_LENGTHS = [KEY_CHARS, 25, 10];

const BLOCKS = "p, li, h1, h2, h3, h4, h5, h6";

/** What is seen at the top, or how the end stands to the page. */
export interface Place {
  /** The beginning of what is seen, without white space; "" for the end of the view. */
  readonly key: string;
  /** Characters before it, without white space. */
  readonly before: number;
  /** How far it is below the upper edge of what is visible, in px; of the end: above the lower. */
  readonly away: number;
  /** What it scrolls in. */
  readonly scroller: Element | null;
}

/** Where the reader is; null where they have not come to this view yet. */
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

/** Keeps something in the saved form where it was in the live view, until the reader scrolls. */
export class Anchor {
  readonly #scroller: Element | null;
  #scrolled = 0;

  /**
   * @param node is what is kept, or stands around it
   * @param top is where it should be on the page, in px from the top
   * @param now tells where it is
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

  /** The same place in the saved form; null where the words are not found. */
  static at({ key, before, away, scroller }: Place, form: Element): Anchor | null {
    const now = scrollerOf(form);
    const { top, bottom } = visibleIn(now);
    // Some applications put a long output into a box that scrolls by itself, now that they see it.
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

  /** To be called before heights change. */
  look(): void {
    if (this.#scroller?.scrollTop !== this.#scrolled) this.top = this.now();
  }

  /** To be called after they have changed. */
  bringBack(): void {
    if (!this.#scroller) return;
    this.#scroller.scrollTop += this.now() - this.top;
    this.#scrolled = this.#scroller.scrollTop;
  }
}

/** The first block that begins in the upper half of what is visible, or the one that fills it. */
function firstWhole(view: Element, top: number, bottom: number): Element {
  const seen = firstSeen(view, top);
  if (seen.getBoundingClientRect().top >= top) return seen;
  const next = following(seen, view);
  const rect = next?.getBoundingClientRect();
  return next && rect && rect.top > top && rect.top < (top + bottom) / 2 ? next : seen;
}

/** What comes after `node` and all that is in it. */
function following(node: Element, view: Element): Element | null {
  let last: Element | null = node;
  while (last && last !== view && !last.nextElementSibling) last = last.parentElement;
  return last === view ? null : (last?.nextElementSibling ?? null);
}

/** The innermost block that is the first to be seen below `top`. */
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

/** The node; where it is folded away, what it is folded into. */
function shownOf(node: Node): Node {
  let shown = node;
  for (let around = node.parentElement; around; around = around.parentElement) {
    if (around.matches("details:not([open])")) shown = around;
  }
  return shown;
}

/** Where `key` stands in `text`: of several places, the one that is the nearest to `wanted`. */
function nearest(text: string, key: string, wanted: number): number | null {
  const below = text.lastIndexOf(key, wanted);
  const above = text.indexOf(key, wanted);
  if (below < 0) return above < 0 ? null : above;
  return above >= 0 && above - wanted < wanted - below ? above : below;
}

function solid(text: string): string {
  return text.replace(/\s+/g, "");
}
