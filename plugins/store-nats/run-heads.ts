import { type ClusterNames, messageOf, type Streams } from "./streams.ts";

/** Runs asked for in one question, and in one round where each is a question of its own. */
const most = { together: 500, alone: 100 };

/** The newest messages of many runs. */
export class RunHeads {
  readonly #names: ClusterNames;
  readonly #streams: () => Streams;
  /** Servers before 2.11 answer for one run at a time. */
  #oneByOne = false;
  /** How often each was left out of a round. */
  #turn = 0;

  constructor(names: ClusterNames, streams: () => Streams) {
    this.#names = names;
    this.#streams = streams;
  }

  /** Tells of each run whose newest message comes after number `since`. */
  async newerThan(since: number, runs: readonly string[], tell: (run: string, message: number) => void): Promise<void> {
    for (let from = 0; from < runs.length && !this.#oneByOne; from += most.together) {
      await this.#askTogether(since, runs.slice(from, from + most.together), tell);
    }
    if (this.#oneByOne) await this.#askEach(runs, tell);
  }

  async #askTogether(
    since: number,
    runs: readonly string[],
    tell: (run: string, message: number) => void,
  ): Promise<void> {
    const bySubject = new Map(runs.map((run) => [this.#names.subject(run), run]));
    try {
      const question = { multi_last: [...bySubject.keys()], seq: since + 1, batch: runs.length };
      const found = await this.#streams().manager.direct.getLastMessagesFor(this.#names.journal, question);
      for await (const { subject, seq } of found) tell(bySubject.get(subject) ?? "", seq);
    } catch (error) {
      if ((error as { code?: unknown }).code === 404) return;
      if (!/require server/.test(String(error))) throw error;
      this.#oneByOne = true;
    }
  }

  /** Not all at once: whoever follows many waits a little longer for a word that was lost. */
  async #askEach(runs: readonly string[], tell: (run: string, message: number) => void): Promise<void> {
    const from = runs.length <= most.alone ? 0 : this.#turn % runs.length;
    const round = [...runs.slice(from), ...runs.slice(0, from)].slice(0, most.alone);
    this.#turn += round.length;
    for (const run of round) {
      const { manager } = this.#streams();
      const last = await messageOf(manager, this.#names.journal, { last_by_subj: this.#names.subject(run) });
      if (last !== undefined) tell(run, last.seq);
    }
  }
}
