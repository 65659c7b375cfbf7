import { type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { plural, startTimer, type Timer } from "../../core/kit/index.ts";
import type { StdinFeed } from "./stdin.ts";

export type OnDisconnect = "detach" | "cancel";

/** Clients name themselves, so that a limit for each is none: all of one token together have that many times as much. */
export const clientsOfToken = 4;

interface Entry {
  readonly handle: RunHandle;
  readonly key: string;
  readonly owner: string;
  /** Its standard input, where that comes in frames. */
  readonly stdin: StdinFeed | undefined;
  policy: OnDisconnect;
  /** Connections of its owner that care for it. */
  readonly connections: Set<string>;
  timer?: Timer;
}

/** The live runs that clients opened here: how many each has, and what becomes of them when their client is gone. */
export class RunRegister {
  readonly #limit: number;
  readonly #detach: number;
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new Map<string, RunHandle>();
  readonly #counts = new Map<string, number>();
  #closed = false;

  constructor(limit: number, detach: number) {
    this.#limit = limit;
    this.#detach = detach;
  }

  /** Resolves when every run that is live now has ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ handle }) => handle.done));
  }

  /** @throws SluiceError SLUICE_OVERLOADED when the client, or all of its token together, have what they may have. */
  admit(owner: string): void {
    const refuse = (who: string, limit: number) => {
      throw new SluiceError("SLUICE_OVERLOADED", `${who} may have ${plural(limit, "run")} at once`, {
        retryAfter: 1000,
      });
    };
    if ((this.#counts.get(owner) ?? 0) >= this.#limit) refuse("a client", this.#limit);
    const together = this.#limit * clientsOfToken;
    if ((this.#counts.get(tokenOf(owner)) ?? 0) >= together) refuse("the clients of one token", together);
  }

  /** The live run that was opened under a key. The host knows of those that ended. */
  opened(key: string): RunHandle | undefined {
    return this.#keys.get(key);
  }

  /** Where the standard input of a live run goes that its client sends. */
  stdin(run: string): StdinFeed | undefined {
    return this.#entries.get(run)?.stdin;
  }

  add(handle: RunHandle, key: string, owner: string, policy: OnDisconnect, stdin?: StdinFeed): void {
    const known = this.#entries.get(handle.run);
    if (known !== undefined) {
      known.policy = policy;
      return;
    }
    this.#entries.set(handle.run, { handle, key, owner, stdin, policy, connections: new Set() });
    this.#keys.set(key, handle);
    for (const each of whoseCounts(owner)) this.#counts.set(each, (this.#counts.get(each) ?? 0) + 1);
    void handle.done.then(() => this.#remove(handle.run));
  }

  /** Says that a connection of its owner cares for a run; others are not counted. */
  attach(run: string, owner: string, connection: string): void {
    const entry = this.#entries.get(run);
    if (entry?.owner !== owner) return;
    entry.connections.add(connection);
    entry.timer?.stop();
  }

  /** A connection is gone: what nobody cares for any more is cancelled, now or when the detach time is over. */
  leave(connection: string): void {
    for (const entry of this.#entries.values()) {
      if (!entry.connections.delete(connection) || entry.connections.size > 0 || this.#closed) continue;
      if (entry.policy === "cancel") {
        entry.handle.cancel("run");
        continue;
      }
      entry.timer?.stop();
      entry.timer = startTimer(() => entry.handle.cancel("run"), this.#detach);
      entry.timer.unref();
    }
  }

  /** From here on nothing is cancelled: the host is stopping and ends its runs by itself. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#entries.values()) timer?.stop();
  }

  #remove(run: string): void {
    const entry = this.#entries.get(run);
    if (entry === undefined) return;
    entry.timer?.stop();
    entry.stdin?.close();
    this.#entries.delete(run);
    this.#keys.delete(entry.key);
    for (const each of whoseCounts(entry.owner)) {
      const left = (this.#counts.get(each) ?? 1) - 1;
      if (left > 0) this.#counts.set(each, left);
      else this.#counts.delete(each);
    }
  }
}

/** What stands before the client's own name. */
export function tokenOf(owner: string): string {
  return owner.split("/", 1)[0] ?? owner;
}

function whoseCounts(owner: string): ReadonlySet<string> {
  return new Set([owner, tokenOf(owner)]);
}
