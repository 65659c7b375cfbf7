import type { Logger } from "../../../core/contract/index.ts";
import type { Engine } from "../engine/engine.ts";

/** Milliseconds that killing and removing may take. */
const GONE_WITHIN = 10_000;
/** Milliseconds until a removal that failed is tried again; doubled up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Kills and removes a container; one that is gone already, or going, is as good. */
export async function remove(engine: Engine, container: string): Promise<void> {
  const limit = AbortSignal.timeout(GONE_WITHIN);
  const path = `/containers/${container}?force=1&v=1`;
  const { status } = await engine.call(path, { method: "DELETE", accept: [404, 409], signal: limit });
  // AutoRemove was quicker and is at it.
  if (status === 409) {
    await engine.call(`/containers/${container}/wait?condition=removed`, {
      method: "POST",
      accept: [404],
      signal: limit,
    });
  }
}

/** Removes containers, and those that the engine would not remove, or could not be asked to, later. */
export class Remover {
  readonly #engine: Engine;
  readonly #log: Logger;
  /** Ids or names. */
  readonly #left = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #pause = FIRST_PAUSE;
  #isDisposed = false;

  constructor(engine: Engine, log: Logger) {
    this.#engine = engine;
    this.#log = log;
  }

  /** Never rejects: what fails now is tried again until it succeeds, and once more when the host stops. */
  async remove(container: string): Promise<void> {
    try {
      await remove(this.#engine, container);
      this.#left.delete(container);
    } catch (error) {
      if (!this.#left.has(container)) {
        const why = error instanceof Error ? error.message : String(error);
        this.#log.warn(`container ${container.slice(0, 40)} could not be removed, and is tried again: ${why}`);
      }
      this.#left.add(container);
      this.#later();
    }
  }

  #later(): void {
    if (this.#timer !== undefined || this.#isDisposed) return;
    this.#timer = setTimeout(() => void this.#again(), this.#pause);
    this.#timer.unref();
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }

  async #again(): Promise<void> {
    await Promise.all([...this.#left].map((container) => this.remove(container)));
    this.#timer = undefined;
    if (this.#left.size > 0) this.#later();
    else this.#pause = FIRST_PAUSE;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#left].map((container) => this.remove(container)));
    if (this.#left.size === 0) return;
    const names = [...this.#left].map((container) => container.slice(0, 40)).join(", ");
    this.#log.warn(`left behind, since the engine did not remove them: ${names}; run \`sluice sandbox clean\` later`);
  }
}
