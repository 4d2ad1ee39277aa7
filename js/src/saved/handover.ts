/**
 * Handover from the live view to the saved form, which replaces it after the turn: the text being
 * read stays in place, and truncated content is still available while the page is open and the
 * kernel runs.
 *
 * Buttons are added to the page only, never to the notebook file: they need the kernel.
 */

import { savedForm, waitForOutput } from "./wait_for_output";
import { h } from "../html/element";
import { FORMULAS, typesetAll } from "../html/math";
import { drawMore, type MoreContext } from "../panels/truncation";
import { Anchor, placeOf } from "../scroll/anchor";
import type { Store } from "../state/store";
import { LazyLayout } from "./lazy_layout";
import type { Panel, Part, PartAddress } from "../model";

/**
 * Number of formulas above which this module typesets them. The application's result is better for
 * readers without math fonts, but it typesets all formulas at once, which blocks the page.
 */
const MANY_FORMULAS = 40;

/** Truncated part. */
interface TruncatedPart {
  readonly address: PartAddress;
  readonly left: string;
}

/**
 * Complete the saved form as soon as it is on the page.
 *
 * @param mark class of the saved form
 * @param view live view shown now, if any
 */
export function completeSavedForm(
  mark: string,
  store: Store,
  context: MoreContext,
  view: HTMLElement | undefined,
): void {
  if (mark === "") return;
  const cuts = truncatedParts(store);
  const place = view?.isConnected ? placeOf(view) : null;
  const layout = new LazyLayout(mark);
  waitForOutput(
    () => {
      const form = savedForm(mark);
      if (!form) return false;
      if (context.math.isLoaded && form.querySelectorAll(FORMULAS).length > MANY_FORMULAS) {
        typesetAll(form, context.math);
      }
      addButtons(form, cuts, context);
      layout.run(form, place && Anchor.at(place, form));
      return true;
    },
    () => {
      layout.stop();
    },
  );
}

function addButtons(form: Element, cuts: readonly TruncatedPart[], context: MoreContext): void {
  const places = form.querySelectorAll(".cn-cut");
  // Without a one-to-one match, add no buttons.
  if (places.length !== cuts.length) return;
  cuts.forEach(({ address, left }, index) => {
    // An empty place marks content that the notebook holds completely.
    if (places[index]?.textContent === "") return;
    places[index]?.after(h("div", { class: "cnv-root cnv-after" }, drawMore(address, left, context)));
  });
}

/** Return the truncated parts in the order of the saved form. */
export function truncatedParts(store: Store): TruncatedPart[] {
  const children = new Map<string | null, Panel[]>();
  for (const { panel } of store.entries.values()) {
    const parent = panel.parent !== null && store.entries.has(panel.parent) ? panel.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), panel]);
  }
  const below = (parent: string | null): TruncatedPart[] =>
    (children.get(parent) ?? []).flatMap((panel) => [
      ...(panel.kind === "tool" ? truncatedIn(panel.id, "input", panel.input) : []),
      ...("detail" in panel ? truncatedIn(panel.id, "detail", panel.detail) : []),
      ...below(panel.id),
      ...(panel.kind === "tool" ? truncatedIn(panel.id, "result", panel.result) : []),
    ]);
  return below(null);
}

function truncatedIn(id: string, side: PartAddress["side"], parts: readonly Part[]): TruncatedPart[] {
  return parts.flatMap(({ more }, part) => (more ? [{ address: { id, side, part }, left: more }] : []));
}
