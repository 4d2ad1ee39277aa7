/** Table from the kind of a panel to the function that draws it. */

import type { Entry } from "../state/store";
import type { Panel } from "../model";
import type { Context, Draw, Drawn } from "./panel";
import { drawAsk } from "./permission";
import { drawError } from "./error";
import { drawForm } from "./form";
import { drawNotice } from "./notice";
import { drawImage, drawPrompt } from "./simple";
import { drawText } from "./text";
import { drawThinking } from "./thinking";
import { drawTodo } from "./todo";
import { drawTool } from "./tool";
import { drawUnknown } from "./unknown";

export type { Context, Drawn } from "./panel";

const DRAW: Readonly<Record<Panel["kind"], Draw>> = {
  text: drawText,
  thinking: drawThinking,
  tool: drawTool,
  todo: drawTodo,
  notice: drawNotice,
  error: drawError,
  image: drawImage,
  prompt: drawPrompt,
  ask: drawAsk,
  form: drawForm,
  unknown: drawUnknown,
};

/** Draw a panel; an unknown kind is drawn neutrally. */
export function drawPanel(entry: Entry, context: Context): Drawn {
  const kind: string = entry.panel.kind;
  const draw = Object.hasOwn(DRAW, kind) ? DRAW[kind as Panel["kind"]] : drawUnknown;
  return draw(entry, context);
}
