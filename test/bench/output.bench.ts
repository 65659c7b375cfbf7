import { readFileSync } from "node:fs";
import { afterAll, test } from "vitest";
import { SluiceClient } from "../../core/client/index.ts";
import { alone, engine, flood, MIB, quantile, rawRate, tell } from "./bench-kit.ts";
import { Child } from "./child.ts";
import type { Read } from "./wire-client.ts";

/** A program's output all the way to a client, beside the engine's own pipe; host and client have their own processes. */

const size = 256;
const rounds = 5;
const input = { code: flood(size), language: "bash" };

afterAll(() => engine.close());

test("output to one client", async () => {
  await using host = await Measured.start("store");
  const floor: number[] = [];
  const ours: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    floor.push(await rawRate(size));
    host.peak = 0;
    ours.push(rateOf(await host.read()));
    peaks.push(host.peak);
  }
  tell("stdout to a client, median", "MiB/s", quantile(floor, 0.5), quantile(ours, 0.5), ">= 0.33 x");
  alone("the host's memory, first round", "MiB", peaks[0] ?? Number.NaN, "-");
  alone("the host's memory, last round", "MiB", peaks.at(-1) ?? Number.NaN, "flat");
}, 600_000);

test("output to one client, from a host without a store", async () => {
  await using host = await Measured.start();
  const reads: Read[] = [];
  for (let round = 0; round < 3; round += 1) reads.push(await host.read());
  const missing = reads.reduce((sum, read) => sum + read.missing, 0);
  alone("stdout to a client, no store, median", "MiB/s", quantile(reads.map(rateOf), 0.5), "-");
  alone("said to be missing, because the client was slower", "events", missing, "-");
}, 600_000);

test("output to one client while another one is frozen", async () => {
  await using host = await Measured.start("store");
  await host.read();
  const before = host.peak;
  host.peak = 0;
  // A second reader that takes the first event and nothing more.
  await using frozen = new SluiceClient(host.options);
  const reading = host.read();
  const { events } = await firstRun(frozen);
  await events[Symbol.asyncIterator]().next();
  alone("stdout beside a frozen reader", "MiB/s", rateOf(await reading), "-");
  alone("the host's memory before", "MiB", before, "-");
  alone("the host's memory beside a frozen reader", "MiB", host.peak, "flat");
}, 600_000);

/** The stream of the run that is under way. */
async function firstRun(client: SluiceClient) {
  for (;;) {
    const { runs } = await client.call<{ runs: { run: string }[] }>("runs.list", { status: "running" });
    const [under] = runs;
    if (under !== undefined) return { events: client.follow(under.run) };
  }
}

function rateOf({ took, output, missing }: Read): number {
  if (missing === 0 && output !== size * MIB) throw new Error(`${output} of ${size * MIB} bytes came`);
  return output / MIB / (took / 1000);
}

/** A host, its memory, and its client. */
class Measured implements AsyncDisposable {
  /** MiB of resident memory at most, since it was set to 0. */
  peak = 0;
  readonly options: { readonly url: string; readonly token: string };
  readonly #host: Child<unknown>;
  readonly #client: Child<unknown>;
  readonly #watch: NodeJS.Timeout;

  private constructor(host: Child<{ url: string; token: string }>, client: Child<unknown>) {
    this.options = host.ready;
    this.#host = host;
    this.#client = client;
    this.#watch = setInterval(() => {
      const status = readFileSync(`/proc/${host.pid}/status`, "utf8");
      this.peak = Math.max(this.peak, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    }, 20);
  }

  static async start(...kept: readonly "store"[]): Promise<Measured> {
    const host = await Child.start<{ url: string; token: string }>("wire-host.ts", ...kept);
    const { url, token } = host.ready;
    const client = await Child.start("wire-client.ts", url, token);
    await client.ask({ code: "1", language: "bash" });
    return new Measured(host, client);
  }

  read(): Promise<Read> {
    return this.#client.ask(input);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    await this.#client[Symbol.asyncDispose]();
    await this.#host[Symbol.asyncDispose]();
  }
}
