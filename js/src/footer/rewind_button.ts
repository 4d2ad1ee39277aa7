/** "Rewind files to before this turn": a button below a turn that is over. */

import { savedForm, untilPlaced } from "../saved/wait_for_output";
import { h } from "../html/element";

export function rewindButton(press: () => void): HTMLButtonElement {
  const button = h("button", { type: "button", class: "cnv-button cnv-rewind" });
  button.textContent = "Rewind files to before this turn";
  button.addEventListener("click", () => {
    button.disabled = true;
    press();
  });
  return button;
}

/**
 * Put the button below the saved form of a turn, which has taken the place of the live view.
 *
 * It is added to the page only, never to the notebook's file: without the kernel it would do nothing.
 *
 * @param mark is the class of the saved form; "" if there is nothing to bring back
 * @returns what stops waiting for it
 */
export function addRewind(mark: string, press: () => void): () => void {
  return mark === "" ? () => undefined : untilPlaced(() => place(mark, press));
}

/** Whether the saved form is on the page, and has its button now. */
function place(mark: string, press: () => void): boolean {
  const form = savedForm(mark);
  // In a view of ours the footer has the button.
  if (!form || form.closest(".cnv-root")) return false;
  if (form.querySelector(".cnv-rewind") === null) {
    form.append(h("div", { class: "cnv-root cnv-after" }, rewindButton(press)));
  }
  return true;
}
