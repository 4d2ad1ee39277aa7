/**
 * The saved form of a turn, which takes the place of the live view when the turn is over: what was
 * being read stays where it is, and what was cut off can still be asked for, as long as the page
 * stays and the kernel lives.
 *
 * Buttons are added to the page only, never to the notebook's file: without the kernel they would
 * do nothing.
 */

import { savedForm, untilPlaced } from "./wait_for_output";
import { h } from "../html/element";
import { FORMULAS, typesetAll } from "../html/math";
import { drawMore, type MoreContext } from "../panels/truncation";
import { Anchor, placeOf } from "../scroll/anchor";
import type { Store } from "../state/store";
import { Unrolling } from "./lazy_layout";
import type { Panel, Part, PartAddress } from "../model";

/**
 * The application sets formulas better than we do, where the reader has no fonts for them. But it
 * sets all of them at once, and of more than these the page would stop for longer than for the rest.
 */
const MANY_FORMULAS = 40;

/** A part of which something was cut off. */
interface Cut {
  readonly address: PartAddress;
  readonly left: string;
}

/**
 * Make the saved form what the live view was, as soon as it is on the page.
 *
 * @param mark is the class of the saved form
 * @param view is shown now, unless there is none
 */
export function addToSaved(
  mark: string,
  store: Store,
  context: MoreContext,
  view: HTMLElement | undefined,
): void {
  if (mark === "") return;
  const cuts = cutsOf(store);
  const place = view?.isConnected ? placeOf(view) : null;
  const unrolling = new Unrolling(mark);
  untilPlaced(
    () => {
      const form = savedForm(mark);
      if (!form) return false;
      if (context.math.isLoaded && form.querySelectorAll(FORMULAS).length > MANY_FORMULAS) {
        typesetAll(form, context.math);
      }
      addButtons(form, cuts, context);
      unrolling.run(form, place && Anchor.at(place, form));
      return true;
    },
    () => {
      unrolling.stop();
    },
  );
}

function addButtons(form: Element, cuts: readonly Cut[], context: MoreContext): void {
  const places = form.querySelectorAll(".cn-cut");
  // Where they do not fit together, nothing is promised.
  if (places.length !== cuts.length) return;
  cuts.forEach(({ address, left }, index) => {
    // An empty place: the notebook itself has all of it.
    if (places[index]?.textContent === "") return;
    places[index]?.after(h("div", { class: "cnv-root cnv-after" }, drawMore(address, left, context)));
  });
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
