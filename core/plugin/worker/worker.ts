import { workerData } from "node:worker_threads";
import { declareErrors, SluiceError } from "../../contract/errors.ts";
import type { Lifecycle } from "../../contract/lifecycle.ts";
import type { PluginDefinition } from "../../contract/plugin.ts";
import {
  ClockToken,
  EnvironmentToken,
  LoggerToken,
  ModeToken,
  OwnerToken,
  PathsToken,
  ReporterToken,
} from "../../contract/tokens.ts";
import { systemClock } from "../../host/clock.ts";
import { Container, type PluginModule } from "../../host/container.ts";
import type { Party } from "../checked/fault.ts";
import { importPlugin } from "../import-plugin.ts";
import { demandShape } from "../shape.ts";
import { toFailure } from "./failure.ts";
import { beatPause, type Facts, shared, type WorkerStart } from "./protocol.ts";
import { type IsolableKind, type ServedKind, served } from "./served.ts";
import { type Incoming, type Target, ThreadPort } from "./thread-port.ts";
import { Teller } from "./told.ts";

// The thread of one instance whose profile says `isolate: worker`: the plugin is imported, created and called here.

const { port, id, plugin, shared: state, host } = workerData as WorkerStart;
// The port is ours; a plugin that wants to speak to its host has the contract.
Reflect.deleteProperty(workerData as object, "port");

Atomics.add(state, shared.beat, 1);
setInterval(() => Atomics.add(state, shared.beat, 1), beatPause).unref();
declareErrors(plugin.manifest.errors ?? {});

const teller = new Teller();
const target: Record<string, (call: Incoming) => unknown> = {
  told: ({ pressure }) => teller.stream(pressure),
  import: async () => {
    await importPlugin(plugin);
  },
  check: async ({ args: [config] }) => {
    const module = (await importPlugin(plugin)) as Partial<PluginDefinition>;
    return module.check?.(config) ?? [];
  },
  load: async ({ args: [config] }) => load(await importPlugin(plugin), config),
};
const peer = new ThreadPort(port, target);
refuseToKill();

function load(module: PluginModule, config: unknown): Facts {
  const instance = create(module, config);
  const party: Party = {
    ...{ id, plugin: plugin.manifest.name, folder: plugin.folder },
    // The host's own seam counts the time.
    callTimeout: 0,
    failed: new AbortController().signal,
    report: (error) => teller.tell(["fault", toFailure(error)]),
  };
  const kind: ServedKind = served[plugin.manifest.kind as IsolableKind](party, instance, peer);
  Object.assign(target, kind.target, lifecycle(instance, kind.facts));
  return kind.facts();
}

/** @throws SluiceError SLUICE_PLUGIN_CREATE */
function create(module: PluginModule, config: unknown): Lifecycle {
  const container = new Container();
  container.provide(ClockToken, systemClock);
  container.provide(PathsToken, host.paths);
  container.provide(OwnerToken, host.owner);
  container.provide(EnvironmentToken, host.environment);
  container.provide(ModeToken, host.mode);
  container.provide(LoggerToken, teller.logger(state));
  container.provide(ReporterToken, teller.reporter());
  const instance = container.create(module, { id, config, refs: {} });
  demandShape(id, plugin.manifest, instance);
  return instance;
}

function lifecycle(instance: Lifecycle, facts: () => Facts): Target {
  const change = () => teller.tell(["facts", facts()]);
  return {
    start: async ({ signal }) => {
      await instance.start?.(signal);
      change();
      instance.health$?.subscribe({
        next: (health) => teller.tell(["health", health]),
        error: (thrown: unknown) => teller.tell(["health", { status: "failed", reason: textOf(thrown) }]),
      });
    },
    drain: ({ signal }) => instance.drain?.(signal),
    reconfigure: ({ args: [changed] }) => {
      instance.reconfigure?.(changed as never);
      change();
    },
    dispose: () => instance[Symbol.asyncDispose](),
  };
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** `process.exit` and `process.abort` end this thread at most; a signal would end everybody. */
function refuseToKill(): void {
  const { kill } = process;
  process.kill = (pid, signal) => {
    if (signal === 0 || Math.abs(pid) !== process.pid) return kill.call(process, pid, signal);
    const message = `${id} called process.kill of its own host with ${signal ?? "SIGTERM"}`;
    teller.tell(["health", { status: "failed", reason: message }]);
    throw new SluiceError("SLUICE_PLUGIN_FAULT", message);
  };
}
