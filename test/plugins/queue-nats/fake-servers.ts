import { JetStreamApiError } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/transport-node";
import type { RunEvent } from "../../../core/contract/index.ts";
import type { StandingOfRun, WorkItem } from "../../../core/kit/index.ts";
import { decode, headOf } from "../../../plugins/store-nats/chunk.ts";

/** Faults that a test plants, to see that they are found. */
export interface Planted {
  /** The stream takes whatever comes. */
  readonly takesAll?: boolean;
  /** A host works before it knows that its first event was taken. */
  readonly worksUnheard?: boolean;
  /** All hosts take each other's messages for their own. */
  readonly oneWriter?: boolean;
  /** Nobody counts the hosts that have executed a run. */
  readonly forgetsAttempts?: boolean;
}

interface Kept {
  readonly seq: number;
  readonly header: MsgHdrs;
  readonly data: Uint8Array;
}

/** The servers, in memory: a journal with a subject for each run, and a queue that may give an item at any time. */
export class FakeServers {
  readonly journal = new Map<string, Kept[]>();
  readonly #planted: Planted;
  #items = new Map<string, Uint8Array>();
  #seq = 0;

  constructor(planted: Planted) {
    this.#planted = planted;
  }

  publish(run: string, data: Uint8Array, header: MsgHdrs, expected: number): { seq: number } {
    const kept = this.journal.get(run) ?? [];
    const last = kept.at(-1)?.seq ?? 0;
    if (last !== expected && this.#planted.takesAll !== true) {
      throw new JetStreamApiError({ code: 400, err_code: 10_071, description: `wrong last sequence: ${last}` });
    }
    this.#seq += 1;
    kept.push({ seq: this.#seq, header, data });
    this.journal.set(run, kept);
    return { seq: this.#seq };
  }

  last(run: string): Kept | null {
    return this.journal.get(run)?.at(-1) ?? null;
  }

  standingOf(run: string): StandingOfRun {
    const message = this.last(run);
    if (message === null) return { standing: "new", last: 0, host: "", attempt: 0 };
    const { end, last, host, attempt } = headOf(message.header);
    return { standing: end ? "ended" : "live", last, host, attempt: this.#planted.forgetsAttempts ? 0 : attempt };
  }

  events(run: string): readonly RunEvent[] {
    return (this.journal.get(run) ?? []).flatMap(({ header, data }) => decode(run, header, data));
  }

  push(run: string, data: Uint8Array): void {
    this.#items.set(run, data);
  }

  find(run: string): Uint8Array | undefined {
    return this.#items.get(run);
  }

  /** Any host is given any item that is not done with, whoever has it: less than what a real queue promises. */
  give(turn: number, done: (remove: () => void) => Promise<void>): WorkItem | undefined {
    const all = [...this.#items];
    const [run, data] = all[turn % Math.max(1, all.length)] ?? [];
    if (run === undefined || data === undefined) return undefined;
    return {
      data,
      working: () => undefined,
      later: () => undefined,
      done: () => done(() => void this.#items.delete(run)),
    };
  }
}
