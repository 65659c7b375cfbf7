import { monitorEventLoopDelay } from "node:perf_hooks";
import type { HostLoad, InstanceLoad } from "../contract/operation.ts";
import type { InstanceSet } from "../instances/instance-set.ts";
import type { Sinks } from "../journal/sinks.ts";
import type { OpenSandboxes } from "../run/open-sandboxes.ts";

/** Milliseconds after the last look for which the event loop is still measured, and between two measurements. */
const watchFor = 5_000;
const resolution = 10;
/** Milliseconds of one slice, and how many slices an answer covers: two seconds. */
const slice = 250;
const slices = 8;

/**
 * How long the event loop is held, measured only while somebody looks. An answer is of the last two seconds, whoever
 * else asks: a reading takes nothing away from another one.
 */
export class LoopLag implements Disposable {
  #histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
  #slicing: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;
  /** The longest of each slice that is over, oldest first. */
  #longest: number[] = [];

  /** The longest of the last two seconds; 0 when nobody looked before. */
  read(): number {
    clearTimeout(this.#end);
    this.#end = setTimeout(() => this[Symbol.dispose](), watchFor).unref();
    if (this.#histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution });
      this.#histogram.enable();
      this.#slicing = setInterval(() => this.#turn(), slice).unref();
    }
    return Math.max(...this.#longest, this.#now());
  }

  #turn(): void {
    this.#longest = [...this.#longest, this.#now()].slice(-slices);
    this.#histogram?.reset();
  }

  /** The longest of the slice that is not over. */
  #now(): number {
    const { max = 0, count = 0 } = this.#histogram ?? {};
    return count === 0 ? 0 : Math.max(0, Math.round(max / 1e6) - resolution);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#end);
    clearInterval(this.#slicing);
    this.#histogram?.disable();
    this.#histogram = undefined;
    this.#longest = [];
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
    const ofSinks = instances.ofKind("sink").map(({ id }): InstanceLoad => {
      const { waiting, dropped, dead } = sinks().load(id);
      return { id, waiting, dropped, dead };
    });
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
