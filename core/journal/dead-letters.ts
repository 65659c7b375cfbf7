import type { DeadLetter } from "../config/plan.ts";
import { SluiceError, textOfThrown } from "../contract/errors.ts";
import type { HostEvent } from "../contract/event.ts";
import type { SinkEntry } from "../contract/sink.ts";
import { fileFault } from "../kit/file-fault.ts";
import { plural } from "../kit/text/plural.ts";
import { DeadLetterFile } from "./dead-letter-file.ts";

/** Why entries are dead. */
export interface DeadReason {
  readonly error: unknown;
  /** How often they were offered. */
  readonly attempts: number;
}

export interface DeadLettersOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** Takes secrets out of a text. */
  readonly mask: (text: string) => string;
  /** Gives an event to another sink; false where there is none that takes it. */
  readonly offer: (sink: string, event: HostEvent) => boolean;
  /** A file cannot be written, or takes no more. */
  readonly onFault: (id: string, message: string) => void;
}

/** Keeps what sinks refuse where their profile says. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  /** By path: two sinks may have one file. */
  readonly #files = new Map<string, DeadLetterFile>();
  /** Sinks of which it was said that their dead letter takes nothing. */
  readonly #faulty = new Set<string>();

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** Resolves with how many were kept, the first ones. Never rejects. */
  async keep(id: string, to: DeadLetter, entries: readonly SinkEntry[], why: DeadReason): Promise<number> {
    const events = entries.map((entry) => this.#eventOf(id, entry, why));
    if ("sink" in to) {
      const taken = events.filter((event) => this.#options.offer(to.sink, event)).length;
      return this.#told(id, taken === events.length ? undefined : `${to.sink} does not run`, taken);
    }
    try {
      const taken = await this.#file(to.file, to.size).add(events.map((event) => JSON.stringify(event)));
      return this.#told(
        id,
        taken === events.length ? undefined : `${to.file} has its ${plural(to.size, "byte")}`,
        taken,
      );
    } catch (error) {
      return this.#told(id, `${to.file} cannot be written: ${fileFault(error)}`, 0);
    }
  }

  #told(id: string, fault: string | undefined, taken: number): number {
    if (fault === undefined) this.#faulty.delete(id);
    else if (!this.#faulty.has(id)) {
      this.#faulty.add(id);
      this.#options.onFault(id, `the dead letter of ${id} takes no more: ${fault}`);
    }
    return taken;
  }

  #file(path: string, size: number): DeadLetterFile {
    const key = `${size} ${path}`;
    let file = this.#files.get(key);
    if (file === undefined) {
      file = new DeadLetterFile(path, size);
      this.#files.set(key, file);
    }
    return file;
  }

  #eventOf(source: string, entry: SinkEntry, { error, attempts }: DeadReason): HostEvent {
    const reason = this.#options.mask(textOfThrown(error));
    const code = SluiceError.is(error) ? { code: error.code } : {};
    const time = new Date(this.#options.now()).toISOString();
    return { type: "dead-letter", time, source, data: { reason, ...code, attempts, entry } };
  }
}
