import type { ClientHost, HostEvent, RunEvent } from "../../core/contract/index.ts";
import type { Sample } from "./figures.ts";
import type { SampleFile } from "./sample-file.ts";

/** Answers under way that are remembered. */
const mostOpen = 1_000;

/** Takes a sample of the host every so often. */
export class Sampler implements AsyncDisposable {
  readonly #host: ClientHost;
  readonly #file: SampleFile;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #forget: () => void;
  #counts = new Map<string, number>();
  /** Milliseconds until the first piece of each answer since the last sample. */
  #firsts: number[] = [];
  readonly #asked = new Map<string, number>();
  #cpu = process.cpuUsage();
  #at: number;

  constructor(host: ClientHost, file: SampleFile, every: number, now: () => number) {
    this.#host = host;
    this.#file = file;
    this.#now = now;
    this.#at = now();
    this.#forget = host.feed.listen((event) => this.#take(event));
    this.#timer = setInterval(() => this.#sample(), every).unref();
  }

  /** What has not been sampled yet is, so that a restart loses nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#forget();
    if (this.#counts.size > 0) this.#sample();
    await this.#file.flush();
  }

  #take(event: HostEvent | RunEvent): void {
    if (!("run" in event)) return;
    const key = `${event.run}\n${event.source}\n${event.branch ?? ""}`;
    switch (event.type) {
      case "model-start":
        if (this.#asked.size >= mostOpen) this.#asked.delete(this.#asked.keys().next().value ?? "");
        this.#asked.set(key, Date.parse(event.time));
        break;
      case "text-delta":
      case "reasoning-delta":
      case "code-delta": {
        const asked = this.#asked.get(key);
        if (asked === undefined) break;
        this.#asked.delete(key);
        this.#firsts.push(Date.parse(event.time) - asked);
        break;
      }
      case "error":
        this.#count("errors", 1);
        break;
      case "run-end": {
        const { status, usage, cost } = event.data;
        this.#count("runs", 1);
        this.#count("failed", status === "ok" || status === "cancelled" ? 0 : 1);
        this.#count("inputTokens", usage.inputTokens);
        this.#count("outputTokens", usage.outputTokens);
        if (cost.amount !== null) this.#count("cost", cost.amount);
        break;
      }
      default:
    }
  }

  #count(name: string, more: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + more);
  }

  #sample(): void {
    const at = this.#now();
    const used = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    const values: Record<string, number> = Object.fromEntries(this.#counts);
    values["active"] = this.#host.runs.active;
    values["memory"] = process.memoryUsage.rss();
    values["cpu"] = (used.user + used.system) / 1000 / Math.max(1, at - this.#at);
    const sorted = this.#firsts.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    if (median !== undefined) values["firstToken"] = median;
    for (const { id, sandboxes, memory, cpu } of this.#host.operation.load().instances) {
      if (sandboxes !== undefined) values[`${id}.sandboxes`] = sandboxes;
      if (memory !== undefined) values[`${id}.memory`] = memory;
      if (cpu !== undefined) values[`${id}.cpu`] = cpu;
    }
    for (const event of this.#host.feed.retained)
      if (event.type === "plugin-metric") values[`${event.source}.${event.data.name}`] = event.data.value;
    this.#counts = new Map();
    this.#firsts = [];
    this.#at = at;
    const sample: Sample = { at, values };
    this.#file.add(sample);
  }
}
