/** Lets the keyboard scroll what does not fit: wide code, tables, formulas. */

const MAY_SCROLL = "pre, .cn-wrap, .cnv-scroll, .cn-math-block, .cnv-part-content";

/**
 * Looks at each element once, as soon as it is laid out, and at all of them when there is more or
 * less room. To keep observing them would cost each frame something for every one of them.
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

  /** @param root holds everything that will be watched */
  constructor(private readonly root: Element) {
    this.#room?.observe(root);
  }

  /** Look again at what in `part` may be too wide: it is new, or another one now. */
  watch(part: Element): void {
    const observer = this.#fresh;
    if (!observer) return;
    if (part.matches(MAY_SCROLL)) look(part, observer);
    part.querySelectorAll(MAY_SCROLL).forEach((node) => {
      look(node, observer);
    });
  }

  dispose(): void {
    this.#fresh?.disconnect();
    this.#room?.disconnect();
  }
}

/** An observer hears of a size only when it begins to observe, or when the size changes. */
function look(node: Element, observer: ResizeObserver): void {
  observer.unobserve(node);
  observer.observe(node);
}

function onSize(callback: ResizeObserverCallback): ResizeObserver | null {
  return typeof ResizeObserver === "undefined" ? null : new ResizeObserver(callback);
}

/** Only what scrolls is a stop for the Tab key. */
function setFocusable(node: Element): void {
  const scrolls = node.scrollWidth > node.clientWidth && getComputedStyle(node).overflowX === "auto";
  if (scrolls) node.setAttribute("tabindex", "0");
  else node.removeAttribute("tabindex");
}
