/** Keyboard scrolling of wide content: code, tables, formulas. */

const MAY_SCROLL = "pre, .cn-wrap, .cnv-scroll, .cn-math-block, .cnv-part-content";

/**
 * Checks each element once after its layout, and all elements after the width changes. Observing
 * every element permanently would cost time in each frame.
 */
export class Scrollables {
  readonly #fresh = onSize((entries, observer) => {
    for (const { target } of entries) {
      setFocusable(target);
      observer.unobserve(target);
    }
  });
  readonly #room = onSize(() => {
    const width = this.root.clientWidth;
    if (width !== this.#width) this.watch(this.root);
    this.#width = width;
  });
  #width = 0;

  /** @param root ancestor of all watched elements */
  constructor(private readonly root: Element) {
    this.#room?.observe(root);
  }

  /** Check the new or changed elements of `part`. */
  watch(part: Element): void {
    const observer = this.#fresh;
    if (!observer) return;
    if (part.matches(MAY_SCROLL)) observeAgain(part, observer);
    part.querySelectorAll(MAY_SCROLL).forEach((node) => {
      observeAgain(node, observer);
    });
  }

  dispose(): void {
    this.#fresh?.disconnect();
    this.#room?.disconnect();
  }
}

/** Make the observer report the size, which it does only at the start and after changes. */
function observeAgain(node: Element, observer: ResizeObserver): void {
  observer.unobserve(node);
  observer.observe(node);
}

function onSize(callback: ResizeObserverCallback): ResizeObserver | null {
  return typeof ResizeObserver === "undefined" ? null : new ResizeObserver(callback);
}

/** Make an element a tab stop only if it scrolls. */
function setFocusable(node: Element): void {
  const scrolls = node.scrollWidth > node.clientWidth && getComputedStyle(node).overflowX === "auto";
  if (scrolls) node.setAttribute("tabindex", "0");
  else node.removeAttribute("tabindex");
}
