/**
 * The reader's place: the saved form is not as tall as the live view, and what was being read should
 * stay where it is when the one takes the place of the other.
 */

import { scrollerOf, visibleIn } from "./scroller";

/** So much of the text is looked for, without its white space. */
const KEY_CHARS = 60;

/** What is seen at the top, or how the end stands to the page. */
export interface Place {
  /** The beginning of what is seen, without white space; "" for the end of the view. */
  readonly key: string;
  /** Characters before it, without white space. */
  readonly before: number;
  /** How far it is below the upper edge of what is visible, in px; of the end: above the lower. */
  readonly away: number;
}

/** Where the reader is; null where they have not come to this view yet. */
export function placeOf(view: HTMLElement): Place | null {
  const { top, bottom } = visibleIn(scrollerOf(view));
  const whole = view.getBoundingClientRect();
  if (whole.top >= bottom || whole.height === 0) return null;
  if (whole.bottom <= bottom) return { key: "", before: 0, away: bottom - whole.bottom };
  const seen = firstSeen(view, top);
  const before = document.createRange();
  before.setStart(view, 0);
  before.setEndBefore(seen);
  const after = document.createRange();
  after.setStartBefore(seen);
  after.setEndAfter(view);
  const key = solid(after.toString().slice(0, 20 * KEY_CHARS)).slice(0, KEY_CHARS);
  if (key === "") return null;
  const away = seen.getBoundingClientRect().top - top;
  return { key, before: solid(before.toString()).length, away };
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
  static at({ key, before, away }: Place, form: Element): Anchor | null {
    // Some applications put a long output into a box that scrolls by itself, now that they see it.
    const { top, bottom } = visibleIn(scrollerOf(form));
    const within = Math.min(away, (bottom - top) / 2);
    if (key === "") {
      return new Anchor(form, bottom - within, () => form.getBoundingClientRect().bottom);
    }
    const range = rangeOf(key, before, form);
    if (!range) return null;
    const now = (): number => range.getBoundingClientRect().top;
    return new Anchor(range.startContainer, top + within, now);
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

/** The innermost block that is the first to be seen below `top`. */
function firstSeen(view: Element, top: number): Element {
  let seen = view;
  for (;;) {
    const next = [...seen.children].find((child) => child.getBoundingClientRect().bottom > top + 1);
    if (!next || getComputedStyle(next).display.startsWith("inline")) return seen;
    seen = next;
  }
}

function rangeOf(key: string, before: number, form: Element): Range | null {
  const index = nearest(solid(form.textContent), key, before);
  if (index === null) return null;
  const range = document.createRange();
  let passed = 0;
  const texts = document.createTreeWalker(form, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    passed += solid(node.textContent ?? "").length;
    if (passed <= index) continue;
    range.selectNodeContents(node.parentElement?.closest("p, li, h1, h2, h3, h4, h5, h6") ?? node);
    return range;
  }
  return null;
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
