import type { Subscription } from "rxjs";
import type { Sandbox, SandboxLimits, SandboxSession, SandboxStats } from "../contract/sandbox.ts";

/** Milliseconds after the last look for which samples are still taken. */
const watchFor = 5_000;

/** What runs need of a sandbox. */
export type SandboxOpener = Pick<Sandbox, "open">;

export interface OpenSandbox {
  readonly instance: string;
  readonly session: string;
  readonly sandbox: SandboxSession;
  readonly limits: SandboxLimits;
  readonly stats: SandboxStats | undefined;
}

interface Entry extends OpenSandbox {
  stats: SandboxStats | undefined;
  samples?: Subscription;
}

/** The sandboxes that runs have open, and how busy they are: measured only while somebody looks. */
export class OpenSandboxes implements Disposable {
  readonly #open = new Map<string, Entry>();
  #timer: NodeJS.Timeout | undefined;

  /** What `sandbox` opens is known from now on. */
  track(instance: string, sandbox: SandboxOpener): SandboxOpener {
    return {
      open: async (spec, signal) => {
        const session = await sandbox.open(spec, signal);
        const entry: Entry = {
          instance,
          session: spec.session,
          sandbox: session,
          limits: session.limits,
          stats: undefined,
        };
        this.#open.set(session.id, entry);
        const forget = () => {
          entry.samples?.unsubscribe();
          if (this.#open.get(session.id) === entry) this.#open.delete(session.id);
        };
        session.closed.then(forget, forget);
        if (this.#timer !== undefined) this.#sample(entry);
        return session;
      },
    };
  }

  list(): readonly OpenSandbox[] {
    return [...this.#open.values()];
  }

  get(id: string): OpenSandbox | undefined {
    return this.#open.get(id);
  }

  /** Takes samples for the next seconds. */
  watch(): void {
    clearTimeout(this.#timer);
    for (const entry of this.#open.values()) this.#sample(entry);
    this.#timer = setTimeout(() => this[Symbol.dispose](), watchFor);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const entry of this.#open.values()) {
      entry.samples?.unsubscribe();
      delete entry.samples;
    }
  }

  #sample(entry: Entry): void {
    entry.samples ??= entry.sandbox.stats$.subscribe({
      next: (stats) => {
        entry.stats = stats;
      },
      // A sandbox that cannot be measured is shown without figures.
      error: () => undefined,
    });
  }
}
