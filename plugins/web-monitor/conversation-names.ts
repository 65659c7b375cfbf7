import type { Logger } from "../../core/contract/index.ts";
import { firstToGo, folderOf, parseJsonObject, readPrivate, writePrivate } from "../../core/kit/index.ts";

/** What a person has said of a conversation. */
export interface ConversationNote {
  /** Its name in lists; absent, it is its first question. */
  readonly title?: string;
  /** When it was taken from the list; one that goes on later is there again. */
  readonly removed?: string;
  /** Who said it last, as runs name their owner. */
  readonly owner?: string;
}

/** Conversations that are remembered so; when it is one more, the oldest of whoever has the most goes. */
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

  /** Conversations whose name has all of these words, the last named first. */
  called(words: readonly string[]): readonly string[] {
    const fitting = [...this.#notes].filter(([, { title }]) => {
      const text = title?.toLowerCase();
      return text !== undefined && words.every((word) => text.includes(word));
    });
    return fitting.map(([name]) => name).reverse();
  }

  /** An empty title gives it its first question again. @throws what the disk refuses */
  rename(name: string, title: string, owner: string): void {
    const { title: _before, ...rest } = this.of(name);
    this.#keep(name, title === "" ? rest : { ...rest, title }, owner);
  }

  /** @throws what the disk refuses */
  remove(name: string, at: string, owner: string): void {
    this.#keep(name, { ...this.of(name), removed: at }, owner);
  }

  #keep(name: string, note: ConversationNote, owner: string): void {
    this.#notes.delete(name);
    if (note.title !== undefined || note.removed !== undefined) this.#notes.set(name, { ...note, owner });
    if (this.#notes.size > most) this.#notes.delete(firstToGo(this.#notes, (each) => each.owner ?? "") ?? "");
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
        Object.entries(value).every(
          ([key, word]) => ["title", "removed", "owner"].includes(key) && typeof word === "string",
        );
      return Object.fromEntries(
        Object.entries(parseJsonObject(text)).flatMap(([name, value]) => (isNote(value) ? [[name, value]] : [])),
      );
    } catch (error) {
      this.#log.warn(`names of conversations cannot be read from ${this.#path}: ${String(error)}`);
      return {};
    }
  }
}
