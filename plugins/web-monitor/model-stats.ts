import type { HostEvent, HostFeed, RunEvent } from "../../core/contract/index.ts";

/** Answers whose times are remembered for each model. */
const remembered = 200;
/** Answers under way that are remembered; those beyond are of runs that never ended. */
const mostOpen = 1_000;

export interface ModelFigures {
  readonly answers: number;
  /** Milliseconds from the request to the first piece of the answer; null before the first answer. */
  readonly firstTokenP50: number | null;
  readonly firstTokenP95: number | null;
  /** Tokens of output a second, median; null where it is not known. */
  readonly tokensPerSecond: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; null when any answer's price was unknown. */
  readonly cost: number | null;
  /** By class. */
  readonly errors: Readonly<Record<string, number>>;
  readonly lastError?: {
    readonly code: string;
    readonly message: string;
    readonly cure: string;
    readonly time: string;
  };
}

interface Answer {
  readonly started: number;
  first?: number;
}

class Tally {
  answers = 0;
  inputTokens = 0;
  outputTokens = 0;
  cost: number | null = 0;
  readonly errors: Record<string, number> = {};
  readonly firstTokens: number[] = [];
  readonly rates: number[] = [];
  lastError: ModelFigures["lastError"];
}

/** Figures of every model, from the events of runs. */
export class ModelStats implements Disposable {
  readonly #tallies = new Map<string, Tally>();
  readonly #open = new Map<string, Answer>();
  readonly #forget: () => void;

  constructor(feed: HostFeed) {
    this.#forget = feed.listen((event) => this.#take(event));
  }

  of(model: string): ModelFigures {
    const tally = this.#tallies.get(model) ?? new Tally();
    const { answers, inputTokens, outputTokens, cost, errors, firstTokens, rates, lastError } = tally;
    return {
      ...{ answers, inputTokens, outputTokens, cost, errors },
      firstTokenP50: quantile(firstTokens, 0.5),
      firstTokenP95: quantile(firstTokens, 0.95),
      tokensPerSecond: quantile(rates, 0.5),
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  [Symbol.dispose](): void {
    this.#forget();
  }

  #take(event: HostEvent | RunEvent): void {
    if (!("run" in event)) return;
    switch (event.type) {
      case "model-start":
        if (this.#open.size >= mostOpen) this.#open.delete(this.#open.keys().next().value ?? "");
        this.#open.set(keyOf(event), { started: Date.parse(event.time) });
        break;
      case "text-delta":
      case "reasoning-delta":
      case "code-delta": {
        const answer = this.#open.get(keyOf(event));
        if (answer !== undefined) answer.first ??= Date.parse(event.time);
        break;
      }
      case "model-end":
        this.#end(event);
        break;
      case "error":
        this.#failed(event);
        break;
      case "run-end":
        for (const key of this.#open.keys()) if (key.startsWith(`${event.run}\n`)) this.#open.delete(key);
        break;
    }
  }

  #end(event: Extract<RunEvent, { type: "model-end" }>): void {
    const answer = this.#open.get(keyOf(event));
    this.#open.delete(keyOf(event));
    const tally = this.#tally(event.source);
    const { usage, cost } = event.data;
    tally.answers += 1;
    tally.inputTokens += usage.inputTokens;
    tally.outputTokens += usage.outputTokens;
    const amount = cost?.amount ?? null;
    tally.cost = tally.cost === null || amount === null ? null : tally.cost + amount;
    if (answer?.first === undefined) return;
    keep(tally.firstTokens, answer.first - answer.started);
    const seconds = (Date.parse(event.time) - answer.first) / 1000;
    if (seconds > 0.05) keep(tally.rates, usage.outputTokens / seconds);
  }

  #failed(event: Extract<RunEvent, { type: "error" }>): void {
    const model = this.#modelOf(event);
    if (model === undefined) return;
    const tally = this.#tally(model);
    const { class: kind, code, message, cure } = event.data;
    tally.errors[kind] = (tally.errors[kind] ?? 0) + 1;
    tally.lastError = { code, message, cure, time: event.time };
  }

  /** Whose error it is: a flow tells under its own name that the answer under way in its branch failed. */
  #modelOf(event: Extract<RunEvent, { type: "error" }>): string | undefined {
    if (this.#tallies.has(event.source) || this.#open.has(keyOf(event))) return event.source;
    if (!event.data.code.startsWith("SLUICE_MODEL")) return undefined;
    for (const key of [...this.#open.keys()].reverse()) {
      const [run, source, branch = ""] = key.split("\n");
      const isWithin = event.branch === undefined || branch === event.branch || branch.startsWith(`${event.branch}.`);
      if (run !== event.run || !isWithin) continue;
      // It has failed: what is told later is of another one.
      this.#open.delete(key);
      return source;
    }
    return undefined;
  }

  #tally(model: string): Tally {
    let tally = this.#tallies.get(model);
    if (tally === undefined) {
      tally = new Tally();
      this.#tallies.set(model, tally);
    }
    return tally;
  }
}

function keyOf({ run, source, branch }: RunEvent): string {
  return `${run}\n${source}\n${branch ?? ""}`;
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > remembered) values.shift();
}

function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
