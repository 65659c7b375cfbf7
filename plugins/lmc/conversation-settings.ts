export type Values = Readonly<Record<string, unknown>>;

/** What clients set for one conversation, or for all of one client that have no name of their own. */
export class ConversationSettings {
  readonly values = new Map<string, unknown>();
  readonly groups = new Map<string, Values>([
    ["llm", {}],
    ["computer", {}],
  ]);
  /** Counts how often the conversation was set back. */
  generation = 0;

  constructor(autoRun: boolean) {
    this.values.set("auto_run", autoRun);
  }

  get autoRun(): boolean {
    return this.values.get("auto_run") === true;
  }
}

/** Conversations whose settings are kept; those that were asked for least lately leave first. */
const most = 256;

/** The settings of every conversation, apart from each other: nobody sets what holds for somebody else. */
export class AllSettings {
  readonly #autoRun: boolean;
  readonly #all = new Map<string, ConversationSettings>();

  constructor(autoRun: boolean) {
    this.#autoRun = autoRun;
  }

  /** Of a client's named session, or of all its conversations without a name. */
  of(owner: string, session: string | undefined): ConversationSettings {
    const key = JSON.stringify([owner, session ?? null]);
    const known = this.#all.get(key) ?? new ConversationSettings(this.#autoRun);
    this.#all.delete(key);
    this.#all.set(key, known);
    const [oldest] = this.#all.keys();
    if (this.#all.size > most && oldest !== undefined) this.#all.delete(oldest);
    return known;
  }
}
