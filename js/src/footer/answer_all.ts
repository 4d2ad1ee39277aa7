/** Buttons that answer all open questions at once. */

import { h } from "../html/element";
import type { FromReader } from "../model";

export class AnswerAll {
  readonly node = h("span", { class: "cnv-together", hidden: true });
  #drawn = "";

  /** @param send sends an answer */
  constructor(private readonly send: (message: FromReader) => void) {}

  /** @param ids open questions; the buttons do not apply to later ones */
  update(ids: readonly string[]): void {
    const wanted = ids.join(" ");
    if (wanted === this.#drawn) return;
    this.#drawn = wanted;
    this.node.hidden = ids.length < 2;
    const several = String(ids.length);
    this.node.replaceChildren(
      this.#button(`Allow all ${several} once`, ids, "once"),
      this.#button(`Deny all ${several}`, ids, "deny"),
    );
  }

  #button(label: string, ids: readonly string[], choice: string): HTMLElement {
    const button = h("button", { type: "button", class: "cnv-button" }, label);
    button.addEventListener("click", () => {
      this.send({ type: "answer", ids, choice });
      this.node.hidden = true;
    });
    return button;
  }
}
