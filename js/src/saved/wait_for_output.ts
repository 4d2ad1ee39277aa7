/** Waits until the application replaces the live view by the saved form. */

/** Maximum time to wait, in ms. */
const TIMEOUT_MS = 30_000;

/**
 * Call `place` now, and after every change of the page until it returns true.
 *
 * `place` runs before the page is painted, so the form never appears without its additions.
 *
 * @param timedOut is called when the wait times out
 * @returns a function that stops waiting
 */
export function waitForOutput(place: () => boolean, timedOut = (): void => undefined): () => void {
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
    timedOut();
  }, TIMEOUT_MS);
  observer.observe(document.body, { childList: true, subtree: true });
  return stop;
}

/** Return the saved form on the page, ignoring the copy kept while the turn runs. */
export function savedForm(mark: string): Element | null {
  const forms = [...document.getElementsByClassName(mark)];
  return forms.find((form) => !form.closest(".cn-so-far")) ?? null;
}
