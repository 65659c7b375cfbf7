import { firstToGo } from "../../core/kit/index.ts";
import { ownParameters } from "./setting-values.ts";

export type Values = Readonly<Record<string, unknown>>;

/** Conversations whose settings are kept; of whoever has the most, the one that was asked for least lately leaves. */
const most = 256;

/** What clients set for one conversation, or for all of one client that have no name of their own. */
export class ConversationSettings {
  readonly owner: string;
  readonly values = new Map<string, unknown>();
  readonly groups = new Map<string, Values>([
    ["llm", {}],
    ["computer", {}],
  ]);
  /** The client has set `auto_run` by itself. */
  chosen = false;
  readonly #told = new Map<string, string>();
  /** Counts how often the conversation was set back. */
  generation = 0;

  constructor(autoRun: boolean, owner: string) {
    this.owner = owner;
    this.values.set("auto_run", autoRun);
  }

  /** Whether what a flow asks is approved without asking the client. */
  get autoRun(): boolean {
    return this.values.get("auto_run") === true;
  }

  /** Whether the client itself wants to be asked before code runs, whatever the flow does. */
  get asks(): boolean {
    return this.chosen && !this.autoRun;
  }

  /** What its runs set in place of the model's own options. */
  get parameters(): Values {
    const llm = Object.entries(this.groups.get("llm") ?? {});
    return Object.fromEntries(
      llm.flatMap(([name, value]) => {
        const option = Object.hasOwn(ownParameters, name) ? ownParameters[name] : undefined;
        return option === undefined || value === null ? [] : [[option, value] as const];
      }),
    );
  }

  /** A message as the flow gets it: what models shall know comes before it, once, and again when it has changed. */
  instructed(session: string, text: string): string {
    const instructions = this.#instructions;
    if (instructions === (this.#told.get(session) ?? "")) return text;
    this.#told.set(session, instructions);
    const [oldest] = this.#told.keys();
    if (this.#told.size > most && oldest !== undefined) this.#told.delete(oldest);
    return instructions === "" ? text : `${instructions}\n\n${text}`;
  }

  /** The conversation begins anew. */
  reset(session: string): void {
    this.generation += 1;
    this.#told.delete(session);
  }

  get #instructions(): string {
    const texts = ["system_message", "custom_instructions"].map((name) => this.values.get(name));
    return texts.filter((text) => typeof text === "string" && text !== "").join("\n\n");
  }
}

/** The settings of every conversation, apart from each other: nobody sets what holds for somebody else. */
export class AllSettings {
  readonly #autoRun: boolean;
  readonly #all = new Map<string, ConversationSettings>();

  constructor(autoRun: boolean) {
    this.#autoRun = autoRun;
  }

  /** Settings of a client's named session, or of all its conversations without a name. */
  of(owner: string, session: string | undefined): ConversationSettings {
    const key = JSON.stringify([owner, session ?? null]);
    const known = this.#all.get(key) ?? new ConversationSettings(this.#autoRun, owner);
    this.#all.delete(key);
    this.#all.set(key, known);
    if (this.#all.size > most) this.#all.delete(firstToGo(this.#all, (each) => each.owner) ?? "");
    return known;
  }
}
