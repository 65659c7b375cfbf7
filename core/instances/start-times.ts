import type { PluginStatus } from "../contract/event.ts";

/** How long instances take to come up. */
export class StartTimes {
  /** Milliseconds from `starting` to `ok`, by instance; the latest start counts. */
  readonly took = new Map<string, number>();
  readonly #now: () => number;
  readonly #began = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  report(id: string, status: PluginStatus): void {
    const began = this.#began.get(id);
    if (status === "starting") this.#began.set(id, this.#now());
    else this.#began.delete(id);
    if (began !== undefined && (status === "ok" || status === "degraded")) this.took.set(id, this.#now() - began);
  }
}
