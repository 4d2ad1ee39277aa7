/** The anywidget: `TurnWidget` of `claude_notebook/notebook/widget.py` is the other end. */

import { Session } from "./session";
import type { Buffers } from "./state/op_stream";
import type { FromKernel, ToKernel } from "./model";

/** What anywidget gives us of the model, as far as we use it. */
interface Model {
  send(message: ToKernel): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}

/** Called by anywidget once per model. */
export default function turnWidget(): {
  initialize: (given: { model: Model }) => () => void;
  render: (given: { model: Model; el: HTMLElement }) => () => void;
} {
  let session: Session | null = null;
  return {
    initialize({ model }) {
      const turn = new Session((message) => {
        model.send(message);
      });
      session = turn;
      const onMessage = (message: FromKernel, buffers?: Buffers): void => {
        turn.receive(message, buffers);
      };
      const onLost = (): void => {
        turn.lost();
      };
      model.on("msg:custom", onMessage);
      model.on("comm:close", onLost);
      model.on("comm_live_update", onLost);
      return () => {
        model.off("msg:custom", onMessage);
        model.off("comm:close", onLost);
        model.off("comm_live_update", onLost);
      };
    },
    render({ el }) {
      return session?.open(el) ?? (() => undefined);
    },
  };
}
