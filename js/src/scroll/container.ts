/** What an answer scrolls in: the notebook, which is an element of its own in some applications. */

/** The end counts as in view when it is at most this far below the edge, in px. */
export const SLACK = 24;

/** Whether what is in `node` can be scrolled now. */
export function scrolls(node: Element): boolean {
  if (node.scrollHeight <= node.clientHeight) return false;
  return node === document.scrollingElement || /auto|scroll/.test(getComputedStyle(node).overflowY);
}

/** The nearest element around `node` that scrolls, or the page. */
export function scrollerOf(node: Element): Element | null {
  for (let outer = node.parentElement; outer; outer = outer.parentElement) {
    if (outer !== document.body && scrolls(outer)) return outer;
  }
  return document.scrollingElement;
}

/** The upper and the lower edge of what is seen of it, in px from the top of the page. */
export function visibleIn(scroller: Element | null): { top: number; bottom: number } {
  if (!scroller || scroller === document.scrollingElement) return { top: 0, bottom: innerHeight };
  const { top, bottom } = scroller.getBoundingClientRect();
  return { top: Math.max(0, top), bottom: Math.min(innerHeight, bottom) };
}
