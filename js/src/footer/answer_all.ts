/** Several questions wait: one answer for all of them. */

import { h } from "../html/element";
import type { FromReader } from "../model";

export class Together {
  readonly node = h("span", { class: "cnv-together", hidden: true });
  #drawn = "";

  /** @param tell sends an answer */
  constructor(private readonly tell: (message: FromReader) => void) {}

  /** @param ids the questions that are open; a later one is not meant by the buttons for these */
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
      this.tell({ type: "answer", ids, choice });
      this.node.hidden = true;
    });
    return button;
  }
}
