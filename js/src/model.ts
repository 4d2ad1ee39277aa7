/**
 * The values that a view draws: panels, their parts, the footer, and the operations on them.
 *
 * This mirrors `claude_notebook/render/view.py`, name by name and in the same order. Every field
 * named `html`, and every block and tail of a text panel, is safe HTML that Python sanitised; all
 * other strings are plain text and reach the page through `textContent` only.
 *
 * Times are Unix milliseconds where a name ends in `_ms` (`elapsed_ms` is a duration), money is in
 * US dollars, sizes are in tokens.
 */

export type PartType =
  | "code"
  | "output"
  | "diff"
  | "markdown"
  | "image"
  | "json"
  | "table"
  | "text";
export type ToolState = "running" | "waiting" | "done" | "error" | "denied" | "stopped";
export type TodoState = "pending" | "in_progress" | "completed";
export type NoticeLevel = "info" | "warning" | "retry" | "compact" | "limit" | "resumed" | "danger";
export type AskState = "open" | "allowed" | "denied" | "withdrawn";
export type TurnState = "running" | "done" | "stopped" | "failed";

/** Every name that `ToolPanel.icon` can have. "plug" is a tool of an MCP server. */
export const ICONS = [
  "tool",
  "terminal",
  "read",
  "write",
  "edit",
  "search",
  "web",
  "agent",
  "todo",
  "plan",
  "question",
  "notebook",
  "plug",
  "table",
  "image",
] as const;
export type IconName = (typeof ICONS)[number];

/** A piece of a panel's input or result. */
export interface Part {
  readonly type: PartType;
  readonly html: string;
  readonly label: string;
  readonly lines: number;
  readonly note: string;
  readonly more: string;
}

/** What the model says. Its text comes by `TextOp`. */
export interface TextPanel {
  readonly id: string;
  readonly kind: "text";
  readonly parent: string | null;
  readonly blocks: readonly string[];
  readonly tail: string;
  readonly open: boolean;
}

/** What the model thinks; like a text panel, folded, with a `summary` in words. */
export interface ThinkingPanel {
  readonly id: string;
  readonly kind: "thinking";
  readonly parent: string | null;
  readonly blocks: readonly string[];
  readonly tail: string;
  readonly open: boolean;
  readonly summary: string;
}

/** A call of a tool, and what came of it. `title` says in words what it does or did. */
export interface ToolPanel {
  readonly id: string;
  readonly kind: "tool";
  readonly parent: string | null;
  readonly tool: string;
  readonly icon: string;
  readonly title: string;
  readonly state: ToolState;
  readonly started_ms: number;
  readonly elapsed_ms: number | null;
  readonly input: readonly Part[];
  readonly result: readonly Part[];
  readonly open: boolean;
}

/** A line of a checklist. */
export interface TodoItem {
  readonly text: string;
  readonly state: TodoState;
}

/** The model's checklist; there is one, and it is kept up to date in its place. */
export interface TodoPanel {
  readonly id: string;
  readonly kind: "todo";
  readonly parent: string | null;
  readonly title: string;
  readonly items: readonly TodoItem[];
}

/** A remark about the conversation. `until_ms` is the end of a countdown. */
export interface NoticePanel {
  readonly id: string;
  readonly kind: "notice";
  readonly parent: string | null;
  readonly level: NoticeLevel;
  readonly text: string;
  readonly until_ms: number | null;
  readonly detail: readonly Part[];
}

/** What went wrong (`text`), and what to do next (`advice`). */
export interface ErrorPanel {
  readonly id: string;
  readonly kind: "error";
  readonly parent: string | null;
  readonly title: string;
  readonly text: string;
  readonly advice: string;
  readonly detail: readonly Part[];
}

/** Pictures or documents outside a tool's result. */
export interface ImagePanel {
  readonly id: string;
  readonly kind: "image";
  readonly parent: string | null;
  readonly title: string;
  readonly detail: readonly Part[];
}

/** What was asked, as plain text; `detail` shows its attachments. */
export interface PromptPanel {
  readonly id: string;
  readonly kind: "prompt";
  readonly parent: string | null;
  readonly text: string;
  readonly detail: readonly Part[];
}

/** A button of a question. `note`: it opens a text field first, for a reason. */
export interface Choice {
  readonly key: string;
  readonly label: string;
  readonly scope: string;
  readonly shortcut: string;
  readonly note: boolean;
  readonly look: "primary" | "plain" | "danger";
}

/** A part of a tool's input that may be changed before it is allowed. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly lines: number;
}

/** May a tool be used? It waits, without a time-out, for one of `choices`. */
export interface AskPanel {
  readonly id: string;
  readonly kind: "ask";
  readonly parent: string | null;
  readonly tool: string;
  readonly icon: string;
  readonly title: string;
  readonly reason: string;
  readonly detail: readonly Part[];
  readonly fields: readonly Field[];
  readonly choices: readonly Choice[];
  readonly state: AskState;
  readonly decision: string;
}

/** One answer to choose. */
export interface QuestionOption {
  readonly label: string;
  readonly description: string;
}

/** A question with answers to choose from, or to be answered in own words. */
export interface Question {
  readonly text: string;
  readonly header: string;
  readonly options: readonly QuestionOption[];
  readonly multiple: boolean;
  /** A word of explanation. */
  readonly about: string;
  /** The answer that is filled in already. */
  readonly value: string;
  readonly required: boolean;
  /** Whether something else than the options may be said. */
  readonly own_words: boolean;
  /** Whether the answer is a number. */
  readonly number: boolean;
}

/** Questions to the person. `decision` is what was answered, in words. */
export interface FormPanel {
  readonly id: string;
  readonly kind: "form";
  readonly parent: string | null;
  readonly title: string;
  readonly questions: readonly Question[];
  /** Whether refusing and not answering are two things. */
  readonly can_decline: boolean;
  /** What was wrong with the answers that were sent. */
  readonly note: string;
  readonly state: AskState;
  readonly decision: string;
}

/** Something that this version does not know, shown neutrally. */
export interface UnknownPanel {
  readonly id: string;
  readonly kind: "unknown";
  readonly parent: string | null;
  readonly title: string;
  readonly detail: readonly Part[];
}

export type Panel =
  | TextPanel
  | ThinkingPanel
  | ToolPanel
  | TodoPanel
  | NoticePanel
  | ErrorPanel
  | ImagePanel
  | PromptPanel
  | AskPanel
  | FormPanel
  | UnknownPanel;

/** The turn in numbers. `context_used` is 0 to 1; null means that a value is not known. */
export interface Footer {
  readonly model: string;
  readonly state: TurnState;
  readonly started_ms: number;
  readonly elapsed_ms: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly turn_cost_usd: number | null;
  readonly session_cost_usd: number | null;
  readonly context_used: number | null;
  readonly can_stop: boolean;
  readonly note: string;
  readonly mode: string;
  readonly can_say: boolean;
  readonly waiting: number;
  /** The class of the turn's saved form, if its files can be brought back; "" if not. */
  readonly rewind: string;
  /** Whether the reader may choose that everything is allowed; the kernel asks once more. */
  readonly can_bypass: boolean;
}

/** A tool's panel once it is known; a side that has not changed is left out. */
export type ToolChange = Omit<ToolPanel, "input" | "result"> &
  Partial<Pick<ToolPanel, "input" | "result">>;

/** Create the panel with this id, or replace all of it but its text. */
export interface PanelOp {
  readonly op: "panel";
  readonly panel: Panel | ToolChange;
}

/**
 * Append finished blocks, the first of which has index `start`; replace the tail.
 *
 * Where `keep` is given, only the end of what comes first is, a block or else the tail: so much of
 * the tail before stands before it.
 */
export interface TextOp {
  readonly op: "text";
  readonly id: string;
  readonly start: number;
  readonly blocks: readonly string[];
  readonly tail: string;
  readonly keep?: number;
}

/** Remove panels: what they said was withdrawn. */
export interface DropOp {
  readonly op: "drop";
  readonly ids: readonly string[];
}

/** Replace the footer. */
export interface FooterOp {
  readonly op: "footer";
  readonly footer: Partial<Footer>;
}

/** The turn is over; `html` is its static form. */
export interface EndOp {
  readonly op: "end";
  readonly html: string;
}

/** A change to a view. */
export type Op = PanelOp | TextOp | DropOp | FooterOp | EndOp;

/** Operations, or the place that the buffer with them has in its stream, which begins at 0. */
export interface Packed {
  readonly ops?: readonly Op[];
  readonly at?: number;
}

/** What the kernel sends. `source` is a JavaScript module that a view asked for. */
export type FromKernel =
  | (Packed & { readonly type: "ops"; readonly seq: number })
  | (Packed & { readonly type: "snapshot"; readonly seq: number })
  | { readonly type: "asset"; readonly name: string; readonly source: string }
  /** What was cut off a part; `more` says what is still left. An empty one: there is none. */
  | (ChunkAddress & { readonly type: "more"; readonly html: string; readonly more: string })
  /** The saved form, an element of this class, takes the view's place now. */
  | { readonly type: "saved"; readonly mark: string };

/** A part of a panel. */
export interface PartAddress {
  readonly id: string;
  readonly side: "input" | "result" | "detail";
  readonly part: number;
}

/** A chunk of what was cut off a part. */
export interface ChunkAddress extends PartAddress {
  readonly chunk: number;
}

export type PermissionMode =
  | "default"
  | "acceptEdits"
  | "plan"
  | "dontAsk"
  | "bypassPermissions";

/** How a form is answered: with answers, not at all, or by refusing it. */
export type FormChoice = "send" | "cancel" | "decline";

/** What the reader tells the kernel. */
export type FromReader =
  | {
      readonly type: "answer";
      readonly id: string;
      readonly choice: string;
      readonly note: string;
      readonly fields: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "answer";
      /** Several questions at once. */
      readonly ids: readonly string[];
      readonly choice: string;
    }
  | {
      readonly type: "answer";
      readonly id: string;
      readonly choice: FormChoice;
      /** By the text of the question. */
      readonly answers: Readonly<Record<string, string>>;
    }
  | { readonly type: "say"; readonly text: string }
  | { readonly type: "mode"; readonly mode: PermissionMode }
  /** Bring files back to what they were before the turn, which is over. */
  | { readonly type: "rewind" };

/** What a view sends. */
export type ToKernel =
  | FromReader
  /** `mermaid`: the application draws outputs of Mermaid's type by itself. */
  | { readonly type: "ready"; readonly dark: boolean; readonly mermaid: boolean }
  | (ChunkAddress & { readonly type: "more" })
  | { readonly type: "stop" }
  | { readonly type: "asset"; readonly name: string };
