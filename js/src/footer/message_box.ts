/** Text field that sends a message to Claude while a turn runs. */

import { h } from "../html/element";

export class MessageBox {
  readonly node: HTMLElement;
  readonly #field: HTMLInputElement;

  /** @param say receives the message of the reader */
  constructor(private readonly say: (text: string) => void) {
    this.#field = h("input", { type: "text", "aria-label": "Message to Claude", dir: "auto" });
    this.#field.placeholder = "Message Claude…";
    const send = h("button", { type: "button", class: "cnv-button" }, "Send");
    send.addEventListener("click", () => {
      this.#send();
    });
    this.#field.addEventListener("keydown", (event) => {
      // Enter also ends the composition of an input method.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.node = h("div", { class: "cnv-say", hidden: true }, this.#field, send);
  }

  #send(): void {
    const text = this.#field.value.trim();
    if (text === "") return;
    this.#field.value = "";
    this.say(text);
  }
}
