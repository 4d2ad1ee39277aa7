/**
 * Values that a view draws: panels, their parts, the footer, and operations on them.
 *
 * `claude_notebook/render/model.py` mirrors these names in the same order. Every field named `html`,
 * and every block and tail of a text panel, is HTML that passed Python's sanitizer. All other strings
 * are plain text and reach the page only through `textContent`.
 *
 * Fields ending in `_ms` are Unix times in milliseconds, except `elapsed_ms`, which is a duration.
 * Costs are in US dollars and sizes in tokens.
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

/** Names allowed in `ToolPanel.icon`. "plug" marks a tool of an MCP server. */
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

/** Displayable part of a panel's input, result or detail. */
export interface Part {
  readonly type: PartType;
  readonly html: string;
  readonly label: string;
  readonly lines: number;
  readonly note: string;
  readonly more: string;
}

/** Text of the model, which arrives as `TextOp`. */
export interface TextPanel {
  readonly id: string;
  readonly kind: "text";
  readonly parent: string | null;
  readonly blocks: readonly string[];
  readonly tail: string;
  readonly open: boolean;
}

/** Thinking of the model: a folded text panel with a `summary`. */
export interface ThinkingPanel {
  readonly id: string;
  readonly kind: "thinking";
  readonly parent: string | null;
  readonly blocks: readonly string[];
  readonly tail: string;
  readonly open: boolean;
  readonly summary: string;
}

/** Tool call and its result. `title` describes the call in words. */
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

/** Line of a checklist. */
export interface TodoItem {
  readonly text: string;
  readonly state: TodoState;
}

/** Checklist of the model. A turn has at most one, which is updated in place. */
export interface TodoPanel {
  readonly id: string;
  readonly kind: "todo";
  readonly parent: string | null;
  readonly title: string;
  readonly items: readonly TodoItem[];
}

/** Remark about the conversation. `until_ms` is the end of a countdown. */
export interface NoticePanel {
  readonly id: string;
  readonly kind: "notice";
  readonly parent: string | null;
  readonly level: NoticeLevel;
  readonly text: string;
  readonly until_ms: number | null;
  readonly detail: readonly Part[];
}

/** Error: its cause (`text`) and the next step (`advice`). */
export interface ErrorPanel {
  readonly id: string;
  readonly kind: "error";
  readonly parent: string | null;
  readonly title: string;
  readonly text: string;
  readonly advice: string;
  readonly detail: readonly Part[];
}

/** Images or documents outside tool results. */
export interface ImagePanel {
  readonly id: string;
  readonly kind: "image";
  readonly parent: string | null;
  readonly title: string;
  readonly detail: readonly Part[];
}

/** Prompt as plain text; `detail` shows its attachments. */
export interface PromptPanel {
  readonly id: string;
  readonly kind: "prompt";
  readonly parent: string | null;
  readonly text: string;
  readonly detail: readonly Part[];
}

/** Button of a question. With `note`, it opens a text field for a reason first. */
export interface Choice {
  readonly key: string;
  readonly label: string;
  readonly scope: string;
  readonly shortcut: string;
  readonly note: boolean;
  readonly look: "primary" | "plain" | "danger";
}

/** Part of a tool's input that the reader may edit before allowing the call. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly lines: number;
}

/** Permission question, open without a timeout until one of `choices` is picked. */
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

/** Selectable answer to a question. */
export interface QuestionOption {
  readonly label: string;
  readonly description: string;
}

/** Page to open before answering. */
export interface FormLink {
  readonly label: string;
  /** http or https address. */
  readonly url: string;
}

/** FormQuestion of a form, with options or a free-text answer. */
export interface FormQuestion {
  readonly text: string;
  readonly header: string;
  readonly options: readonly QuestionOption[];
  readonly multiple: boolean;
  /** Explanation shown below the question. */
  readonly about: string;
  /** Prefilled answer. */
  readonly value: string;
  readonly required: boolean;
  /** Free text is accepted besides the options. */
  readonly own_words: boolean;
  /** The answer is a number. */
  readonly number: boolean;
  /** The answer is typed into a password field and never shown or kept. */
  readonly secret: boolean;
  /** Pages to open before answering. */
  readonly links: readonly FormLink[];
}

/** Questions to the person. `decision` describes the answers. */
export interface FormPanel {
  readonly id: string;
  readonly kind: "form";
  readonly parent: string | null;
  readonly title: string;
  readonly questions: readonly FormQuestion[];
  /** Declining is distinct from leaving the form unanswered. */
  readonly can_decline: boolean;
  /** Problem with the answers that were sent. */
  readonly note: string;
  /** Label of the button that sends the answers. */
  readonly send: string;
  /** Label of the button that leaves the form unanswered. */
  readonly cancel: string;
  readonly state: AskState;
  readonly decision: string;
}

/** Message of a kind that this version does not know. */
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

/** Figures of a turn. `context_used` is 0 to 1; null marks an unknown value. */
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
  /** Class of the turn's saved form if its files can be restored; else "". */
  readonly rewind: string;
  /** The mode that allows everything can be chosen; the kernel asks for confirmation. */
  readonly can_bypass: boolean;
}

/** Update of a known tool panel, without an unchanged input or result. */
export type ToolChange = Omit<ToolPanel, "input" | "result"> &
  Partial<Pick<ToolPanel, "input" | "result">>;

/** Create the panel with this id, or replace everything except its text. */
export interface PanelOp {
  readonly op: "panel";
  readonly panel: Panel | ToolChange;
}

/**
 * Append finished blocks, the first of which has index `start`, and replace the tail.
 *
 * With `keep`, the first block (or the tail if there is no block) is incomplete: prepend the first
 * `keep` UTF-16 units of the previous tail.
 */
export interface TextOp {
  readonly op: "text";
  readonly id: string;
  readonly start: number;
  readonly blocks: readonly string[];
  readonly tail: string;
  readonly keep?: number;
}

/** Remove panels whose content was withdrawn. */
export interface DropOp {
  readonly op: "drop";
  readonly ids: readonly string[];
}

/** Replace the footer. */
export interface FooterOp {
  readonly op: "footer";
  readonly footer: Partial<Footer>;
}

/** Change to a view. */
export type Op = PanelOp | TextOp | DropOp | FooterOp;

/** Operations, or the index of the buffer that holds them in its stream, from 0. */
export interface Packed {
  readonly ops?: readonly Op[];
  readonly at?: number;
}

/** Message of the kernel. `source` is a JavaScript module that a view requested. */
export type FromKernel =
  | (Packed & { readonly type: "ops"; readonly seq: number })
  | (Packed & { readonly type: "snapshot"; readonly seq: number })
  | { readonly type: "asset"; readonly name: string; readonly source: string }
  /** Chunk of truncated content; `more` describes the remainder. Empty if there is no chunk. */
  | (ChunkAddress & { readonly type: "more"; readonly html: string; readonly more: string })
  /** The saved form, an element of this class, now replaces the view. */
  | { readonly type: "saved"; readonly mark: string };

/** Address of a part of a panel. */
export interface PartAddress {
  readonly id: string;
  readonly side: "input" | "result" | "detail";
  readonly part: number;
}

/** Address of a chunk of truncated content. */
export interface ChunkAddress extends PartAddress {
  readonly chunk: number;
}

export type PermissionMode =
  | "default"
  | "acceptEdits"
  | "plan"
  | "dontAsk"
  | "bypassPermissions";

/** Answer to a form: sent, canceled or declined. */
export type FormChoice = "send" | "cancel" | "decline";

/** Message from the reader to the kernel. */
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
      /** Answers several questions at once. */
      readonly ids: readonly string[];
      readonly choice: string;
    }
  | {
      readonly type: "answer";
      readonly id: string;
      readonly choice: FormChoice;
      /** Answers by question text. */
      readonly answers: Readonly<Record<string, string>>;
    }
  | { readonly type: "say"; readonly text: string }
  | { readonly type: "mode"; readonly mode: PermissionMode }
  /** Restore the files to their state before the finished turn. */
  | { readonly type: "rewind" };

/** Message from a view to the kernel. */
export type ToKernel =
  | FromReader
  /** `mermaid`: the application can draw Mermaid outputs. */
  | { readonly type: "ready"; readonly dark: boolean; readonly mermaid: boolean }
  | (ChunkAddress & { readonly type: "more" })
  | { readonly type: "stop" }
  | { readonly type: "asset"; readonly name: string };
