/**
 * The saved form of a turn, which takes the place of the live view when the turn is over: what was
 * cut off in it can still be asked for, as long as the page stays and the kernel lives.
 *
 * Buttons are added to the page only, never to the notebook's file: without the kernel they would
 * do nothing.
 */

import { h } from "./h";
import { drawMore, type MoreContext } from "./more";
import type { Store } from "./store";
import type { Panel, Part, PartAddress } from "./view";

/** How long the saved form is waited for, in ms. */
const PATIENCE_MS = 30_000;

/** A part of which something was cut off. */
interface Cut {
  readonly address: PartAddress;
  readonly left: string;
}

/**
 * Put the buttons into the saved form, as soon as it is on the page.
 *
 * @param mark is the class of the saved form
 */
export function addToSaved(mark: string, store: Store, context: MoreContext): void {
  const cuts = cutsOf(store);
  if (mark === "" || cuts.length === 0 || place(mark, cuts, context)) return;
  const observer = new MutationObserver(() => {
    if (place(mark, cuts, context)) stop();
  });
  const stop = (): void => {
    observer.disconnect();
    clearTimeout(timer);
  };
  const timer = setTimeout(stop, PATIENCE_MS);
  observer.observe(document.body, { childList: true, subtree: true });
}

function place(mark: string, cuts: readonly Cut[], context: MoreContext): boolean {
  const [form] = document.getElementsByClassName(mark);
  if (!form) return false;
  const places = form.querySelectorAll(".cn-cut");
  // Where they do not fit together, nothing is promised.
  if (places.length !== cuts.length) return true;
  cuts.forEach(({ address, left }, index) => {
    // An empty place: the notebook itself has all of it.
    if (places[index]?.textContent === "") return;
    places[index]?.after(h("div", { class: "cnv-root cnv-after" }, drawMore(address, left, context)));
  });
  return true;
}

/** What was cut off, in the order in which the saved form shows it. */
export function cutsOf(store: Store): Cut[] {
  const children = new Map<string | null, Panel[]>();
  for (const { panel } of store.entries.values()) {
    const parent = panel.parent !== null && store.entries.has(panel.parent) ? panel.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), panel]);
  }
  const below = (parent: string | null): Cut[] =>
    (children.get(parent) ?? []).flatMap((panel) => [
      ...(panel.kind === "tool" ? cutsIn(panel.id, "input", panel.input) : []),
      ...("detail" in panel ? cutsIn(panel.id, "detail", panel.detail) : []),
      ...below(panel.id),
      ...(panel.kind === "tool" ? cutsIn(panel.id, "result", panel.result) : []),
    ]);
  return below(null);
}

function cutsIn(id: string, side: PartAddress["side"], parts: readonly Part[]): Cut[] {
  return parts.flatMap(({ more }, part) => (more ? [{ address: { id, side, part }, left: more }] : []));
}
