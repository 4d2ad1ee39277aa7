/** What every kind of panel gives the view that draws it. */

import type { Clock } from "../state/clock";
import type { MathTypesetter } from "../html/math";
import type { Rest } from "./truncation";
import type { Entry } from "../state/store";
import type { FromReader } from "../model";

/** What drawing needs from its view. */
export interface Context {
  readonly clock: Clock;
  readonly math: MathTypesetter;
  /** What was cut off parts. */
  readonly rest: Rest;
  /** Tell the kernel what the reader wants. */
  readonly tell: (message: FromReader) => void;
  /** Let the keyboard scroll what in this element turns out too wide. */
  readonly watch: (element: Element) => void;
  /** Tell a screen reader; the caller says only what is worth hearing. */
  readonly say: (text: string) => void;
}

/** A panel on the page. */
export interface Drawn {
  readonly node: HTMLElement;
  /** Where the panels of a sub-agent go; null for kinds that have none. */
  readonly children: HTMLElement | null;
  /** Show `entry` as it is now, changing only what differs. */
  readonly update: (entry: Entry) => void;
  /** Shows the time that runs on the panel; false when none does. Called every second. */
  readonly tick?: () => boolean;
}

export type Draw = (entry: Entry, context: Context) => Drawn;
