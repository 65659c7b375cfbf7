import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { SluiceClient } from "../../core/client/index.ts";
import { hostPaths } from "../../core/command-line.ts";
import { type HostLoad, type RunRecord, SluiceError } from "../../core/contract/index.ts";
import { printableJson } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { readHostFile } from "../host/host-file.ts";
import { openClient } from "../host/remote.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { type Answers, type TopSample, TopSampler } from "./sampler.ts";
import { screenOf } from "./screen.ts";

export interface TopOptions {
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** One look, and no more. */
  readonly once: boolean;
  readonly json: boolean;
}

/** Events by which it is known who is at work. */
const types = [
  ...["run-end", "model-start", "model-end", "exec-start", "exec-end", "input-request", "approval-request"],
  "plugin-metric",
];
/** Runs that are listed. */
const mostRuns = 200;

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when no host is up, or it stops */
export async function top(options: TopOptions): Promise<void> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
  using interrupts = new Interrupts();
  await using client = await openClient(up);
  const sampler = new TopSampler();
  const first = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  const subscription = client.watch({ filter: { types }, pulse: true }).subscribe({
    next: (batch) => {
      sampler.read(batch);
      if (sampler.ready) first.resolve();
    },
    error: gone.reject,
    complete: () => gone.reject(new SluiceError("SLUICE_HOST_UNAVAILABLE", "the host has stopped")),
  });
  const outputs = processOutputs();
  const leave = AbortSignal.any([interrupts.leaving, outputs.stdout.gone]);
  const left = leave.aborted ? Promise.resolve() : once(leave, "abort").then(() => undefined);
  try {
    await Promise.race([first.promise, gone.promise, left]);
    await Promise.race([show(client, sampler, options, outputs, leave), gone.promise, left]);
  } finally {
    subscription.unsubscribe();
  }
}

async function show(
  client: SluiceClient,
  sampler: TopSampler,
  { interval, once: single, json }: TopOptions,
  outputs: Outputs,
  leave: AbortSignal,
): Promise<void> {
  const { stdout } = outputs;
  await using screen = stdout.isTerminal && !json && !single ? await liveScreen() : undefined;
  while (!leave.aborted && screen?.quit.aborted !== true) {
    const sample = sampler.look(await ask(client));
    if (screen !== undefined) screen.draw(sample);
    else if (json) await stdout.write(`${printableJson(sample)}\n`);
    else await stdout.write(`${screenOf(sample, stdout.stream)}\n${single ? "" : "\n"}`);
    if (single) return;
    const signal = AbortSignal.any([leave, ...(screen === undefined ? [] : [screen.quit])]);
    await setTimeout(interval, undefined, { signal }).catch(() => undefined);
  }
}

async function ask(client: SluiceClient): Promise<Answers> {
  const begun = performance.now();
  const load = await client.call<HostLoad & Record<string, unknown>>("load");
  const took = Math.round(performance.now() - begun);
  const { runs } = await client.call<{ runs: readonly RunRecord[] }>("runs.list", {
    status: "running",
    limit: mostRuns,
  });
  return { load, runs, took };
}

interface LiveScreen extends AsyncDisposable {
  readonly quit: AbortSignal;
  draw(sample: TopSample): void;
}

/** The terminal, drawn over with each look; `q` and Ctrl-C leave. */
async function liveScreen(): Promise<LiveScreen> {
  const { createLogUpdate } = await import("log-update");
  const { stdin, stdout } = process;
  // A terminal that does not know its size says 0, and nothing fits into that.
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const sized = {
    isTTY: true,
    write: stdout.write.bind(stdout),
    get columns() {
      return size().columns;
    },
    get rows() {
      return size().rows;
    },
  };
  const update = createLogUpdate(sized as unknown as NodeJS.WriteStream);
  const quit = new AbortController();
  const onKey = (key: Buffer): void => {
    const text = key.toString();
    if (text.includes("q") || text.includes("\u0003")) quit.abort();
  };
  const typed = stdin.isTTY;
  if (typed) {
    stdin.setRawMode(true);
    stdin.on("data", onKey);
  }
  return {
    quit: quit.signal,
    draw: (sample) => update(screenOf(sample, stdout, size())),
    async [Symbol.asyncDispose]() {
      update.done();
      if (!typed) return;
      stdin.off("data", onKey);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
