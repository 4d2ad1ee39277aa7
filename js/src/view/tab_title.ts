/** Number of open questions on this page, shown in the tab title. */

interface OpenQuestions {
  /** Number of open questions by owner. */
  readonly counts: Map<object, number>;
  observer: MutationObserver | null;
}

/**
 * Each widget may load its own copy of this module. Copies with separate counts would correct each
 * other's title without end and freeze the page, so all of them share one state.
 */
const SHARED = Symbol.for("claude_notebook.open_questions");
const BADGE = /^\(\d+\) /;

function sharedState(): OpenQuestions {
  const page = globalThis as unknown as Record<typeof SHARED, OpenQuestions | undefined>;
  page[SHARED] ??= { counts: new Map(), observer: null };
  return page[SHARED];
}

/** Set the number of open questions of `owner`; 0 removes the owner. */
export function showOpenQuestions(owner: object, count: number): void {
  const state = sharedState();
  if (count > 0) state.counts.set(owner, count);
  else if (!state.counts.delete(owner)) return;
  draw();
  // The application changes the title with each notebook.
  if (state.counts.size > 0) observe(state);
  else stopObserving(state);
}

function draw(): void {
  const count = [...sharedState().counts.values()].reduce((sum, number) => sum + number, 0);
  const plain = document.title.replace(BADGE, "");
  const wanted = count > 0 ? `(${count}) ${plain}` : plain;
  if (document.title !== wanted) document.title = wanted;
}

function observe(state: OpenQuestions): void {
  if (state.observer) return;
  state.observer = new MutationObserver(draw);
  state.observer.observe(document.head, { childList: true, subtree: true, characterData: true });
}

function stopObserving(state: OpenQuestions): void {
  state.observer?.disconnect();
  state.observer = null;
}
