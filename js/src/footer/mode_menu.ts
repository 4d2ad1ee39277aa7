/** Permission mode: its name, and a menu to change it while a turn runs. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { PermissionMode } from "../model";

const NAMES: Readonly<Record<PermissionMode, string>> = {
  default: "Ask first",
  acceptEdits: "Accept edits",
  plan: "Plan only",
  dontAsk: "Deny unless allowed",
  bypassPermissions: "Allow everything",
};

const USUAL: readonly PermissionMode[] = ["default", "acceptEdits", "plan", "dontAsk"];

/** Mode that an arrow key alone cannot select: the kernel asks for confirmation. */
const BYPASS: PermissionMode = "bypassPermissions";

function nameOf(mode: string): string {
  return Object.hasOwn(NAMES, mode) ? NAMES[mode as PermissionMode] : mode;
}

export class ModeMenu {
  readonly node = h("span", { class: "cnv-fact cnv-mode", hidden: true });
  /** Warning above the answer while Claude needs no permission. */
  readonly banner = h(
    "div",
    { class: "cnv-banner", hidden: true },
    icon("warning"),
    "Claude may do everything without asking",
  );
  #mode = "";
  readonly #name = h("span", { title: "Permission mode" });
  readonly #menu = h("select", { "aria-label": "Permission mode" });

  /** @param change receives the mode that the reader chose */
  constructor(change: (mode: PermissionMode) => void) {
    this.#menu.addEventListener("change", () => {
      const wanted = this.#menu.value as PermissionMode;
      if (wanted === BYPASS) {
        this.#menu.value = this.#mode;
        this.#menu.blur();
      }
      change(wanted);
    });
    this.node.append(this.#name, this.#menu);
  }

  /**
   * @param changeable the mode of a running turn can change
   * @param canBypass offer "Allow everything"
   */
  update(mode: string, changeable: boolean, canBypass: boolean): void {
    this.#mode = mode;
    this.node.hidden = mode === "";
    this.banner.hidden = mode !== BYPASS;
    this.#name.hidden = changeable;
    this.#menu.hidden = !changeable;
    setText(this.#name, nameOf(mode));
    const offered: readonly string[] = canBypass ? [...USUAL, BYPASS] : USUAL;
    this.#offer(offered.includes(mode) ? offered : [mode, ...offered]);
    if (document.activeElement !== this.#menu) this.#menu.value = mode;
  }

  #offer(modes: readonly string[]): void {
    const drawn = [...this.#menu.options].map((option) => option.value);
    if (drawn.join() === modes.join()) return;
    this.#menu.replaceChildren(...modes.map((mode) => h("option", { value: mode }, nameOf(mode))));
  }
}
