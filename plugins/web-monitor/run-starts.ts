import { createHash } from "node:crypto";
import type { EventData, Journal } from "../../core/contract/index.ts";

/** What the first event of a run says of its place in a conversation. */
export interface RunStart {
  /** The run that it goes on from; null where nothing was said before, undefined where an older journal does not say. */
  readonly continues?: string | null;
  /** The same for runs that were asked the same. */
  readonly question: string;
}

/** Starts kept; they never change. */
const kept = 5_000;

/** First events of runs, each read once. */
export class RunStarts {
  readonly #known = new Map<string, RunStart>();

  /** Undefined where the journal does not have its beginning any more. @throws what the journal throws */
  async of(journal: Journal, run: string, signal: AbortSignal): Promise<RunStart | undefined> {
    const known = this.#known.get(run);
    if (known !== undefined) return known;
    for await (const page of journal.follow(run, 0, signal)) {
      const [first] = page.kind === "events" ? page.entries : [];
      if (first?.event.type !== "run-start") return undefined;
      return this.#keep(run, first.event.data);
    }
    return undefined;
  }

  #keep(run: string, { continues, input }: EventData["run-start"]): RunStart {
    const question = createHash("sha256").update(JSON.stringify(input)).digest("base64url").slice(0, 16);
    const start = { question, ...(continues === undefined ? {} : { continues }) };
    this.#known.set(run, start);
    const [oldest] = this.#known.keys();
    if (this.#known.size > kept && oldest !== undefined) this.#known.delete(oldest);
    return start;
  }
}
