/**
 * Keeps the newest line in view while the answer grows, until the reader scrolls away.
 *
 * The answer scrolls with the notebook, not in a box of its own: what is read then stays where it
 * is when the finished answer takes the place of the live one.
 */

import { h } from "../html/element";
import { icon } from "../html/icons";
import { scrollerOf, scrolls, SLACK, visibleIn } from "./container";

/** Space between the button and the lower edge of what is visible, in px. */
const INSET = 12;

export class Follower {
  /** "Jump to latest"; floats over the lower edge of the visible part. */
  readonly button = h(
    "button",
    { type: "button", class: "cnv-button cnv-latest", hidden: true },
    icon("down"),
    h("span", {}, "Latest"),
  );
  #following = true;
  #active = false;
  #lastTop = 0;
  #scroller: Element | null = null;
  /** Hears of growth that no operation brings: a picture that has loaded, a formula that is set. */
  readonly #sizes =
    typeof ResizeObserver === "undefined"
      ? null
      : new ResizeObserver(() => {
          this.grown();
        });
  readonly #onScroll = (): void => {
    this.#scrolled();
  };
  readonly #onTyping = (event: Event): void => {
    this.#typed(event);
  };

  /** @param root is the view, whose lower edge is the newest line */
  constructor(private readonly root: HTMLElement) {
    this.button.addEventListener("click", () => {
      this.#following = true;
      this.#toEnd();
      this.#place();
    });
  }

  /** Let the reader read where they are. */
  pause(): void {
    this.#following = false;
  }

  /** Start following, when the end is in view; harmless to call again. */
  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#attach();
    this.#sizes?.observe(this.root);
    this.#following = this.#below() <= SLACK || this.#startsInView();
  }

  /** To be called after the view has grown. */
  grown(): void {
    if (!this.#active) return;
    if (!this.#scroller?.isConnected || !scrolls(this.#scroller)) this.#attach();
    if (this.#following) this.#toEnd();
    this.#place();
  }

  /** Stop for good: the turn is over, or the view goes away. */
  stop(): void {
    this.#active = false;
    this.button.hidden = true;
    this.#sizes?.disconnect();
    this.#detach();
  }

  #attach(): void {
    this.#detach();
    this.#scroller = scrollerOf(this.root);
    this.#lastTop = this.#scroller?.scrollTop ?? 0;
    target(this.#scroller)?.addEventListener("scroll", this.#onScroll, { passive: true });
    document.addEventListener("keydown", this.#onTyping, true);
  }

  #detach(): void {
    target(this.#scroller)?.removeEventListener("scroll", this.#onScroll);
    document.removeEventListener("keydown", this.#onTyping, true);
  }

  #scrolled(): void {
    const top = this.#scroller?.scrollTop ?? 0;
    if (top < this.#lastTop - 1) this.#following = false;
    if (this.#below() <= SLACK) this.#following = true;
    this.#lastTop = top;
    this.#place();
  }

  /** Who writes elsewhere does not want the page to move. */
  #typed(event: Event): void {
    const where = event.target;
    if (!(where instanceof HTMLElement) || this.root.contains(where)) return;
    const key = event instanceof KeyboardEvent ? event : null;
    const writes = key?.key.length === 1 && !key.ctrlKey && !key.metaKey && !key.altKey;
    if (writes && where.closest("input, textarea, [contenteditable=true]")) this.#following = false;
  }

  #toEnd(): void {
    const below = this.#below();
    if (!this.#scroller || below <= 0) return;
    this.#scroller.scrollTop += below;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** How far the view's end is below what is visible, in px. */
  #below(): number {
    return this.root.getBoundingClientRect().bottom - visibleIn(this.#scroller).bottom;
  }

  #startsInView(): boolean {
    const { top, bottom } = visibleIn(this.#scroller);
    const start = this.root.getBoundingClientRect().top;
    return start >= top && start <= bottom;
  }

  #place(): void {
    const below = this.#below();
    const away = !this.#following && below > SLACK && this.#startsAbove();
    if (this.button.hidden === away) this.button.hidden = !away;
    if (away) this.button.style.bottom = `${Math.round(below + INSET)}px`;
  }

  #startsAbove(): boolean {
    return this.root.getBoundingClientRect().top < visibleIn(this.#scroller).bottom - 3 * SLACK;
  }
}

/** Scroll events of the page itself are the document's. */
function target(scroller: Element | null): EventTarget | null {
  return scroller === document.scrollingElement ? document : scroller;
}
