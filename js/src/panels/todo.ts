/** Checklist panel, drawn line by line so that an update changes only one line. */

import { h, setText } from "../html/element";
import { icon } from "../html/icons";
import type { Entry } from "../state/store";
import type { TodoItem, TodoState } from "../model";
import type { Drawn } from "./panel";

const TODO_STATES: Readonly<Record<TodoState, { readonly icon: string; readonly word: string }>> = {
  pending: { icon: "circle", word: "to do" },
  in_progress: { icon: "half", word: "in progress" },
  completed: { icon: "check", word: "done" },
};

export function drawTodo(entry: Entry): Drawn {
  const title = h("span", { class: "cnv-title", dir: "auto" });
  const list = h("ul", { class: "cnv-todos" });
  const head = h("div", { class: "cnv-head" }, icon("todo"), title);
  const node = h("div", { class: "cnv-panel cnv-card cnv-todo" }, head, list);
  let drawn: readonly TodoItem[] = [];
  const update = (now: Entry): void => {
    if (now.panel.kind !== "todo") return;
    const { items } = now.panel;
    setText(title, now.panel.title || progress(items));
    drawItems(list, drawn, items);
    drawn = items;
  };
  update(entry);
  return { node, children: null, update };
}

function progress(items: readonly TodoItem[]): string {
  const done = items.filter((item) => item.state === "completed").length;
  return `Tasks: ${done} of ${items.length} done`;
}

function drawItems(list: Element, before: readonly TodoItem[], items: readonly TodoItem[]): void {
  items.forEach((item, index) => {
    const known = before[index];
    if (known?.text === item.text && known.state === item.state) return;
    const line = drawItem(item);
    const old = list.children[index];
    if (old) old.replaceWith(line);
    else list.append(line);
  });
  while (list.children.length > items.length) list.lastElementChild?.remove();
}

function drawItem(item: TodoItem): HTMLElement {
  const look = Object.hasOwn(TODO_STATES, item.state) ? TODO_STATES[item.state] : TODO_STATES.pending;
  return h(
    "li",
    { "data-state": item.state },
    icon(look.icon),
    h("span", { class: "cnv-hidden" }, `${look.word}: `),
    h("span", { dir: "auto" }, item.text),
  );
}
