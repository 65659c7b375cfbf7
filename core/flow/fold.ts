import type { Conversation, ExecutionMessage, Message, ModelMessage, NoteMessage } from "../contract/conversation.ts";
import type { ErrorCode } from "../contract/errors.ts";
import type { Emission, EmissionOf } from "../contract/event.ts";
import { bounded, extended, withResult } from "./cut-output.ts";
import { MessageList } from "./message-list.ts";
import { latestOfProgram, latestPictures, picturesOfResult } from "./pictures.ts";

/** What a session remembers of its runs. */
const keptMessages = 400;
const keptCharacters = 1_000_000;

export const emptyConversation: Conversation = { messages: [] };

/**
 * Makes a conversation of events, the only place where one is made. Each event costs the same however many came before
 * it: what is under way is changed in place, and `conversation` is a copy that nobody changes any more.
 */
export class Folding {
  #messages: MessageList;

  constructor(before: Conversation) {
    this.#messages = new MessageList(before.messages);
  }

  get conversation(): Conversation {
    return { messages: this.#messages.copy() };
  }

  /** `seq` is the event's place in the run, which a later `rewind` refers to. */
  add(event: Emission, seq: number): void {
    const messages = this.#messages;
    switch (event.type) {
      case "model-start":
        messages.push(answer(event, seq));
        return;
      case "text-delta":
        this.#answering(event, seq);
        messages.changeModel(event, (message) => write(message, event.data.text));
        return;
      case "code-start":
        this.#answering(event, seq);
        messages.changeModel(event, (message) => {
          write(message, `${message.tail === "" || message.tail === "\n" ? "" : "\n"}\`\`\`${event.data.language}\n`);
          message.code.push({ language: event.data.language, code: "" });
        });
        return;
      case "code-delta":
        messages.changeModel(event, (message) => {
          write(message, event.data.text);
          const last = message.code.at(-1);
          if (last) last.code += event.data.text;
        });
        return;
      case "code-end":
        messages.changeModel(event, (message) => write(message, `${message.tail === "\n" ? "" : "\n"}\`\`\`\n`));
        return;
      case "model-end":
        messages.completeModel(event);
        return;
      case "exec-start":
        // A model that runs its code by itself has said what it said; its next words are another answer.
        messages.completeModel(event);
        messages.push(execution(event, seq));
        return;
      case "exec-stdout":
      case "exec-stderr":
        messages.changeExecution(event, (message) => {
          const piece = event.data.text ?? "\uFFFD";
          if (event.type === "exec-stdout") message.stdout = extended(message.stdout, piece);
          else message.stderr = extended(message.stderr, piece);
        });
        return;
      case "exec-result":
        messages.changeExecution(event, (message) => {
          message.results = withResult(message.results, describeResult(event.data.data));
          const added = picturesOfResult(event.data.data);
          if (added.length > 0) message.pictures = latestOfProgram([...(message.pictures ?? []), ...added]);
        });
        return;
      case "exec-end":
        messages.endExecution(event, (message) => {
          message.status = event.data.status;
          message.exitCode = event.data.exitCode;
          if (event.data.error) message.error = `${event.data.error.name}: ${event.data.error.message}`;
        });
        return;
      case "error":
        if (toldToModels.has(event.data.code)) messages.push(note(event, seq));
        return;
      case "rewind":
        this.#messages = new MessageList(
          messages.copy().filter(({ at, branch }) => at < event.data.from || !within(branch, event.branch)),
        );
    }
  }

  /** Begins another answer where the event's source ran code since its last one. */
  #answering(event: Emission, seq: number): void {
    if (this.#messages.lastRole(event) === "execution") this.#messages.push(answer(event, seq));
  }
}

/**
 * What is left of a conversation for the next run: nothing in it can be rewound any more, and a session that goes on for
 * long keeps only its latest messages.
 */
export function settle(conversation: Conversation): Conversation {
  const messages = latestPictures(latest(conversation.messages));
  return { messages: messages.map(({ branch: _, ...message }) => ({ ...message, at: 0 }) as Message) };
}

function latest(messages: readonly Message[]): readonly Message[] {
  let size = 0;
  const from = messages.findLastIndex((message, index) => {
    size += message.role === "execution" ? message.stdout.length + message.stderr.length : message.text.length;
    return size > keptCharacters || messages.length - index > keptMessages;
  });
  return messages.slice(from + 1);
}

function place(event: Emission, seq: number): { at: number; branch?: string } {
  return event.branch === undefined ? { at: seq } : { at: seq, branch: event.branch };
}

function answer(event: Emission, seq: number): ModelMessage {
  return { ...place(event, seq), role: "model", source: event.source, text: "", code: [], complete: false };
}

function execution(event: Emission, seq: number): ExecutionMessage {
  return {
    ...place(event, seq),
    role: "execution",
    source: event.source,
    stdout: "",
    stderr: "",
    results: [],
    status: "running",
    exitCode: null,
  };
}

/** Errors that are about the code a model wrote, and leave the run to go on. */
const toldToModels: ReadonlySet<string> = new Set<ErrorCode>([
  "SLUICE_CODE_REFUSED",
  "SLUICE_SANDBOX_LANGUAGE",
  "SLUICE_MODEL_CUT",
  "SLUICE_MODEL_CALL",
]);

function note(event: EmissionOf<"error">, seq: number): NoteMessage {
  const { message, cure } = event.data;
  return {
    ...place(event, seq),
    role: "note",
    source: event.source,
    code: event.data.code,
    text: `The code was not run. ${message}\n${cure}`,
  };
}

function write(message: { text: string; tail: string }, text: string): void {
  if (text === "") return;
  message.text += text;
  message.tail = text.slice(-1);
}

function within(branch: string | undefined, of: string | undefined): boolean {
  return of === undefined || branch === of || (branch?.startsWith(`${of}.`) ?? false);
}

function describeResult(data: Record<string, unknown>): string {
  const plain = data["text/plain"];
  if (typeof plain === "string") return bounded(plain);
  return bounded(
    Object.keys(data)
      .map((mime) => `<${mime}>`)
      .join(" "),
  );
}
