import { monitorEventLoopDelay } from "node:perf_hooks";
import type { HostLoad, InstanceLoad } from "../contract/operation.ts";
import type { Sinks } from "../journal/sinks.ts";
import type { OpenSandboxes } from "../run/open-sandboxes.ts";
import type { InstanceSet } from "./instance-set.ts";

/** Milliseconds after the last look for which the event loop is still measured, and between two measurements. */
const watchFor = 5_000;
const resolution = 10;

/** How long the event loop is held, measured only while somebody looks. */
class LoopLag implements Disposable {
  #histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** The longest since it was last read. */
  read(): number {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this[Symbol.dispose](), watchFor);
    this.#timer.unref();
    if (this.#histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution });
      this.#histogram.enable();
      return 0;
    }
    const { max, count } = this.#histogram;
    this.#histogram.reset();
    return count === 0 ? 0 : Math.max(0, Math.round(max / 1e6) - resolution);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#histogram?.disable();
    this.#histogram = undefined;
  }
}

export interface LoadParts {
  readonly instances: InstanceSet;
  readonly open: OpenSandboxes;
  readonly sinks: () => Sinks;
}

/** What waits, and what is occupied, by instance. */
export class LoadOfHost implements Disposable {
  readonly #parts: LoadParts;
  readonly #lag = new LoopLag();

  constructor(parts: LoadParts) {
    this.#parts = parts;
  }

  read(): HostLoad {
    const { instances, open, sinks } = this.#parts;
    open.watch();
    const ofSinks = instances.ofKind("sink").map(({ id }): InstanceLoad => ({ id, ...sinks().load(id) }));
    const boxes = instances.ofKind("sandbox").map(({ id }): InstanceLoad => {
      const own = open.list().filter(({ instance }) => instance === id);
      const stats = own.flatMap((each) => each.stats ?? []);
      const sum = (of: (each: (typeof stats)[number]) => number) => stats.reduce((total, each) => total + of(each), 0);
      const measured = stats.length === 0 ? {} : { memory: sum(({ memory }) => memory), cpu: sum(({ cpu }) => cpu) };
      return { id, sandboxes: own.length, ...measured };
    });
    return { lag: this.#lag.read(), instances: [...ofSinks, ...boxes] };
  }

  [Symbol.dispose](): void {
    this.#lag[Symbol.dispose]();
  }
}
