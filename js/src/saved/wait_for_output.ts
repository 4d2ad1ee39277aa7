/** Waiting for the saved form, which the application puts on the page in place of the live view. */

/** How long it is waited for, in ms. */
const PATIENCE_MS = 30_000;

/**
 * Try `place` now, and again whenever something appears on the page, until it has worked.
 *
 * It is called before the page is painted, so nobody sees the form without what is added to it.
 *
 * @param givenUp is called when it is not waited for any longer
 * @returns what stops waiting
 */
export function untilPlaced(place: () => boolean, givenUp = (): void => undefined): () => void {
  if (place()) return () => undefined;
  const observer = new MutationObserver(() => {
    if (place()) stop();
  });
  const stop = (): void => {
    observer.disconnect();
    clearTimeout(timer);
  };
  const timer = setTimeout(() => {
    stop();
    givenUp();
  }, PATIENCE_MS);
  observer.observe(document.body, { childList: true, subtree: true });
  return stop;
}

/** The saved form on the page: not the one that a notebook keeps while the turn runs. */
export function savedForm(mark: string): Element | null {
  const forms = [...document.getElementsByClassName(mark)];
  return forms.find((form) => !form.closest(".cn-so-far")) ?? null;
}
