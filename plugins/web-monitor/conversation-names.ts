import type { Logger } from "../../core/contract/index.ts";
import { firstToGo, folderOf, parseJsonObject, readPrivate, writePrivate } from "../../core/kit/index.ts";

/** What a person has said of a conversation. */
export interface ConversationNote {
  /** Its name in lists; absent, it is its first question. */
  readonly title?: string;
  /** When it was taken from the list; one that goes on later is there again. */
  readonly removed?: string;
  /** Who said it first, as runs name their owner. */
  readonly owner?: string;
}

/** Conversations that are remembered so; when it is one more, the oldest of whoever has the most goes. */
const most = 500;
/** Characters of a name. */
export const longestTitle = 120;

/** Whether the notes of an owner are for whoever asks. */
type Sees = (owner: string) => boolean;
const everybody: Sees = () => true;

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

  /** The last note of those whom the asker sees: sessions of two people may have had one name, one after the other. */
  of(name: string, sees: Sees = everybody): ConversationNote {
    return this.#found(name, sees)?.[1] ?? {};
  }

  /** Conversations whose name has all of these words, the last named first. */
  called(words: readonly string[], sees: Sees = everybody): readonly string[] {
    const fitting = [...this.#notes].filter(([, { title, owner = "" }]) => {
      const text = title?.toLowerCase();
      return text !== undefined && sees(owner) && words.every((word) => text.includes(word));
    });
    return [...new Set(fitting.map(([key]) => nameIn(key)).reverse())];
  }

  /** An empty title gives it its first question again. @throws what the disk refuses */
  rename(name: string, title: string, owner: string, sees?: Sees): void {
    const { title: _before, ...rest } = this.of(name, sees);
    this.#keep(name, title === "" ? rest : { ...rest, title }, owner, sees);
  }

  /** @throws what the disk refuses */
  remove(name: string, at: string, owner: string, sees?: Sees): void {
    this.#keep(name, { ...this.of(name, sees), removed: at }, owner, sees);
  }

  #found(name: string, sees: Sees) {
    return [...this.#notes].findLast(([key, { owner = "" }]) => nameIn(key) === name && sees(owner));
  }

  /** In the place of the note that whoever says it sees, which stays its owner's; else as a note of its own. */
  #keep(name: string, note: ConversationNote, owner: string, sees: Sees = everybody): void {
    const whose = note.owner ?? owner;
    const key = this.#found(name, sees)?.[0] ?? keyOf(name, whose);
    this.#notes.delete(key);
    if (note.title !== undefined || note.removed !== undefined) this.#notes.set(key, { ...note, owner: whose });
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
        Object.entries(parseJsonObject(text)).flatMap(([key, value]) =>
          isNote(value) ? [[keyOf(nameIn(key), value.owner ?? ""), value]] : [],
        ),
      );
    } catch (error) {
      this.#log.warn(`names of conversations cannot be read from ${this.#path}: ${String(error)}`);
      return {};
    }
  }
}

/** Of a name alone, as it was written before owners had notes of their own, it is the name. */
function nameIn(key: string): string {
  return key.slice(key.indexOf("\n") + 1);
}

function keyOf(name: string, owner: string): string {
  return `${owner}\n${name}`;
}
