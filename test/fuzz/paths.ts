import { Session } from "node:inspector";

/** Of the processor's time at most this part is spent on looking which paths were taken. */
const share = 0.1;
/** Inputs between two looks at least. */
const fewest = 16;
const ours = /\/(core|plugins|bin)\/(?!.*\/node_modules\/)/;

interface Reported {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

/**
 * Which paths of our own code inputs have taken, as V8 counts its blocks: a path is a function, together with what of it
 * was left out. Looking takes some milliseconds, so it is done for many inputs at once.
 */
export class Paths implements Disposable {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  #since: Buffer[] = [];
  #next = 0;

  constructor() {
    this.#session.connect();
    this.#ask("Profiler.enable");
    this.#ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  get count(): number {
    return this.#seen.size;
  }

  /** The inputs since the last look, where one of them took a path that none had taken. */
  taken(input: Buffer): readonly Buffer[] {
    this.#since.push(input);
    if (this.#since.length < fewest || performance.now() < this.#next) return [];
    const began = performance.now();
    const inputs = this.#since;
    this.#since = [];
    const before = this.#seen.size;
    const { result } = this.#ask("Profiler.takePreciseCoverage") as { readonly result: readonly Reported[] };
    for (const { url, functions } of result) if (ours.test(url)) this.#note(url, functions);
    const now = performance.now();
    this.#next = now + (now - began) / share;
    return this.#seen.size > before ? inputs : [];
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #note(url: string, functions: Reported["functions"]): void {
    for (const { ranges } of functions) {
      const [whole, ...inner] = ranges;
      if (whole === undefined || whole.count === 0) continue;
      const left = inner.filter(({ count }) => count === 0).map(({ startOffset }) => startOffset);
      this.#seen.add(`${url} ${whole.startOffset} ${left.join()}`);
    }
  }

  #ask(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}
