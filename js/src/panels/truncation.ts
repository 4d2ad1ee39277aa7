/**
 * "Show 4,600 more lines": what was cut off a part comes from the kernel when the reader asks for
 * it, chunk by chunk, each once. It is kept here, so that a second view need not ask again.
 */

import { decorate } from "../html/decorate";
import { h } from "../html/element";
import { toNodes } from "../html/fragment";
import type { MathTypesetter } from "../html/math";
import type { ChunkAddress, FromKernel, PartAddress, ToKernel } from "../model";

/** How long an answer is waited for before the reader may ask again, in ms. */
const PATIENCE_MS = 10_000;

type Answer = Extract<FromKernel, { type: "more" }>;

/** What has come of one part. */
interface Known {
  readonly html: string[];
  /** What is left; null while that is only known from the part itself. */
  left: string | null;
  waiting: boolean;
}

/** What was cut off the parts of one turn, as far as it has come. */
export class Rest {
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<() => void>();
  #gone = false;

  constructor(private readonly send: (message: ToKernel) => void) {}

  /** Whether the kernel still has what is left. */
  get gone(): boolean {
    return this.#gone;
  }

  of(address: PartAddress): Known {
    const key = keyOf(address);
    const known = this.#known.get(key) ?? { html: [], left: null, waiting: false };
    this.#known.set(key, known);
    return known;
  }

  /** Ask for the next chunk, unless it is on its way. */
  ask(address: PartAddress): void {
    const known = this.of(address);
    if (known.waiting || this.#gone) return;
    known.waiting = true;
    this.send({ type: "more", ...address, chunk: known.html.length });
    setTimeout(() => {
      known.waiting = false;
      this.#tell();
    }, PATIENCE_MS);
    this.#tell();
  }

  take(answer: Answer): void {
    const known = this.of(answer);
    // Another page may have asked for one that is here, or for one too far.
    if (answer.chunk !== known.html.length) return;
    known.waiting = false;
    known.left = answer.more;
    if (answer.html !== "") known.html.push(answer.html);
    this.#tell();
  }

  /** The part is another one now. */
  forget(address: PartAddress): void {
    this.#known.delete(keyOf(address));
  }

  /** The kernel is gone: what has come stays. */
  lost(): void {
    this.#gone = true;
    this.#tell();
  }

  /** Have `listener` called on every change, until what is returned is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function keyOf({ id, side, part }: PartAddress | ChunkAddress): string {
  return `${id} ${side} ${String(part)}`;
}

export interface MoreContext {
  readonly rest: Rest;
  readonly math: MathTypesetter;
  /** Let the keyboard scroll what turns out too wide. */
  readonly watch: (element: Element) => void;
}

/**
 * The chunks of a part that have come, and the button that asks for the next one.
 *
 * @param left says what was cut off
 * @param opened is called when the first chunk is asked for
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
    // A button that goes away while it has the focus would drop the reader at the page's top.
    if (words === "" && button === document.activeElement) focusOn(chunks);
    button.hidden = words === "" || context.rest.gone;
    button.textContent = known.waiting ? `Loading ${words}…` : `Show ${words}`;
    button.setAttribute("aria-busy", String(known.waiting));
  };
  button.addEventListener("click", () => {
    opened();
    context.rest.ask(address);
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
