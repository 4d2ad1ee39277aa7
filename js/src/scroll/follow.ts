/**
 * Keeps the newest line in view while the answer grows, until the reader scrolls away.
 *
 * The answer scrolls with the notebook, not in a separate box, so the text being read stays in place
 * when the finished answer replaces the live one.
 */

import { h } from "../html/element";
import { icon } from "../html/icons";
import { isScrollable, scrollerOf, SLACK, visibleIn } from "./container";

/** Space between the button and the lower visible edge, in px. */
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
  /** Observes growth without an operation: a loaded image, a typeset formula. */
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

  /** @param root view whose lower edge is the newest line */
  constructor(private readonly root: HTMLElement) {
    this.button.addEventListener("click", () => {
      this.#following = true;
      this.#toEnd();
      this.#place();
    });
  }

  /** Stop following, so that the reader stays at the current position. */
  pause(): void {
    this.#following = false;
  }

  /** Start following if the end is visible. Calling it again has no effect. */
  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#attach();
    this.#sizes?.observe(this.root);
    this.#following = this.#below() <= SLACK || this.#startsInView();
  }

  /** Follow the end; call after the view has grown. */
  grown(): void {
    if (!this.#active) return;
    if (!this.#scroller?.isConnected || !isScrollable(this.#scroller)) this.#attach();
    if (this.#following) this.#toEnd();
    this.#place();
  }

  /** Stop permanently, because the turn has ended or the view is removed. */
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
    eventTarget(this.#scroller)?.addEventListener("scroll", this.#onScroll, { passive: true });
    document.addEventListener("keydown", this.#onTyping, true);
  }

  #detach(): void {
    eventTarget(this.#scroller)?.removeEventListener("scroll", this.#onScroll);
    document.removeEventListener("keydown", this.#onTyping, true);
  }

  #scrolled(): void {
    const top = this.#scroller?.scrollTop ?? 0;
    if (top < this.#lastTop - 1) this.#following = false;
    if (this.#below() <= SLACK) this.#following = true;
    this.#lastTop = top;
    this.#place();
  }

  /** Stop following while the reader types elsewhere. */
  #typed(event: Event): void {
    const { target } = event;
    if (!(target instanceof HTMLElement) || this.root.contains(target)) return;
    const key = event instanceof KeyboardEvent ? event : null;
    const writes = key?.key.length === 1 && !key.ctrlKey && !key.metaKey && !key.altKey;
    if (writes && target.closest("input, textarea, [contenteditable=true]")) this.#following = false;
  }

  #toEnd(): void {
    const below = this.#below();
    if (!this.#scroller || below <= 0) return;
    this.#scroller.scrollTop += below;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** Return the distance of the view's end below the visible area, in px. */
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

/** Return the target of scroll events, which is the document for the page itself. */
function eventTarget(scroller: Element | null): EventTarget | null {
  return scroller === document.scrollingElement ? document : scroller;
}
