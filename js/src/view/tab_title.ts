/** Number of open questions on this page, shown in the tab title. */

/** Number of open questions by owner. */
const openQuestions = new Map<object, number>();
const BADGE = /^\(\d+\) /;
let observer: MutationObserver | null = null;

/** Set the number of open questions of `owner`; 0 removes the owner. */
export function showOpenQuestions(owner: object, count: number): void {
  if (count > 0) openQuestions.set(owner, count);
  else if (!openQuestions.delete(owner)) return;
  draw();
  // The application changes the title with each notebook.
  if (openQuestions.size > 0) observe();
  else stopObserving();
}

function draw(): void {
  const count = [...openQuestions.values()].reduce((sum, number) => sum + number, 0);
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
