import { type Journal, SluiceError } from "../../core/contract/index.ts";
import { AckHabit, SocketFollower } from "./follower.ts";
import type { Outbox } from "./outbox.ts";

/** Runs of which a connection remembers how far they were sent; the oldest goes first. */
const remembered = 4096;

/** The runs that one connection follows. */
export class Followers {
  readonly #outbox: Outbox;
  readonly #habit = new AckHabit();
  readonly #live = new Map<string, SocketFollower>();
  /** How far runs were sent that are followed no more, though nobody asked for the end of it. */
  readonly #sent = new Map<string, SocketFollower["sent"]>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Goes on from what this connection was sent of a run: whoever opens it again gets no event twice. Returns what
   * resolves with the failure, or nothing where there is nothing to begin.
   */
  resume(journal: Journal, run: string, after: number): Promise<SluiceError | undefined> | undefined {
    const sent = this.#sent.get(run);
    if (this.#live.has(run) || sent?.complete) return undefined;
    return this.start(journal, run, Math.max(after, sent?.seq ?? 0));
  }

  /** Follows from after `after`, in place of who follows it now. Resolves with the failure, when there was one. */
  async start(journal: Journal, run: string, after: number): Promise<SluiceError | undefined> {
    this.#live.get(run)?.stop();
    const follower = new SocketFollower(journal, run, after, this.#outbox, this.#habit);
    this.#live.set(run, follower);
    const failure = await follower.done;
    if (this.#live.get(run) === follower) {
      this.#live.delete(run);
      this.#remember(run, follower);
    }
    if (failure !== undefined) return SluiceError.from(failure);
    return follower.silent ? beyond(run, after) : undefined;
  }

  /** An acknowledgement may cross the end of what it is for. */
  ack(run: string, seq: number): void {
    this.#live.get(run)?.ack(seq);
  }

  stop(run: string): void {
    this.#live.get(run)?.stop();
    this.#live.delete(run);
    this.#sent.delete(run);
  }

  /** Resolves when every follower has sent what there is. */
  async followed(): Promise<void> {
    await Promise.all([...this.#live.values()].map((follower) => follower.done));
  }

  dispose(): void {
    for (const follower of this.#live.values()) follower.stop();
  }

  #remember(run: string, follower: SocketFollower): void {
    this.#sent.delete(run);
    this.#sent.set(run, follower.sent);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > remembered && oldest !== undefined) this.#sent.delete(oldest);
  }
}

/** Happens where the end of a run was written by a host that knew less of it than the client. */
function beyond(run: string, after: number): SluiceError {
  const cure = "Follow it from the start: after 0.";
  return new SluiceError("SLUICE_WIRE_PROTOCOL", `${run} has ended, and has nothing after ${after}`, { cure });
}
