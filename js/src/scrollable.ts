/** Lets the keyboard scroll what does not fit: wide code, tables, formulas. */

const MAY_SCROLL = "pre, .cn-wrap, .cnv-scroll, .cn-math-block, .cnv-part-content";

export class Scrollables {
  readonly #observer =
    typeof ResizeObserver === "undefined"
      ? null
      : new ResizeObserver((entries) => {
          for (const { target } of entries) setFocusable(target);
        });

  /** Keep an eye on what in `root` may become too wide. */
  watch(root: Element): void {
    const observer = this.#observer;
    if (!observer) return;
    if (root.matches(MAY_SCROLL)) observer.observe(root);
    root.querySelectorAll(MAY_SCROLL).forEach((node) => {
      observer.observe(node);
    });
  }

  dispose(): void {
    this.#observer?.disconnect();
  }
}

/** Only what scrolls is a stop for the Tab key. */
function setFocusable(node: Element): void {
  const scrolls = node.scrollWidth > node.clientWidth && getComputedStyle(node).overflowX === "auto";
  if (scrolls) node.setAttribute("tabindex", "0");
  else node.removeAttribute("tabindex");
}
