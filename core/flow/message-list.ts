import type { CodeBlock, ExecutionMessage, Message, ModelMessage } from "../contract/conversation.ts";
import type { Emission } from "../contract/event.ts";

type Draft<Of> = { -readonly [Key in keyof Of]: Of[Key] };
type ModelDraft = Omit<Draft<ModelMessage>, "code"> & { code: Draft<CodeBlock>[]; tail: string };
type ExecutionDraft = Draft<ExecutionMessage>;

/** A message that events still add to, and where it stands. */
interface Open {
  readonly at: number;
  draft: ModelDraft | ExecutionDraft;
}

type Place = Pick<Emission, "source" | "branch">;

/**
 * Messages of which the latest are still being written. Several are under way at once inside `all`, so each source and
 * branch has its own; an event finds the one it is for without a search.
 */
export class MessageList {
  readonly #messages: Message[] = [];
  /** By role, source and branch, the latest one last. */
  readonly #open = new Map<string, Open[]>();
  readonly #last = new Map<string, Message["role"]>();

  constructor(messages: readonly Message[]) {
    for (const message of messages) this.push(message);
  }

  push(message: Message): void {
    const at = this.#messages.push(message) - 1;
    if (message.role === "user") return;
    this.#last.set(keyOf("", message), message.role);
    if (message.role === "model" && !message.complete) this.#opened(message, at, draftOf(message));
    if (message.role === "execution" && message.status === "running") this.#opened(message, at, { ...message });
  }

  /** Of the latest message of this source in this branch, a person's words apart. */
  lastRole(place: Place): Message["role"] | undefined {
    return this.#last.get(keyOf("", place));
  }

  changeModel(place: Place, change: (message: ModelDraft) => void): void {
    const open = this.#open.get(keyOf("model", place))?.at(-1);
    if (open) change(open.draft as ModelDraft);
  }

  changeExecution(place: Place, change: (message: ExecutionDraft) => void): void {
    const open = this.#open.get(keyOf("execution", place))?.at(-1);
    if (open) change(open.draft as ExecutionDraft);
  }

  completeModel(place: Place): void {
    const open = this.#open.get(keyOf("model", place))?.pop();
    if (open) this.#messages[open.at] = { ...finished(open.draft), complete: true } as ModelMessage;
  }

  endExecution(place: Place, change: (message: ExecutionDraft) => void): void {
    const open = this.#open.get(keyOf("execution", place))?.pop();
    if (open === undefined) return;
    change(open.draft as ExecutionDraft);
    this.#messages[open.at] = finished(open.draft);
  }

  /** The messages as they stand. */
  copy(): readonly Message[] {
    const messages = [...this.#messages];
    for (const list of this.#open.values()) for (const { at, draft } of list) messages[at] = finished(draft);
    return messages;
  }

  #opened(place: Place, at: number, draft: ModelDraft | ExecutionDraft): void {
    const key = keyOf(draft.role, place);
    const list = this.#open.get(key);
    if (list === undefined) this.#open.set(key, [{ at, draft }]);
    else list.push({ at, draft });
  }
}

function keyOf(role: string, { source, branch }: Place): string {
  return `${role}\n${source}\n${branch ?? "\n"}`;
}

function draftOf(message: ModelMessage): ModelDraft {
  return { ...message, code: message.code.map((block) => ({ ...block })), tail: message.text.slice(-1) };
}

/** A copy, since the draft goes on. */
function finished(draft: ModelDraft | ExecutionDraft): Message {
  if (draft.role === "execution") return { ...draft };
  const { tail: _, code, ...message } = draft;
  return { ...message, code: code.map((block) => ({ ...block })) };
}
