import type { PlannedInstance } from "../config/plan.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Instance } from "./instance.ts";
import { inStopOrder, startInWaves } from "./order.ts";

export interface Exchange {
  readonly add: readonly PlannedInstance[];
  /** Ids of those that go and are not replaced. */
  readonly drop: readonly string[];
}

/** Everything is as it was; `lost` are those that could not be started again. */
export class ExchangeFailure extends Error {
  readonly reason: SluiceError;
  readonly lost: readonly SluiceError[];

  constructor(reason: SluiceError, lost: readonly SluiceError[]) {
    super(reason.message, { cause: reason });
    this.reason = reason;
    this.lost = lost;
  }
}

/** Milliseconds that an instance has to finish when another takes its place. */
const leaveLimit = 2_000;

/** @throws SluiceError of the first that does not come up, whatever the profile says of starts that fail */
export async function bringUp(instances: readonly Instance[]): Promise<void> {
  await startInWaves(new Map(instances.map((instance) => [instance.id, instance])), new AbortController().signal);
  const failed = instances.find(({ status }) => status === "failed");
  if (failed === undefined) return;
  throw new SluiceError(
    "SLUICE_PLUGIN_START",
    `${failed.id} could not start: ${failed.reason ?? "it does not say why"}`,
  );
}

/** Starts as many as can be. Returns the reasons of those that cannot. */
export async function startEach(instances: readonly Instance[]): Promise<SluiceError[]> {
  const failures: SluiceError[] = [];
  for (const instance of inStopOrder(instances).toReversed()) {
    await instance.start(new AbortController().signal).catch((error) => failures.push(SluiceError.from(error)));
  }
  return failures;
}

export async function letGo(old: Instance): Promise<void> {
  await old.drain(AbortSignal.timeout(leaveLimit)).catch(() => undefined);
  await old.dispose().catch(() => undefined);
}
