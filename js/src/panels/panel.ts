/** Interface between panels and the view that draws them. */

import type { Clock } from "../state/clock";
import type { MathTypesetter } from "../html/math";
import type { TruncatedContent } from "./truncation";
import type { Entry } from "../state/store";
import type { FromReader } from "../model";

/** Services of the view for panels. */
export interface Context {
  readonly clock: Clock;
  readonly math: MathTypesetter;
  /** Truncated content. */
  readonly rest: TruncatedContent;
  /** Send a message of the reader to the kernel. */
  readonly send: (message: FromReader) => void;
  /** Make wide content of this element scrollable by keyboard. */
  readonly watch: (element: Element) => void;
  /** Announce a line to screen readers. */
  readonly announce: (text: string) => void;
}

/** Panel on the page. */
export interface Drawn {
  readonly node: HTMLElement;
  /** Parent of a subagent's panels; null for kinds without nested panels. */
  readonly children: HTMLElement | null;
  /** Show the current state of `entry`, changing only differences. */
  readonly update: (entry: Entry) => void;
  /** Update a running clock; return false if there is none. Called every second. */
  readonly tick?: () => boolean;
}

export type Draw = (entry: Entry, context: Context) => Drawn;
