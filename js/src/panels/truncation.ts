/**
 * "Show 4,600 more lines": truncated content, loaded from the kernel on demand, chunk by chunk. Each
 * chunk is loaded once and kept here for other views.
 */

import { decorate } from "../html/decorate";
import { h } from "../html/element";
import { toNodes } from "../html/fragment";
import type { MathTypesetter } from "../html/math";
import type { ChunkAddress, FromKernel, PartAddress, ToKernel } from "../model";

/** Time to wait for a chunk before the reader can request it again, in ms. */
const CHUNK_TIMEOUT_MS = 10_000;

type ChunkMessage = Extract<FromKernel, { type: "more" }>;

/** Loaded chunks of one part. */
interface LoadedPart {
  readonly html: string[];
  /** Description of the remainder; null before the first chunk. */
  left: string | null;
  waiting: boolean;
}

/** Truncated content of one turn, as far as it is loaded. */
export class TruncatedContent {
  readonly #known = new Map<string, LoadedPart>();
  readonly #listeners = new Set<() => void>();
  #gone = false;

  constructor(private readonly send: (message: ToKernel) => void) {}

  /** Return true if the kernel is gone, and the remainder with it. */
  get gone(): boolean {
    return this.#gone;
  }

  of(address: PartAddress): LoadedPart {
    const key = keyOf(address);
    const known = this.#known.get(key) ?? { html: [], left: null, waiting: false };
    this.#known.set(key, known);
    return known;
  }

  /** Request the next chunk unless it is being loaded. */
  request(address: PartAddress): void {
    const known = this.of(address);
    if (known.waiting || this.#gone) return;
    known.waiting = true;
    this.send({ type: "more", ...address, chunk: known.html.length });
    setTimeout(() => {
      known.waiting = false;
      this.#notify();
    }, CHUNK_TIMEOUT_MS);
    this.#notify();
  }

  take(message: ChunkMessage): void {
    const known = this.of(message);
    // Another page may have requested a chunk that is loaded already, or a later one.
    if (message.chunk !== known.html.length) return;
    known.waiting = false;
    known.left = message.more;
    if (message.html !== "") known.html.push(message.html);
    this.#notify();
  }

  /** Drop the chunks of a part that changed. */
  forget(address: PartAddress): void {
    this.#known.delete(keyOf(address));
  }

  /** Mark the kernel as gone. Loaded chunks stay. */
  lost(): void {
    this.#gone = true;
    this.#notify();
  }

  /** Call `listener` on every change. Returns a function that removes it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function keyOf({ id, side, part }: PartAddress | ChunkAddress): string {
  return `${id} ${side} ${String(part)}`;
}

export interface MoreContext {
  readonly rest: TruncatedContent;
  readonly math: MathTypesetter;
  /** Make wide content scrollable by keyboard. */
  readonly watch: (element: Element) => void;
}

/**
 * Return the loaded chunks of a part, and the button that requests the next one.
 *
 * @param left description of the truncated content
 * @param opened is called when a chunk is requested
 */
export function drawMore(
  address: PartAddress,
  left: string,
  context: MoreContext,
  opened: () => void = () => undefined,
): HTMLElement {
  const chunks = h("div", { class: "cnv-chunks" });
  const button = h("button", { type: "button", class: "cnv-more cnv-ask-more" });
  const node = h("div", { class: "cnv-rest" }, chunks, button);
  const draw = (): void => {
    const known = context.rest.of(address);
    for (const html of known.html.slice(chunks.childElementCount)) {
      const nodes = toNodes(html);
      decorate(nodes, false, context.math);
      const chunk = h("div", { class: "cnv-part-content", dir: "auto" });
      chunk.append(nodes);
      chunks.append(chunk);
      context.watch(chunk);
    }
    const words = known.left ?? left;
    // Hiding the focused button would move the focus to the top of the page.
    if (words === "" && button === document.activeElement) focusOn(chunks);
    button.hidden = words === "" || context.rest.gone;
    button.textContent = known.waiting ? `Loading ${words}…` : `Show ${words}`;
    button.setAttribute("aria-busy", String(known.waiting));
  };
  button.addEventListener("click", () => {
    opened();
    context.rest.request(address);
  });
  const unwatch = context.rest.watch(() => {
    if (node.isConnected) draw();
    else unwatch();
  });
  draw();
  return node;
}

function focusOn(node: HTMLElement): void {
  node.tabIndex = -1;
  node.focus({ preventScroll: true });
}
