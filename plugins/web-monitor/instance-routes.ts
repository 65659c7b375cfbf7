import { type LogLevel, SluiceError } from "../../core/contract/index.ts";
import { cutText, logLevels } from "../../core/kit/index.ts";
import type { Route } from "./route.ts";

/** Milliseconds that a model may take to answer a test. */
const probeLimit = 15_000;

/** Instances, flows, models and sandboxes. */
export const instanceRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "instances", needs: "status.read" },
    handle: ({ host }) => ({ instances: host.operation.instances() }),
  },
  {
    ...{ method: "POST", path: "instances/*/restart", needs: "instances.operate" },
    handle: async ({ host, name, origin }) => {
      await host.operation.restart(name, origin);
      return {};
    },
  },
  {
    ...{ method: "POST", path: "instances/*/level", needs: "instances.operate" },
    handle: ({ host, name, body, origin }) => {
      const level = body["level"];
      if (level !== null && !logLevels.includes(level as LogLevel)) {
        const given = typeof level === "string" ? JSON.stringify(cutText(level, 40)) : `of type ${typeof level}`;
        throw new SluiceError("SLUICE_WIRE_PROTOCOL", `there is no level ${given}`);
      }
      host.operation.setLevel(name, (level ?? undefined) as LogLevel | undefined, origin);
      return {};
    },
  },
  {
    ...{ method: "GET", path: "hosts", needs: "status.read" },
    handle: ({ host }) => host.operation.hosts(),
  },
  {
    ...{ method: "GET", path: "flows", needs: "status.read" },
    handle: ({ host }) => ({ flows: host.flows, nodes: host.operation.flows }),
  },
  {
    ...{ method: "GET", path: "models", needs: "status.read" },
    handle: ({ host, stats }) => ({
      models: host.models.list().map((model) => ({ ...model, figures: stats.of(model.id) })),
    }),
  },
  {
    ...{ method: "POST", path: "models/*/test", needs: "instances.operate" },
    handle: async ({ host, name, signal }) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(probeLimit)]);
      return { trial: await host.operation.tryModel(name, limit) };
    },
  },
  {
    ...{ method: "GET", path: "sandboxes", needs: "sandboxes.list" },
    handle: async ({ host, signal }) => ({
      sandboxes: await host.operation.sandboxes(signal),
      sessions: await host.sessions.all(),
    }),
  },
  {
    ...{ method: "POST", path: "sandboxes/*/stop", needs: "sandboxes.stop" },
    handle: async ({ host, name, origin }) => ({ stopped: await host.operation.stopSandbox(name, origin) }),
  },
  {
    ...{ method: "POST", path: "sandboxes-clean", needs: "sandboxes.stop" },
    handle: async ({ host, origin, signal }) => ({ removed: await host.operation.cleanSandboxes(origin, signal) }),
  },
];
