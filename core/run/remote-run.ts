import { SluiceError } from "../contract/errors.ts";
import type { EventOf, RunEvent } from "../contract/event.ts";
import type { RunQueue, RunStanding } from "../contract/queue.ts";
import type { RunAnswer, RunHandle } from "../contract/run.ts";
import type { FileInfo } from "../contract/sandbox.ts";
import type { Journals } from "../journal/journal.ts";
import { askHost } from "./host-questions.ts";

export interface RemoteRunParts {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  readonly journals: Journals;
  readonly queue: RunQueue;
  /** The run itself, once it turned out to be here. */
  readonly local: () => RunHandle | undefined;
  /** What the store has of it. */
  readonly standing: () => Promise<RunStanding>;
  /** Ends it before any host begins it; false where one was faster. Absent: it waits for nobody. */
  readonly endWaiting?: () => Promise<boolean>;
}

/**
 * Milliseconds between attempts, growing, at which a cancel is made: whose the run is may change, and its host may be cut
 * off. `step`: for how long one step's is, since a later step is not meant.
 */
const cancelling = { pause: 250, longest: 2_000, step: 10_000 };
/** Milliseconds that its host may take to answer, and between questions; whose the run is may change meanwhile. */
const steering = { answer: 5_000, pause: 250, questions: 4 };

/** A run that another host has, or that waits for one: it is read from the store, and steered by asking its host. */
export class RemoteRun implements RunHandle {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  readonly #parts: RemoteRunParts;
  #done: Promise<EventOf<"run-end">> | undefined;

  constructor(parts: RemoteRunParts) {
    this.#parts = parts;
    ({ run: this.run, session: this.session, flow: this.flow, owner: this.owner } = parts);
  }

  get done(): Promise<EventOf<"run-end">> {
    this.#done ??= this.#readEnd();
    return this.#done;
  }

  events(after = 0): AsyncIterable<RunEvent> {
    return this.#parts.journals.events(this.run, after);
  }

  cancel(scope: "run" | "step" = "run"): void {
    const local = this.#parts.local();
    if (local !== undefined) local.cancel(scope);
    else void this.#cancelThere(scope);
  }

  /** Whether there was still something to cancel shows in its journal. */
  async #cancelThere(scope: "run" | "step"): Promise<void> {
    let over = false;
    void this.done.then(() => {
      over = true;
    });
    const until = scope === "step" ? performance.now() + cancelling.step : Number.POSITIVE_INFINITY;
    for (let pause = cancelling.pause; !over && performance.now() < until; pause *= 2) {
      try {
        await this.#ask("cancel", { scope }, steering.answer);
        return;
      } catch (error) {
        if (isNobody(error) && scope === "run" && (await this.#parts.endWaiting?.())) return;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, cancelling.longest)).unref());
    }
  }

  async interrupt(): Promise<boolean> {
    return this.#parts.local()?.interrupt() ?? (await this.#steer("interrupt", {})) === true;
  }

  async input(answer: RunAnswer): Promise<void> {
    const local = this.#parts.local();
    if (local !== undefined) return local.input(answer);
    if ((await this.#steer("input", answer)) !== nobody) return;
    throw new SluiceError("SLUICE_RUN_NOT_WAITING", "the run has ended, or waits for a host");
  }

  async files(): Promise<readonly FileInfo[]> {
    return this.#parts.local()?.files() ?? ((await this.#ask("files", {})) as readonly FileInfo[]);
  }

  async file(path: string): Promise<Uint8Array> {
    const local = this.#parts.local();
    if (local !== undefined) return local.file(path);
    return Buffer.from(String(await this.#ask("file", { path })), "base64");
  }

  /** Its sandbox is not needed any more. */
  release(): void {
    void this.#ask("release", {}).catch(() => undefined);
  }

  #ask(method: string, params: unknown, limit?: number): Promise<unknown> {
    return askHost(this.#parts.queue, { run: this.run, method, params }, limit);
  }

  /** `nobody` where no host has the run. @throws SluiceError SLUICE_HOST_UNAVAILABLE where one has it that does not answer */
  async #steer(method: string, params: unknown): Promise<unknown> {
    for (let left = steering.questions; ; left -= 1) {
      try {
        return await this.#ask(method, params, steering.answer);
      } catch (error) {
        if (!isNobody(error)) throw error;
      }
      if ((await this.#parts.standing()) !== "live") return nobody;
      if (left === 1) break;
      await new Promise((resolve) => setTimeout(resolve, steering.pause));
    }
    throw new SluiceError("SLUICE_HOST_UNAVAILABLE", `the host that has the run ${this.run} cannot be reached`, {
      cure: "Try again: it comes back, or the run ends as lost.",
    });
  }

  async #readEnd(): Promise<EventOf<"run-end">> {
    const { journals, run } = this.#parts;
    let last: RunEvent | undefined;
    for await (const event of journals.events(run)) last = event;
    if (last?.type === "run-end") return last;
    // The host stops, or the store lost the run: nobody here will ever know more.
    const data = { status: "lost", usage: { inputTokens: 0, outputTokens: 0 } } as const;
    const cost = { amount: null, currency: "USD" } as const;
    const [seq, time] = [(last?.seq ?? 0) + 1, last?.time ?? new Date(0).toISOString()];
    return { run, seq, time, source: "core", type: "run-end", data: { ...data, cost, reason: "its end was not read" } };
  }
}

/** The answer of nobody. */
const nobody = Symbol("nobody");

function isNobody(error: unknown): boolean {
  return SluiceError.is(error) && error.code === "SLUICE_RUN_NOT_FOUND";
}
