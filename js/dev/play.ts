/**
 * Plays a turn in the view without Jupyter: run `npm run dev` and open the printed address.
 *
 * `?host=` selects the theme, `?turn=` a recorded turn (a JSON list of `[milliseconds, ops]`), and
 * `?speed=` the playback speed. Without a turn, the page shows the sample of the tests.
 */

import turnWidget from "../src/widget";
import type { FromKernel, Op, ToKernel } from "../src/model";
import { SAMPLE, STARTED } from "../test/sample";

type Step = readonly [ms: number, ops: readonly Op[]];
type Listener = (message: FromKernel) => void;

const HOSTS: Readonly<Record<string, readonly [string, string]>> = {
  "lab-light": ["data-jp-theme-light", "true"],
  "lab-dark": ["data-jp-theme-light", "false"],
  "code-dark": ["data-vscode-theme-kind", "vscode-dark"],
};

/** Fake anywidget model, which acts as the kernel. */
class FakeModel {
  readonly sent: ToKernel[] = [];
  #listener: Listener | null = null;
  #seq = 0;

  on(event: string, callback: Listener): void {
    if (event === "msg:custom") this.#listener = callback;
  }

  off(): void {
    this.#listener = null;
  }

  send(message: ToKernel): void {
    this.sent.push(message);
    if (message.type === "asset") void this.#asset(message.name);
  }

  say(ops: readonly Op[]): void {
    this.#seq += 1;
    this.#listener?.({ type: "ops", seq: this.#seq, ops });
  }

  async #asset(name: string): Promise<void> {
    const answer = await fetch(`/claude_notebook/static/${name}.js`);
    this.#listener?.({ type: "asset", name, source: await answer.text() });
  }
}

/** Shift recorded times so that the turn began `ago` ms ago. */
function now<T>(recorded: T, ago: number): T {
  const shift = Date.now() - ago - STARTED;
  const text = JSON.stringify(recorded, (key, value: unknown) =>
    /^(started|until)_ms$/.test(key) && typeof value === "number" ? value + shift : value,
  );
  return JSON.parse(text) as T;
}

async function steps(name: string | null): Promise<readonly Step[]> {
  if (name === null) return [[0, now(SAMPLE, 7000)]];
  const answer = await fetch(name);
  return now((await answer.json()) as Step[], 0);
}

async function main(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const host = HOSTS[query.get("host") ?? ""];
  if (host) document.body.setAttribute(...host);
  if (query.has("rtl")) document.documentElement.dir = "rtl";
  const speed = Number(query.get("speed") ?? "1");
  const model = new FakeModel();
  Object.assign(globalThis, { model });
  const widget = turnWidget();
  widget.initialize({ model: model as never });
  const el = document.querySelector<HTMLElement>("#out");
  if (el) widget.render({ model: model as never, el });
  for (const [ms, ops] of await steps(query.get("turn"))) {
    setTimeout(() => {
      model.say(ops);
    }, ms / speed);
  }
}

void main();
