/** The anywidget; its counterpart is `TurnWidget` in `claude_notebook/notebook/output/widget.py`. */

import { Session } from "./session";
import type { Buffers } from "./state/op_stream";
import type { FromKernel, ToKernel } from "./model";

/** The parts of an anywidget model that this module uses. */
interface Model {
  send(message: ToKernel): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}

/** Create the widget of a model. anywidget calls this once per model. */
export default function turnWidget(): {
  initialize: (props: { model: Model }) => () => void;
  render: (props: { model: Model; el: HTMLElement }) => () => void;
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
