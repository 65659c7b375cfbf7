import type { Clock, Logger } from "../../core/contract/index.ts";
import { plural } from "../../core/kit/index.ts";
import { isBusy } from "./failure.ts";
import type { Holds } from "./holds.ts";
import type { OpenFile } from "./open-file.ts";
import { type Keep, type PruneCounts, prune } from "./retention.ts";

/** Milliseconds after the start, and ended runs, after which old runs are looked for. */
const pruning = { afterStart: 5_000, everyRuns: 100 };

export interface KeeperOptions {
  readonly path: string;
  readonly keep: Keep;
  readonly clock: Clock;
  readonly log: Logger;
  readonly file: OpenFile;
  readonly holds: Holds;
  readonly signal: AbortSignal;
}

/** Looks for old runs from time to time, and tells what became of them. */
export class Keeper {
  readonly #options: KeeperOptions;
  #pruning: Promise<void> | undefined;
  #ended = 0;
  /** Runs that stayed the last time, because somebody read them. */
  #held = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  begin(): void {
    const { clock, signal } = this.#options;
    clock.sleep(pruning.afterStart, signal).then(
      () => this.#prune(),
      () => undefined,
    );
  }

  runEnded(): void {
    this.#ended += 1;
    if (this.#ended % pruning.everyRuns === 0) this.#prune();
  }

  /** Somebody has read to the end what may be too old by now. */
  released(): void {
    if (this.#held > 0) this.#prune();
  }

  async ended(): Promise<void> {
    await this.#pruning;
  }

  #prune(): void {
    const { log, path, signal } = this.#options;
    if (this.#pruning !== undefined || signal.aborted || this.#options.file.opened === undefined) return;
    this.#pruning = this.#run()
      .then(
        ({ deleted, held }) => {
          if (deleted > 0) log.info(`${plural(deleted, "old run was", "old runs were")} deleted from ${path}.`);
          if (held > 0 && held !== this.#held)
            log.info(`${plural(held, "old run stays", "old runs stay")} in ${path} while somebody reads them.`);
          this.#held = held;
        },
        (error) => {
          if (!isBusy(error)) log.warn(`Old runs could not be deleted from ${path}.`, { error });
        },
      )
      .finally(() => {
        this.#pruning = undefined;
      });
  }

  async #run(): Promise<PruneCounts> {
    const { file, keep, clock, holds, signal } = this.#options;
    const { database, statements } = file.get();
    holds.settle();
    return prune(database, statements, keep, clock.now(), () => signal.aborted);
  }
}
