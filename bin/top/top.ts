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
import { isDumb } from "../output/style.ts";
import { liveScreen } from "./live-screen.ts";
import { type Answers, TopSampler } from "./sampler.ts";
import { type ScreenSize, screenOf } from "./screen.ts";
import { type SortOrder, sortKeys, sortSample } from "./sort.ts";

export interface TopOptions {
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** One look, and no more. */
  readonly once: boolean;
  readonly json: boolean;
  readonly sort: SortOrder;
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
  { interval, once: single, json, sort }: TopOptions,
  outputs: Outputs,
  leave: AbortSignal,
): Promise<void> {
  const { stdout } = outputs;
  let order = sort;
  const choose = (key: string): void => {
    order = (Object.hasOwn(sortKeys, key) ? sortKeys[key] : undefined) ?? order;
  };
  await using screen = stdout.isTerminal && !isDumb() && !json && !single ? await liveScreen(choose) : undefined;
  while (!leave.aborted && screen?.quit.aborted !== true) {
    const look = sampler.look(await ask(client));
    const sorted = (size?: ScreenSize) => screenOf(sortSample(look, order), stdout.stream, size);
    if (screen !== undefined) screen.draw((size) => sorted({ ...size, sort: order }));
    else if (json) await stdout.write(`${printableJson(sortSample(look, order))}\n`);
    else await stdout.write(`${sorted()}\n${single ? "" : "\n"}`);
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
