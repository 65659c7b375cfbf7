import { SluiceError } from "../../core/contract/index.ts";
import { type ClusterLink, parseJsonObject } from "../../core/kit/index.ts";

/** Milliseconds that a host has to say which runs it holds, and runs that it is asked for at once. */
const limits = { answer: 5_000, runs: 500 };

/**
 * Runs that somebody reads, or goes on from: nobody deletes them meanwhile. Each host knows its own, and whoever deletes runs
 * asks all of them. So a follower costs the servers nothing.
 */
export class RunHolds {
  readonly #link: ClusterLink;
  /** How many hold a run here. */
  readonly #counts = new Map<string, number>();
  #release: (() => void) | undefined;

  constructor(link: ClusterLink) {
    this.#link = link;
  }

  start(): void {
    this.#release = this.#link.answer(addressOf(this.#link.host), async (question) => {
      const held = runsOf(question).filter((run) => this.has(run));
      return encode(held);
    });
  }

  stop(): void {
    this.#release?.();
    this.#release = undefined;
    this.#counts.clear();
  }

  /** Returns how to let it go. */
  add(run: string): () => void {
    this.#counts.set(run, (this.#counts.get(run) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#counts.get(run) ?? 1) - 1;
      if (left > 0) this.#counts.set(run, left);
      else this.#counts.delete(run);
    };
  }

  /** Held by this host. */
  has(run: string): boolean {
    return this.#counts.has(run);
  }

  /** Those of `runs` that a host holds. @throws SluiceError where a host that lives does not say: nothing may be deleted then */
  async among(runs: readonly string[]): Promise<ReadonlySet<string>> {
    const held = new Set(runs.filter((run) => this.has(run)));
    const others = this.#link.hosts.filter(({ host }) => host !== this.#link.host);
    for (let from = 0; from < runs.length; from += limits.runs) {
      const question = encode(runs.slice(from, from + limits.runs));
      const answers = await Promise.all(others.map(({ host }) => this.#ask(host, question)));
      for (const run of answers.flat()) held.add(run);
    }
    return held;
  }

  async #ask(host: string, question: Uint8Array): Promise<readonly string[]> {
    const answer = await this.#link.ask(addressOf(host), question, limits.answer);
    // One that is gone by now holds nothing.
    if (answer !== undefined || !this.#link.isAlive(host)) return answer === undefined ? [] : runsOf(answer);
    throw new SluiceError("SLUICE_HOST_UNAVAILABLE", `the host ${host} does not say which runs are read there`);
  }
}

function addressOf(host: string): string {
  return `holds.${host}`;
}

function encode(runs: readonly string[]): Uint8Array {
  return Buffer.from(JSON.stringify({ runs }));
}

/** @throws SluiceError SLUICE_JSON_REFUSED */
function runsOf(data: Uint8Array): readonly string[] {
  const { runs } = parseJsonObject(Buffer.from(data).toString(), { from: "a host of the cluster" });
  if (Array.isArray(runs) && runs.every((run) => typeof run === "string")) return runs;
  throw new SluiceError("SLUICE_JSON_REFUSED", "a host of the cluster names no runs");
}
