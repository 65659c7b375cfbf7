import {
  type ClusterHost,
  type HostAbout,
  type QueuedRun,
  type QueuePriority,
  type QueueQuestion,
  SluiceError,
} from "../../core/contract/index.ts";
import { isJsonObject, parseJsonObject } from "../../core/kit/index.ts";

/** What another host says is of another version, perhaps, or of nobody of ours: each of these looks before it is used. */

type Words = Readonly<Record<string, unknown>>;

const priorities: readonly unknown[] = ["high", "normal", "low"] satisfies readonly QueuePriority[];

/** What a host tells of itself with each word. */
export function toldOf(
  host: string,
  told: Words,
): Pick<ClusterHost, "name" | "capacity" | "running" | "bound" | "draining" | "about"> {
  const { name, capacity, running, bound, draining } = told;
  return {
    name: typeof name === "string" ? name : host,
    capacity: countOf(capacity),
    running: countOf(running),
    ...(typeof bound === "string" ? { bound } : {}),
    draining: draining === true,
    about: aboutOf(told),
  };
}

function aboutOf({ version, addresses, state, reason, active, draining }: Words): HostAbout {
  const told = state === "degraded" || state === "draining" ? state : "ok";
  return {
    version: typeof version === "string" ? version : "",
    addresses: Array.isArray(addresses) ? addresses.filter((each) => typeof each === "string") : [],
    state: draining === true ? "draining" : told,
    active: countOf(active),
    ...(typeof reason === "string" ? { reason } : {}),
  };
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** The host looks at `params` itself. @throws SluiceError SLUICE_JSON_REFUSED */
export function questionOf({ run, host, method, params }: Words): QueueQuestion {
  const named = [run, host].every((each) => each === undefined || typeof each === "string");
  if (!named || typeof method !== "string") {
    throw new SluiceError("SLUICE_JSON_REFUSED", "a host of the cluster asked what is no question");
  }
  return {
    ...{ method, params },
    ...(run === undefined ? {} : { run: run as string }),
    ...(host === undefined ? {} : { host: host as string }),
  };
}

/** Why another host refused. */
export function errorOf(told: unknown): SluiceError {
  if (isJsonObject(told) && [told["code"], told["message"], told["cure"]].every((each) => typeof each === "string")) {
    return SluiceError.fromBody(told as unknown as Parameters<typeof SluiceError.fromBody>[0]);
  }
  return new SluiceError("SLUICE_JSON_REFUSED", "a host of the cluster refused without an error that can be read");
}

/** A run that waits; undefined for what is none. */
export function itemOf(data: Uint8Array): QueuedRun | undefined {
  let item: Words;
  try {
    item = parseJsonObject(Buffer.from(data).toString(), { from: "the queue" });
  } catch (error) {
    if (SluiceError.is(error)) return undefined;
    throw error;
  }
  const { run, flow, client, priority, attempts } = item;
  const named = [run, flow, client].every((each) => typeof each === "string" && each !== "");
  const counted = attempts === undefined || countOf(attempts) > 0;
  return named && counted && priorities.includes(priority) ? (item as unknown as QueuedRun) : undefined;
}
