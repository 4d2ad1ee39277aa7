/** "Rewind files to before this turn": a button below a finished turn. */

import { savedForm, waitForOutput } from "../saved/wait_for_output";
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
 * Put the button below the saved form of a turn, which has replaced the live view.
 *
 * The button is added to the page only, never to the notebook file: it needs the kernel.
 *
 * @param mark class of the saved form; "" if there are no files to restore
 * @returns a function that stops waiting for the saved form
 */
export function addRewind(mark: string, press: () => void): () => void {
  return mark === "" ? () => undefined : waitForOutput(() => place(mark, press));
}

/** Add the button. Returns true once the saved form is on the page. */
function place(mark: string, press: () => void): boolean {
  const form = savedForm(mark);
  // Inside a live view, the footer has the button.
  if (!form || form.closest(".cnv-root")) return false;
  if (form.querySelector(".cnv-rewind") === null) {
    form.append(h("div", { class: "cnv-root cnv-after" }, rewindButton(press)));
  }
  return true;
}
