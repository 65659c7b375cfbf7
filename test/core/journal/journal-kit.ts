import type { Emission, RunEvent, RunQuery, RunRecord, Store } from "../../../core/contract/index.ts";
import { Journals } from "../../../core/journal/journal.ts";
import type { JournalOptions } from "../../../core/journal/journal-options.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";

export const start: Emission = {
  source: "core",
  type: "run-start",
  data: { flow: "chat", session: "s1", input: { text: "hello" } },
};

export function delta(text: string, branch?: string): Emission {
  return { source: "gpt", ...(branch === undefined ? {} : { branch }), type: "text-delta", data: { text } };
}

export function end(): Emission {
  return {
    source: "core",
    type: "run-end",
    data: { status: "ok", usage: { inputTokens: 0, outputTokens: 0 }, cost: { amount: null, currency: "USD" } },
  };
}

export function newJournals(options: Partial<JournalOptions> = {}): Journals {
  return new Journals({ clock: new FakeClock(), ...options });
}

/** Every event of a run from after `after` to its end; a gap fails. */
export async function collect(journals: Journals, run: string, after = 0): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const page of journals.follow(run, after)) {
    if (page.kind === "gap") throw new Error(`gap ${page.from}-${page.to}: ${page.reason}`);
    for (const { event } of page.entries) events.push(event);
  }
  return events;
}

/** A store in memory that a test can stall or break. */
export class TestStore implements Store {
  readonly events = new Map<string, RunEvent[]>();
  batches = 0;
  /** Thrown by `append` and `read` while set. */
  error: Error | undefined;
  /** `append` waits for it while set. */
  gate: Promise<void> | undefined;

  append(batch: readonly RunEvent[]): Promise<void> | void {
    this.batches += 1;
    if (this.gate !== undefined) return this.gate.then(() => this.#take(batch));
    this.#take(batch);
  }

  read(run: string, after: number, limit: number): readonly RunEvent[] {
    if (this.error !== undefined) throw this.error;
    return (this.events.get(run) ?? []).filter(({ seq }) => seq > after).slice(0, limit);
  }

  runs(query: RunQuery): readonly RunRecord[] {
    return [...this.events]
      .filter(([run]) => query.run === undefined || query.run === run)
      .map(([run, events]) => {
        const last = events.at(-1);
        return {
          run,
          flow: "chat",
          session: "s1",
          input: "hello",
          status: last?.type === "run-end" ? last.data.status : "running",
          started: events[0]?.time ?? "",
          lastSeq: last?.seq ?? 0,
        };
      });
  }

  unfinished() {
    return this.runs({})
      .filter(({ status }) => status === "running")
      .map(({ run, lastSeq }) => ({ run, lastSeq, owner: { host: "other", pid: 1, started: "0" } }));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #take(batch: readonly RunEvent[]): void {
    if (this.error !== undefined) throw this.error;
    for (const event of batch) {
      const events = this.events.get(event.run) ?? [];
      if (events.some(({ seq }) => seq === event.seq)) throw new Error(`${event.run} ${event.seq} twice`);
      events.push(event);
      this.events.set(event.run, events);
    }
  }
}
