import type { CodeBlock, Conversation, ExecutionMessage, Message, ModelMessage } from "../contract/conversation.ts";
import type { ErrorCode } from "../contract/errors.ts";
import type { Emission, EmissionOf } from "../contract/event.ts";
import {
  type CodePart,
  isWithin,
  type NotePart,
  type Part,
  type ProgramPart,
  type TextPart,
  Transcript,
  TranscriptText,
} from "../kit/transcript/index.ts";
import { latestPictures } from "./pictures.ts";
import { ToldProgram } from "./told-program.ts";

/** What a session remembers of its runs. */
const keptMessages = 400;
const keptCharacters = 1_000_000;

export const emptyConversation: Conversation = { messages: [] };

/** Events that no model is told of; they would only cost memory here. */
const untold: ReadonlySet<Emission["type"]> = new Set([
  "reasoning-delta",
  "exec-file",
  "run-start",
  "run-end",
] as const);

/**
 * Makes a conversation of events, the only place where one is made. Each event costs the same however many came before
 * it; `conversation` is a copy that nobody changes any more.
 */
export class ConversationFold {
  #before: readonly Message[];
  readonly #transcript = new Transcript(() => new ToldProgram());

  constructor(before: Conversation) {
    this.#before = before.messages;
  }

  get conversation(): Conversation {
    const messages = new Messages();
    for (const part of this.#transcript.parts) if (!part.void) messages.add(part);
    return { messages: [...this.#before, ...messages.all] };
  }

  /** `seq` is the event's place in the run, which a later `rewind` refers to. */
  add(event: Emission, seq: number): void {
    if (untold.has(event.type)) return;
    this.#transcript.push({ ...event, seq });
    if (event.type !== "rewind") return;
    this.#before = this.#before.filter(({ at, branch }) => at < event.data.from || !isWithin(branch, event.branch));
  }
}

/** An answer under way. */
interface Answer {
  readonly message: { -readonly [Key in keyof ModelMessage]: ModelMessage[Key] };
  readonly code: CodeBlock[];
  readonly text: TranscriptText;
}

/** Parts of a transcript as the messages that models read. Several are under way at once inside of `all`. */
class Messages {
  readonly all: Message[] = [];
  /** By source and branch: the answer that is under way, or `ran` after a program. */
  readonly #answers = new Map<string, Answer | "ran">();
  /** By source and branch: whether the model there has said that its answer is complete. */
  readonly #ended = new Map<string, boolean>();

  add(part: Part<ToldProgram>): void {
    const place = `${part.source}\n${part.branch ?? ""}`;
    switch (part.kind) {
      case "answer":
        this.#ended.set(place, part.end !== undefined);
        this.#answers.set(place, this.#begin(part, part.end !== undefined));
        return;
      case "text":
      case "code":
        this.#say(place, part);
        return;
      case "program": {
        const answer = this.#answers.get(place);
        // A model that runs its code by itself has said what it said; its next words are another answer.
        if (answer !== undefined && answer !== "ran") answer.message.complete = true;
        this.#answers.set(place, "ran");
        this.all.push(execution(part));
        return;
      }
      case "note":
        if (part.event.type === "error" && toldToModels.has(part.event.data.code))
          this.all.push(note(part, part.event));
    }
  }

  #begin(part: Part<ToldProgram>, complete: boolean): Answer {
    const code: CodeBlock[] = [];
    const message = { ...placed(part), role: "model" as const, source: part.source, text: "", code, complete };
    this.all.push(message);
    return { message, code, text: new TranscriptText({ show: "code", exact: true }) };
  }

  #say(place: string, part: TextPart | CodePart): void {
    let answer = this.#answers.get(place);
    if (answer === undefined) return;
    if (answer === "ran") {
      answer = this.#begin(part, this.#ended.get(place) ?? false);
      this.#answers.set(place, answer);
    }
    const { message, code, text } = answer;
    message.text += text.part(part);
    if (part.kind === "code") code.push({ language: part.language, code: part.text });
  }
}

/**
 * What is left of a conversation for the next run: nothing in it can be rewound any more. A long session keeps only its
 * latest messages.
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

function placed({ seq, branch }: Part<ToldProgram>): { at: number; branch?: string } {
  return branch === undefined ? { at: seq } : { at: seq, branch };
}

function execution(part: ProgramPart<ToldProgram>): ExecutionMessage {
  const { record, end } = part;
  return {
    ...placed(part),
    role: "execution",
    source: part.source,
    stdout: record.stdout,
    stderr: record.stderr,
    results: record.results,
    ...(record.pictures.length > 0 ? { pictures: record.pictures } : {}),
    status: end?.status ?? "running",
    exitCode: end?.exitCode ?? null,
    ...(part.start.edited ? { edited: part.start.code } : {}),
    ...(end?.error ? { error: `${end.error.name}: ${end.error.message}` } : {}),
  };
}

/** Errors that are about the code a model wrote, and leave the run to go on. */
const toldToModels: ReadonlySet<string> = new Set<ErrorCode>([
  "SLUICE_CODE_REFUSED",
  "SLUICE_SANDBOX_LANGUAGE",
  "SLUICE_MODEL_CUT",
  "SLUICE_MODEL_CALL",
]);

function note(part: NotePart, { data }: EmissionOf<"error">): Message {
  return {
    ...placed(part as Part<ToldProgram>),
    role: "note",
    source: part.source,
    code: data.code,
    text: `The code was not run. ${data.message}\n${data.cure}`,
  };
}
