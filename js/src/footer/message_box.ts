/** A line to say something to Claude while a turn runs. */

import { h } from "../html/element";

export class SayBox {
  readonly node: HTMLElement;
  readonly #field: HTMLInputElement;

  /** @param say is called with what the reader wants to say */
  constructor(private readonly say: (text: string) => void) {
    this.#field = h("input", { type: "text", "aria-label": "Say something to Claude", dir: "auto" });
    this.#field.placeholder = "Say something…";
    const send = h("button", { type: "button", class: "cnv-button" }, "Send");
    send.addEventListener("click", () => {
      this.#send();
    });
    this.#field.addEventListener("keydown", (event) => {
      // An Enter that ends an input method's composition is not meant for us.
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
