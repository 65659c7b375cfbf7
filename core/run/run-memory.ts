import type { RunHandle } from "../contract/run.ts";
import type { Journals } from "../journal/journal.ts";
import { EndedRun } from "./ended-run.ts";
import type { Run } from "./run.ts";

/** Ended runs that are kept whole for `get`; older ones are in the store. */
const keptEnded = 100;
/** Milliseconds for which a key gives the same run, and keys at most: of more, the oldest go. */
const keys = { life: 60 * 60_000, most: 20_000 };

/** The runs that can still be asked for: those under way, the last that ended, and by their keys those of an hour. */
export class RunMemory {
  readonly #journals: Journals;
  readonly #now: () => number;
  readonly #live = new Set<Run>();
  readonly #runs = new Map<string, Run>();
  readonly #keys = new Map<string, { run: RunHandle; readonly at: number }>();

  constructor(journals: Journals, now: () => number) {
    this.#journals = journals;
    this.#now = now;
  }

  /** Those under way. */
  get live(): ReadonlySet<Run> {
    return this.#live;
  }

  get(run: string): RunHandle | undefined {
    return this.#runs.get(run);
  }

  keyed(key: string): RunHandle | undefined {
    const known = this.#keys.get(key);
    if (known === undefined || this.#now() - known.at >= keys.life) return undefined;
    return this.#runs.get(known.run.run) ?? known.run;
  }

  /** The run of a key that another host may have. */
  remember(key: string, run: RunHandle): void {
    this.#keys.set(key, { run, at: this.#now() });
  }

  add(run: Run, key: string | undefined): void {
    this.#live.add(run);
    this.#runs.set(run.run, run);
    const entry = { run: run as RunHandle, at: this.#now() };
    void run.done.then((end) => {
      this.#live.delete(run);
      entry.run = new EndedRun(run, end, this.#journals);
      this.#forget();
    });
    if (key !== undefined) this.#keys.set(key, entry);
    this.#forget();
  }

  /** Another host has it. */
  drop(run: string): void {
    this.#runs.delete(run);
  }

  #forget(): void {
    for (const [id, run] of this.#runs) {
      if (this.#runs.size <= keptEnded) break;
      if (!this.#live.has(run)) this.#runs.delete(id);
    }
    const now = this.#now();
    for (const [key, entry] of this.#keys) {
      if (this.#keys.size <= keys.most && now - entry.at < keys.life) break;
      this.#keys.delete(key);
    }
  }
}
