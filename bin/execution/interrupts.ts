import type { RunHandle } from "../../core/contract/index.ts";
import { exitCodeOfSignal } from "./exit-code.ts";

/** After Ctrl-C: how long the program may use to end by itself, and when we leave whatever happens. Milliseconds. */
const grace = 700;
const patience = 1_900;

/**
 * Ctrl-C first interrupts what runs, then cancels it; a second one, and SIGTERM, cancel at once. Whatever happens, the
 * process is gone within two seconds; what it then leaves behind is swept by the next start.
 */
export class Interrupts implements Disposable {
  #handle: RunHandle | undefined;
  #signal: NodeJS.Signals | undefined;
  #timers: NodeJS.Timeout[] = [];
  readonly #leaving = new AbortController();
  readonly #exit: (code: number) => void;

  constructor(exit: (code: number) => void = process.exit) {
    this.#exit = exit;
    process.on("SIGINT", this.#received);
    process.on("SIGTERM", this.#received);
    process.on("SIGHUP", this.#received);
  }

  /** The signal that came, if one did. */
  get signal(): NodeJS.Signals | undefined {
    return this.#signal;
  }

  /** Aborts with the first signal: nothing new is to be begun. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  /** 130 for Ctrl-C, 143 for SIGTERM, 129 for a closed terminal; undefined when none came. */
  get exitCode(): number | undefined {
    return this.#signal === undefined ? undefined : exitCodeOfSignal(this.#signal);
  }

  watch(handle: RunHandle): void {
    this.#handle = handle;
    if (this.#signal !== undefined) handle.cancel("run");
  }

  readonly #received = (signal: NodeJS.Signals): void => {
    const again = this.#signal !== undefined;
    this.#signal ??= signal;
    this.#leaving.abort();
    const handle = this.#handle;
    if (again || signal !== "SIGINT") {
      handle?.cancel("run");
    } else {
      this.#after(grace, () => handle?.cancel("run"));
      handle?.interrupt().then(
        (interrupted) => interrupted || handle.cancel("run"),
        () => handle.cancel("run"),
      );
    }
    if (!again) this.#after(patience, () => this.#exit(exitCodeOfSignal(signal)));
  };

  #after(milliseconds: number, act: () => void): void {
    const timer = setTimeout(act, milliseconds);
    timer.unref();
    this.#timers.push(timer);
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#received);
    process.off("SIGTERM", this.#received);
    process.off("SIGHUP", this.#received);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
