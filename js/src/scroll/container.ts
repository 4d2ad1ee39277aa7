/** Scroll container of an answer: the page, or in some applications an element of the notebook. */

/** Maximum distance in px below the edge at which the end counts as visible. */
export const SLACK = 24;

/** Return true if the content of `node` can be scrolled now. */
export function isScrollable(node: Element): boolean {
  if (node.scrollHeight <= node.clientHeight) return false;
  return node === document.scrollingElement || /auto|scroll/.test(getComputedStyle(node).overflowY);
}

/** Return the nearest scrollable ancestor of `node`, or the page. */
export function scrollerOf(node: Element): Element | null {
  for (let outer = node.parentElement; outer; outer = outer.parentElement) {
    if (outer !== document.body && isScrollable(outer)) return outer;
  }
  return document.scrollingElement;
}

/** Return the upper and lower visible edge, in px from the top of the page. */
export function visibleIn(scroller: Element | null): { top: number; bottom: number } {
  if (!scroller || scroller === document.scrollingElement) return { top: 0, bottom: innerHeight };
  const { top, bottom } = scroller.getBoundingClientRect();
  return { top: Math.max(0, top), bottom: Math.min(innerHeight, bottom) };
}
