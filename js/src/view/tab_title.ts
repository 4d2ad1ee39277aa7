/** How many questions wait in this page: in its title, which a browser shows on the tab. */

/** Questions by whoever they are shown for. */
const waiting = new Map<object, number>();
const BADGE = /^\(\d+\) /;
let observer: MutationObserver | null = null;

/** `count` questions of `owner` wait; 0 takes back what was said before. */
export function showWaiting(owner: object, count: number): void {
  if (count > 0) waiting.set(owner, count);
  else if (!waiting.delete(owner)) return;
  draw();
  // The application gives the page another title with each notebook.
  if (waiting.size > 0) observe();
  else stopObserving();
}

function draw(): void {
  const count = [...waiting.values()].reduce((sum, one) => sum + one, 0);
  const plain = document.title.replace(BADGE, "");
  const wanted = count > 0 ? `(${count}) ${plain}` : plain;
  if (document.title !== wanted) document.title = wanted;
}

function observe(): void {
  if (observer) return;
  observer = new MutationObserver(draw);
  observer.observe(document.head, { childList: true, subtree: true, characterData: true });
}

function stopObserving(): void {
  observer?.disconnect();
  observer = null;
}
