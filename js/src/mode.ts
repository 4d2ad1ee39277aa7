/** The permission mode: its name, and a menu to change it while a turn runs. */

import { h, setText } from "./h";
import { icon } from "./icons";
import type { PermissionMode } from "./view";

const NAMES: Readonly<Record<PermissionMode, string>> = {
  default: "Ask first",
  acceptEdits: "Accept edits",
  plan: "Plan only",
  dontAsk: "Deny what is not allowed",
  bypassPermissions: "Allow everything",
};

/** Nobody should come to "allow everything" by an arrow key in a menu. */
const OFFERED: readonly PermissionMode[] = ["default", "acceptEdits", "plan", "dontAsk"];

function nameOf(mode: string): string {
  return Object.hasOwn(NAMES, mode) ? NAMES[mode as PermissionMode] : mode;
}

export class ModeMenu {
  readonly node = h("span", { class: "cnv-fact cnv-mode", hidden: true });
  /** Stands above the answer while nothing is asked. */
  readonly banner = h(
    "div",
    { class: "cnv-banner", hidden: true },
    icon("warning"),
    "Claude may do everything without asking",
  );
  readonly #name = h("span", { title: "Permission mode" });
  readonly #menu = h("select", { "aria-label": "Permission mode" });

  /** @param change is called with the mode that the reader chose */
  constructor(change: (mode: PermissionMode) => void) {
    this.#menu.addEventListener("change", () => {
      change(this.#menu.value as PermissionMode);
    });
    this.node.append(this.#name, this.#menu);
  }

  /** @param changeable whether there is still a turn whose mode can change */
  update(mode: string, changeable: boolean): void {
    this.node.hidden = mode === "";
    this.banner.hidden = mode !== "bypassPermissions";
    this.#name.hidden = changeable;
    this.#menu.hidden = !changeable;
    setText(this.#name, nameOf(mode));
    const wanted = OFFERED.includes(mode as PermissionMode) ? OFFERED : [mode, ...OFFERED];
    if (wanted.length !== this.#menu.options.length || this.#menu.options[0]?.value !== wanted[0]) {
      this.#menu.replaceChildren(...wanted.map((one) => h("option", { value: one }, nameOf(one))));
    }
    if (document.activeElement !== this.#menu) this.#menu.value = mode;
  }
}
