import type { HostApi, RunEvent, RunHandle } from "../../core/contract/index.ts";
import { cutTextStart, firstToGo } from "../../core/kit/index.ts";
import { type ChunkFrame, ChunkWriter } from "./chunks.ts";
import { EventTranslator } from "./events.ts";

/** A message as the original keeps it: what a run of chunks of one kind says together. */
export interface LmcMessageRecord {
  readonly role: string;
  readonly type: string;
  readonly format?: string;
  content: string;
}

/** Named sessions whose conversation is kept; of whoever has the most, the one that was silent longest leaves. */
const mostConversations = 64;
/** Characters of one conversation; the oldest messages leave first. */
const mostCharacters = 1024 * 1024;
/** What a message costs beside its content. */
const overhead = 128;

/** The question of one run, and its answer. Runs of a session are serial, but asked for in advance. */
class Turn {
  readonly messages: LmcMessageRecord[] = [];
  over = false;
}

class Conversation {
  /** When its session began: another one of that name knows nothing of what was said. */
  readonly created: string;
  readonly owner: string;
  readonly #turns = new Set<Turn>();
  #characters = 0;
  #count = 0;

  constructor(created: string, owner: string) {
    this.created = created;
    this.owner = owner;
  }

  get messages(): readonly LmcMessageRecord[] {
    return [...this.#turns].flatMap(({ messages }) => messages);
  }

  begin(): Turn {
    const turn = new Turn();
    this.#turns.add(turn);
    return turn;
  }

  add(turn: Turn, message: LmcMessageRecord): void {
    // Nothing is left of it when it was cut, and half a picture is none.
    if (message.type === "image" && message.content.length + overhead > mostCharacters) return;
    turn.messages.push(message);
    this.#count += 1;
    this.#grown(message.content.length + overhead);
  }

  append(message: LmcMessageRecord, content: string): void {
    message.content += content;
    this.#grown(content.length);
  }

  has(turn: Turn, message: LmcMessageRecord | undefined): message is LmcMessageRecord {
    return message !== undefined && turn.messages.at(-1) === message;
  }

  #grown(characters: number): void {
    this.#characters += characters;
    while (this.#characters > mostCharacters) this.#shrink();
  }

  #shrink(): void {
    for (const turn of this.#turns) {
      const [oldest] = turn.messages;
      if (oldest !== undefined && this.#count === 1) {
        // The last one loses its beginning, and some more of it, so that this is not done for each word.
        const kept = mostCharacters * 0.75;
        this.#characters = kept + overhead;
        oldest.content = cutTextStart(oldest.content, kept);
        return;
      }
      if (oldest !== undefined) {
        turn.messages.shift();
        this.#count -= 1;
        this.#characters -= oldest.content.length + overhead;
      }
      if (turn.messages.length === 0 && turn.over) this.#turns.delete(turn);
      if (oldest !== undefined) return;
    }
  }
}

/** What was said in the transport's named sessions, heard from the events of its own runs: the host tells no conversation. */
export class Conversations {
  /** The one that spoke last is the last. */
  readonly #conversations = new Map<string, Conversation>();

  /** The session's messages; none when it has ended, was never spoken in here, or is not for `host` to see. */
  messages(host: HostApi, session: string): readonly LmcMessageRecord[] {
    const conversation = this.#conversations.get(session);
    return conversation === undefined || conversation.created !== createdOf(host, session) ? [] : conversation.messages;
  }

  forget(session: string): void {
    this.#conversations.delete(session);
  }

  /** The same run, whose events are heard as they are read. */
  hear(host: HostApi, handle: RunHandle, session: string, text: string): RunHandle {
    const created = createdOf(host, session);
    // A refused run has no session.
    if (created === undefined) return handle;
    const conversation = this.#spokenIn(session, created, handle.owner ?? "");
    const turn = conversation.begin();
    conversation.add(turn, { role: "user", type: "message", content: text });
    return overheard(handle, turn, listener(conversation, turn));
  }

  #spokenIn(session: string, created: string, owner: string): Conversation {
    const known = this.#conversations.get(session);
    const conversation = known?.created === created ? known : new Conversation(created, owner);
    this.#conversations.delete(session);
    this.#conversations.set(session, conversation);
    if (this.#conversations.size > mostConversations)
      this.forget(firstToGo(this.#conversations, (each) => each.owner) ?? "");
    return conversation;
  }
}

function createdOf(host: HostApi, name: string): string | undefined {
  return host.sessions.list().find(({ session }) => session === name)?.created;
}

/** Turns the events of a run into messages. */
function listener(conversation: Conversation, turn: Turn): (event: RunEvent) => void {
  let open: LmcMessageRecord | undefined;
  const writer = new ChunkWriter((frame) => {
    if (frame["end"] === true) open = undefined;
    const said = messageOf(frame);
    if (said === undefined) return;
    // Pictures and pages are whole each; all else comes in pieces.
    const grows = said.role === "assistant" || said.type === "console";
    if (grows && conversation.has(turn, open)) conversation.append(open, said.content);
    else {
      open = said;
      conversation.add(turn, said);
    }
  });
  const translator = new EventTranslator(writer);
  return (event) => translator.translate(event);
}

function messageOf({ role, type, format, content }: ChunkFrame): LmcMessageRecord | undefined {
  // Which line runs is told as a number: it is no part of what was said.
  if (typeof content !== "string" || content === "") return undefined;
  return {
    role: String(role),
    type: String(type),
    ...(format === undefined ? {} : { format: String(format) }),
    content,
  };
}

function overheard(handle: RunHandle, turn: Turn, hear: (event: RunEvent) => void): RunHandle {
  const { run, session, flow, owner, done } = handle;
  return {
    ...{ run, session, flow, owner, done },
    async *events(after) {
      try {
        for await (const event of handle.events(after)) {
          hear(event);
          yield event;
        }
      } finally {
        turn.over = true;
      }
    },
    cancel: (scope) => handle.cancel(scope),
    interrupt: () => handle.interrupt(),
    input: (answer) => handle.input(answer),
    files: () => handle.files(),
    file: (path) => handle.file(path),
  };
}
