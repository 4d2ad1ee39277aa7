/** Actions of the buttons inside blocks, dispatched by one listener at the root. */

import { showRemoteImage } from "./fragment";

type Action = (button: HTMLElement) => void;

const ACTIONS: Readonly<Record<string, Action>> = {
  copy,
  fold: (button) => {
    toggle(button, "cnv-folded");
  },
  "load-image": showRemoteImage,
  more: showAll,
  wrap: (button) => {
    toggle(button, "cnv-wrapped");
  },
};

/** Time that "Copied" stays visible, in ms. */
const COPIED_MS = 1600;

/** Handle a click inside the view; called by the root's listener. */
export function onAction(event: Event): void {
  if (!(event.target instanceof Element)) return;
  const button = event.target.closest<HTMLElement>("[data-cnv]");
  const name = button?.dataset["cnv"];
  if (button && name !== undefined && Object.hasOwn(ACTIONS, name)) ACTIONS[name]?.(button);
}

/** Return the code block with `button` and the blocks that continue it. */
function pieces(button: HTMLElement): HTMLElement[] {
  const first = button.closest<HTMLElement>(".cn-code, .cnv-part");
  if (!first) return [];
  const blocks = [first];
  let next = following(first);
  while (next?.matches(".cn-code.cn-more")) {
    blocks.push(next);
    next = following(next);
  }
  return blocks;
}

/** Return the element after `piece`, in the same block or at the start of the next one. */
function following(piece: HTMLElement): HTMLElement | null {
  const beside = piece.nextElementSibling;
  if (beside instanceof HTMLElement) return beside;
  const block = piece.closest(".cnv-block")?.nextElementSibling?.firstElementChild;
  return block instanceof HTMLElement ? block : null;
}

function toggle(button: HTMLElement, className: string): void {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  for (const piece of pieces(button)) piece.classList.toggle(className, on);
}

function showAll(button: HTMLElement): void {
  const clip = button.previousElementSibling;
  const opened = clip?.classList.toggle("cnv-clipped") === false;
  button.textContent = (opened ? button.dataset["less"] : button.dataset["all"]) ?? "";
  button.setAttribute("aria-expanded", String(opened));
}

function copy(button: HTMLElement): void {
  const text = pieces(button).map(textOf).join("\n");
  copyText(text).then(
    () => {
      showCopied(button, "Copied");
    },
    () => {
      showCopied(button, "Could not copy");
    },
  );
}

/** Return the text to paste: without line numbers, and tables separated by tabs. */
function textOf(piece: HTMLElement): string {
  const table = piece.querySelector<HTMLTableElement>("table.cn-diff, table.cn-table");
  const code = piece.querySelector("pre code") ?? piece.querySelector("pre") ?? piece;
  return table ? tableText(table) : code.textContent.replace(/\n$/, "");
}

function tableText(table: HTMLTableElement): string {
  const isDiff = table.classList.contains("cn-diff");
  const rows = [...table.rows].map((row) => {
    const cells = [...row.cells].map((cell) => cell.textContent);
    return isDiff ? (cells.at(-1) ?? "") : cells.join("\t");
  });
  return rows.join("\n");
}

/** Copy, even on a page without clipboard permission (plain http, some editors). */
async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
}

function copyBySelection(text: string): void {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  // The clipboard API needs a secure page; this deprecated call does not.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser refused to copy. Select the text and copy it with the keyboard.");
}

function showCopied(button: HTMLElement, word: string): void {
  button.dataset["said"] = word;
  setTimeout(() => {
    delete button.dataset["said"];
  }, COPIED_MS);
}
