import type { Conversation, ExecutionMessage, Message, ModelMessage, NoteMessage } from "../contract/conversation.ts";
import type { ErrorCode } from "../contract/errors.ts";
import type { Emission, EmissionOf } from "../contract/event.ts";
import { cutText, cutTextStart } from "../contract/text.ts";
import { latestOfProgram, latestPictures, picturesOfResult } from "./pictures.ts";

/** Characters of a program's output that models get to see; the middle is cut. */
const outputBound = 16_000;

/** What a session remembers of its runs. */
const keptMessages = 400;
const keptCharacters = 1_000_000;

export const emptyConversation: Conversation = { messages: [] };

/**
 * The conversation after one more event. Pure, and the only place where conversations are made from events.
 * `seq` is the event's place in the run, which a later `rewind` refers to.
 */
export function fold(conversation: Conversation, event: Emission, seq: number): Conversation {
  switch (event.type) {
    case "model-start":
      return push(conversation, answer(event, seq));
    case "text-delta":
      return inModel(answering(conversation, event, seq), event, (message) => ({
        ...message,
        text: message.text + event.data.text,
      }));
    case "code-start":
      return inModel(answering(conversation, event, seq), event, (message) => ({
        ...message,
        text: `${message.text}${message.text === "" || message.text.endsWith("\n") ? "" : "\n"}\`\`\`${event.data.language}\n`,
        code: [...message.code, { language: event.data.language, code: "" }],
      }));
    case "code-delta":
      return inModel(conversation, event, (message) => ({
        ...message,
        text: message.text + event.data.text,
        code: extendLast(message.code, event.data.text),
      }));
    case "code-end":
      return inModel(conversation, event, (message) => ({
        ...message,
        text: `${message.text}${message.text.endsWith("\n") ? "" : "\n"}\`\`\`\n`,
      }));
    case "model-end":
      return inModel(conversation, event, completed);
    case "exec-start":
      // A model that runs its code by itself has said what it said; its next words are another answer.
      return push(inModel(conversation, event, completed), {
        ...place(event, seq),
        role: "execution",
        source: event.source,
        stdout: "",
        stderr: "",
        results: [],
        status: "running",
        exitCode: null,
      });
    case "exec-stdout":
      return inExecution(conversation, event, (message) => ({
        ...message,
        stdout: extended(message.stdout, pieceOf(event.data)),
      }));
    case "exec-stderr":
      return inExecution(conversation, event, (message) => ({
        ...message,
        stderr: extended(message.stderr, pieceOf(event.data)),
      }));
    case "exec-result":
      return inExecution(conversation, event, (message) => ({
        ...message,
        results: [...message.results, describeResult(event.data.data)],
        ...shown(message, event.data.data),
      }));
    case "exec-end":
      return inExecution(conversation, event, (message) => ({
        ...message,
        status: event.data.status,
        exitCode: event.data.exitCode,
        ...(event.data.error ? { error: `${event.data.error.name}: ${event.data.error.message}` } : {}),
      }));
    case "error":
      return toldToModels.has(event.data.code) ? push(conversation, note(event, seq)) : conversation;
    case "rewind":
      return {
        messages: conversation.messages.filter(
          (message) => message.at < event.data.from || !within(message.branch, event.branch),
        ),
      };
    default:
      return conversation;
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

function completed(message: ModelMessage): ModelMessage {
  return { ...message, complete: true };
}

/** The conversation with an answer of the event's source under way, which there is unless the source ran code. */
function answering(conversation: Conversation, event: Emission, seq: number): Conversation {
  const last = conversation.messages.findLast(
    (message) => message.role !== "user" && message.source === event.source && message.branch === event.branch,
  );
  return last?.role === "execution" ? push(conversation, answer(event, seq)) : conversation;
}

function push(conversation: Conversation, message: Message): Conversation {
  return { messages: [...conversation.messages, message] };
}

function inModel(conversation: Conversation, event: Emission, change: (message: ModelMessage) => ModelMessage) {
  return replaceLast(conversation, (message) =>
    message.role === "model" && !message.complete && message.source === event.source && message.branch === event.branch
      ? change(message)
      : undefined,
  );
}

function inExecution(
  conversation: Conversation,
  event: Emission,
  change: (message: ExecutionMessage) => ExecutionMessage,
) {
  return replaceLast(conversation, (message) =>
    message.role === "execution" &&
    message.status === "running" &&
    message.source === event.source &&
    message.branch === event.branch
      ? change(message)
      : undefined,
  );
}

/** Changes the latest message that `change` takes; several are under way at once inside `all`. */
function replaceLast(conversation: Conversation, change: (message: Message) => Message | undefined): Conversation {
  for (let index = conversation.messages.length - 1; index >= 0; index -= 1) {
    const message = conversation.messages[index];
    const changed = message && change(message);
    if (changed) return { messages: conversation.messages.with(index, changed) };
  }
  return conversation;
}

function extendLast(blocks: ModelMessage["code"], text: string): ModelMessage["code"] {
  const last = blocks.at(-1);
  return last ? [...blocks.slice(0, -1), { ...last, code: last.code + text }] : blocks;
}

function within(branch: string | undefined, of: string | undefined): boolean {
  return of === undefined || branch === of || (branch?.startsWith(`${of}.`) ?? false);
}

function pieceOf(data: { text?: string; base64?: string }): string {
  return data.text ?? "\uFFFD";
}

function shown({ pictures = [] }: ExecutionMessage, data: Record<string, unknown>) {
  const added = picturesOfResult(data);
  return added.length > 0 ? { pictures: latestOfProgram([...pictures, ...added]) } : {};
}

function describeResult(data: Record<string, unknown>): string {
  const plain = data["text/plain"];
  if (typeof plain === "string") return bounded(plain);
  return Object.keys(data)
    .map((mime) => `<${mime}>`)
    .join(" ");
}

/** `bounded(text + piece)`, which does not copy a middle that a long piece pushes out. */
function extended(text: string, piece: string): string {
  const half = outputBound / 2;
  const pushedOut = text.length >= half && piece.length >= half && text.length + piece.length > outputBound;
  return pushedOut ? ends(text, piece) : bounded(text + piece);
}

function bounded(text: string): string {
  return text.length <= outputBound ? text : ends(text, text);
}

/** The first half of the bound from one text and the last from another. */
function ends(first: string, last: string): string {
  const half = outputBound / 2;
  return `${cutText(first, half)}\n[... output cut here ...]\n${cutTextStart(last, half)}`;
}
