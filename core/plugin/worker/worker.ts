import { join } from "node:path";
import { Worker } from "node:worker_threads";
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
import { packageRoot } from "../../kit/package-root.ts";
import { systemClock } from "../../kit/timing/system-clock.ts";
import type { Party } from "../checked/fault.ts";
import { Container, demandShape, type PluginModule } from "../container.ts";
import { importPlugin } from "../import-plugin.ts";
import { channelOf } from "./channel.ts";
import { toFailure } from "./failure.ts";
import { beatPause, type Control, type Facts, places, type WatchData, type WorkerStart } from "./protocol.ts";
import { type IsolableKind, type ServedKind, served } from "./served.ts";
import { Teller } from "./told.ts";
import { type Incoming, type Target, WorkerPort } from "./worker-port.ts";

// The process of one instance whose profile says `isolate: worker`: the plugin is imported, created and called here.

const channel = channelOf(process);
const teller = new Teller();
const target: Record<string, (call: Incoming) => unknown> = {};
let level = 0;
const peer = new WorkerPort(channel, target);
channel.onMessage((message) => {
  const control = message as Control;
  if (control.kind === "start") begin(control.start);
  else if (control.kind === "level") level = control.level;
});
// Nobody is left who could ask: what the plugin still does would be for nobody.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("uncaughtException", (error) => {
  channel.send({ kind: "uncaught", failure: toFailure(error) } satisfies Control);
});

function begin(start: WorkerStart): void {
  const { id, plugin, limits } = start;
  level = start.level;
  process.title = `sluice ${id}`;
  keepHost(id);
  watch({ state: new Int32Array(new SharedArrayBuffer(4 * places.length)), limits, folder: plugin.folder });
  declareErrors(plugin.manifest.errors ?? {});
  Object.assign(target, {
    told: ({ pressure }) => teller.stream(pressure),
    import: async () => {
      await importPlugin(plugin);
    },
    check: async ({ args: [config] }) => {
      const module = (await importPlugin(plugin)) as Partial<PluginDefinition>;
      return module.check?.(config) ?? [];
    },
    load: async ({ args: [config] }) => load(start, await importPlugin(plugin), config),
  } satisfies Target);
}

/** Tells the thread that watches that this one turns, and how much it uses. */
function watch(data: WatchData): void {
  const beat = () => {
    const { heapUsed, external } = process.memoryUsage();
    Atomics.store(data.state, places.used, (heapUsed + external) / 1024);
    Atomics.add(data.state, places.beat, 1);
  };
  beat();
  setInterval(beat, beatPause).unref();
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const path = join(packageRoot, "core", "plugin", "worker", `watch-thread.${ending}`);
  new Worker(path, { workerData: data, execArgv: [] }).unref();
}

function load(start: WorkerStart, module: PluginModule, config: unknown): Facts {
  const { id, plugin } = start;
  const instance = create(start, module, config);
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
function create({ id, plugin, host }: WorkerStart, module: PluginModule, config: unknown): Lifecycle {
  const container = new Container();
  container.provide(ClockToken, systemClock);
  container.provide(PathsToken, host.paths);
  container.provide(OwnerToken, host.owner);
  container.provide(EnvironmentToken, host.environment);
  container.provide(ModeToken, host.mode);
  container.provide(
    LoggerToken,
    teller.logger(() => level),
  );
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

/** A slip of a plugin must not end its host. Whoever means harm finds other ways: see docs/security.md. */
function keepHost(id: string): void {
  const { kill } = process;
  const host = process.ppid;
  process.kill = (pid, signal) => {
    if (signal === 0 || Math.abs(pid) !== host) return kill.call(process, pid, signal);
    const message = `${id} called process.kill of its own host with ${signal ?? "SIGTERM"}`;
    teller.tell(["health", { status: "failed", reason: message }]);
    throw new SluiceError("SLUICE_PLUGIN_FAULT", message);
  };
}
