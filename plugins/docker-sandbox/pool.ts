import type { Logger } from "../../core/contract/index.ts";
import type { SandboxContainer } from "./container/container.ts";

/** Milliseconds after a failed filling until the next; doubled up to the longest. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

export interface PoolOptions {
  readonly size: number;
  readonly launch: (signal: AbortSignal) => Promise<SandboxContainer>;
  readonly log: Logger;
  readonly onChange: (container: SandboxContainer, status: "pooled" | "gone") => void;
  /** How many are ready now. */
  readonly onReady: (count: number) => void;
  readonly onHealth: (problem: Error | undefined) => void;
}

/** Started and preloaded containers that wait for their one session. Filled in the background, one at a time. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #ready: SandboxContainer[] = [];
  readonly #abort = new AbortController();
  #filling: Promise<void> | undefined;
  #pause = FIRST_PAUSE;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#ready.length;
  }

  /** A waiting container, and its place is filled again; undefined when there is none. */
  take(): SandboxContainer | undefined {
    let container = this.#ready.shift();
    while (container?.channel.isClosed) container = this.#ready.shift();
    if (container !== undefined) this.#options.onReady(this.#ready.length);
    this.fill();
    return container;
  }

  fill(): void {
    if (this.#abort.signal.aborted || this.#filling) return;
    this.#filling = this.#fillUp().finally(() => {
      this.#filling = undefined;
    });
  }

  async #fillUp(): Promise<void> {
    const { size, launch, log, onChange, onHealth } = this.#options;
    const { signal } = this.#abort;
    while (this.#ready.length < size && !signal.aborted) {
      try {
        const container = await launch(signal);
        await container.preloaded();
        if (signal.aborted || container.channel.isClosed) {
          await container.dispose();
          continue;
        }
        this.#ready.push(container);
        this.#options.onReady(this.#ready.length);
        this.#pause = FIRST_PAUSE;
        onHealth(undefined);
        onChange(container, "pooled");
        container.channel.closed.then(() => this.#forget(container));
      } catch (error) {
        if (signal.aborted) return;
        const problem = error instanceof Error ? error : new Error(String(error));
        log.warn(`the pool cannot be filled: ${problem.message}`);
        onHealth(problem);
        await this.#wait();
      }
    }
  }

  /** A container that died while it waited is replaced. */
  #forget(container: SandboxContainer): void {
    const at = this.#ready.indexOf(container);
    if (at < 0) return;
    this.#ready.splice(at, 1);
    this.#options.onReady(this.#ready.length);
    this.#options.onChange(container, "gone");
    container.dispose().catch(() => undefined);
    this.fill();
  }

  async #wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#pause);
    timer.unref();
    this.#abort.signal.addEventListener("abort", () => resolve(), { once: true });
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
    await promise;
    clearTimeout(timer);
  }

  async dispose(): Promise<void> {
    this.#abort.abort();
    const waiting = this.#ready.splice(0);
    await Promise.all([this.#filling, ...waiting.map((container) => container.dispose().catch(() => undefined))]);
  }
}
