import { createServer } from "node:net";
import type { Plan, PlannedInstance } from "../../core/command-line.ts";
import type { Finding, Model } from "../../core/contract/index.ts";
import { fileFault } from "../../core/kit/index.ts";
import type { NamedInstance } from "../host/instances.ts";
import { duration } from "../output/style.ts";
import { called, fail, ok, warn } from "./finding.ts";

/** Whether keys are there, never what they are. */
export function examineKeys(plan: Plan): Finding[] {
  return plan.instances.flatMap((instance) => {
    const keys = secretsOf(instance);
    if (instance.absent !== undefined) {
      return [warn(instance.id, `absent: ${instance.absent}`, "Set it, if this instance is wanted.")];
    }
    return keys.map((key) => {
      const value = instance.config[key];
      return typeof value === "string" && value !== ""
        ? ok(`key of ${instance.id}`, `${key} is set`)
        : ok(`key of ${instance.id}`, `${key} is not set`);
    });
  });
}

function secretsOf({ plugin }: PlannedInstance): string[] {
  const properties = (plugin.manifest.config["properties"] ?? {}) as Record<string, Record<string, unknown>>;
  if (plugin.manifest.kind !== "model") return [];
  return Object.keys(properties).filter((key) => properties[key]?.["x-secret"] === true);
}

/** Whether the addresses that the transports want can be listened on; `up` is the host that may hold them already. */
export async function examinePorts(plan: Plan, up: string | undefined): Promise<Finding[]> {
  const transports = plan.instances.filter(
    ({ plugin, absent }) => plugin.manifest.kind === "transport" && absent === undefined,
  );
  const addresses = new Set(
    transports.flatMap(({ config }) => (typeof config["listen"] === "string" ? [config["listen"]] : [])),
  );
  return Promise.all([...addresses].map((address) => examinePort(address, up)));
}

async function examinePort(address: string, up: string | undefined): Promise<Finding> {
  if (up !== undefined && new URL(up).host === address) return ok("port", `${address} is held by the host that is up`);
  const at = address.lastIndexOf(":");
  const host = address.slice(0, at).replace(/^\[|\]$/g, "");
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port: Number(address.slice(at + 1)) }, () => server.close(() => resolve(undefined)));
  });
  if (error === undefined) return ok("port", `${address} is free`);
  const cure = "Stop what holds it, or set another listen: address at the transports.";
  return fail(
    "port",
    `${address} cannot be listened on: ${error.code === "EADDRINUSE" ? "it is in use" : fileFault(error)}`,
    cure,
  );
}

export async function examineModels(instances: readonly NamedInstance[], signal: AbortSignal): Promise<Finding[]> {
  return Promise.all(instances.map(({ id, instance }) => examineModel(id, instance as Model, signal)));
}

async function examineModel(id: string, model: Model, signal: AbortSignal): Promise<Finding> {
  const name = called("model", id);
  if (model.probe === undefined) return ok(name, `${model.modelId}; it cannot be probed`);
  try {
    const probe = await model.probe(AbortSignal.any([signal, AbortSignal.timeout(15_000)]));
    const detail = probe.detail === undefined ? "" : `, ${probe.detail}`;
    const latency = probe.latency === undefined ? "is ready" : `answers in ${duration(probe.latency)}`;
    if (!probe.reachable)
      return fail(name, `${model.modelId} cannot be reached${detail}`, "Check baseURL and network.");
    if (probe.modelKnown === false) {
      return fail(name, `the provider does not know ${model.modelId}${detail}`, "See `sluice models list`.");
    }
    return ok(name, `${model.modelId} ${latency}${detail}`);
  } catch (error) {
    const { message, cure } = error as Error & { cure?: string };
    // Some errors name the instance, as this line does.
    const detail = message.startsWith(`${id}: `) ? message.slice(id.length + 2) : message;
    return fail(name, detail, cure ?? "Read the reason; `sluice models test` asks it something.");
  }
}
