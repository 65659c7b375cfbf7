import type { Logger } from "../../core/contract/index.ts";
import { folderOf, parseJsonObject, readPrivate, writePrivate } from "../../core/kit/index.ts";

/** What a person has said of a conversation. */
export interface ConversationNote {
  /** Its name in lists; absent, it is its first question. */
  readonly title?: string;
  /** When it was taken from the list; one that goes on later is there again. */
  readonly removed?: string;
}

/** Conversations that are remembered so; the oldest go first. */
const most = 500;
/** Characters of a name. */
export const longestTitle = 120;

/** Names that people gave to conversations, and what they took from the list, in a file that outlives the host. */
export class ConversationNames {
  readonly #path: string;
  readonly #home: string | undefined;
  readonly #log: Logger;
  readonly #notes: Map<string, ConversationNote>;

  /** `home`: the folder of ours that the file lies in. */
  constructor(path: string, log: Logger, home?: string) {
    this.#path = path;
    this.#home = home;
    this.#log = log;
    this.#notes = new Map(Object.entries(this.#read()));
  }

  of(name: string): ConversationNote {
    return this.#notes.get(name) ?? {};
  }

  /** An empty title gives it its first question again. @throws what the disk refuses */
  rename(name: string, title: string): void {
    const { title: _before, ...rest } = this.of(name);
    this.#keep(name, title === "" ? rest : { ...rest, title });
  }

  /** @throws what the disk refuses */
  remove(name: string, at: string): void {
    this.#keep(name, { ...this.of(name), removed: at });
  }

  #keep(name: string, note: ConversationNote): void {
    this.#notes.delete(name);
    this.#notes.set(name, note);
    const [oldest] = this.#notes.keys();
    if (this.#notes.size > most && oldest !== undefined) this.#notes.delete(oldest);
    folderOf(this.#path, this.#home);
    writePrivate(this.#path, JSON.stringify(Object.fromEntries(this.#notes)));
  }

  #read(): Record<string, ConversationNote> {
    let text: string;
    try {
      text = readPrivate(this.#path);
    } catch {
      return {};
    }
    try {
      const isNote = (value: unknown): value is ConversationNote =>
        typeof value === "object" &&
        value !== null &&
        Object.entries(value).every(([key, word]) => ["title", "removed"].includes(key) && typeof word === "string");
      return Object.fromEntries(
        Object.entries(parseJsonObject(text)).flatMap(([name, value]) => (isNote(value) ? [[name, value]] : [])),
      );
    } catch (error) {
      this.#log.warn(`names of conversations cannot be read from ${this.#path}: ${String(error)}`);
      return {};
    }
  }
}
