/** Meter of the model's context: a small bar and a percentage. */

import { h, setText } from "../html/element";
import { formatShare } from "../html/format";

/** Share above which the meter warns. */
const NEARLY_FULL = 0.8;

export class ContextMeter {
  readonly #fill = h("span", { class: "cnv-gauge-fill" });
  readonly #word = h("span", {});
  readonly #bar = h(
    "span",
    {
      class: "cnv-gauge-bar",
      role: "meter",
      "aria-label": "Context used",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 0,
    },
    this.#fill,
  );
  readonly node = h(
    "span",
    { class: "cnv-fact cnv-gauge", hidden: true, title: "Share of the model's context in use" },
    this.#bar,
    this.#word,
  );

  update(share: number | null): void {
    this.node.hidden = share === null;
    if (share === null) return;
    const within = Math.min(1, Math.max(0, share));
    this.#fill.style.inlineSize = `${Math.round(within * 100)}%`;
    this.#bar.setAttribute("aria-valuenow", String(Math.round(within * 100)));
    this.node.classList.toggle("cnv-nearly-full", within > NEARLY_FULL);
    setText(this.#word, `${formatShare(within)} of context`);
  }
}
