import { dirname } from "node:path";
import { isRestartable } from "../config/edit/profile-diff.ts";
import type { Plan, PlannedInstance } from "../config/plan.ts";
import { maskConfig, maskPrivate } from "../config/schema/secrets.ts";
import type { ClusterOverview } from "../contract/cluster.ts";
import { SluiceError } from "../contract/errors.ts";
import type { LogLevel } from "../contract/event.ts";
import type { FlowNode } from "../contract/flow.ts";
import type { Model } from "../contract/model.ts";
import type {
  HostLoad,
  InstanceDetails,
  ModelTrial,
  Operation,
  PluginEntry,
  ProfileChange,
  SandboxDetails,
} from "../contract/operation.ts";
import type { Sandbox } from "../contract/sandbox.ts";
import type { Instance } from "../instances/instance.ts";
import type { InstanceSet } from "../instances/instance-set.ts";
import { needsOf } from "../instances/order.ts";
import { wantedIds } from "../instances/wanted.ts";
import type { Sinks } from "../journal/sinks.ts";
import { unknownInstance } from "../kit/text/unknown-name.ts";
import { tryModel } from "../kit/upstream/try-model.ts";
import { Discoverer } from "../plugin/discover.ts";
import type { ClusterSessions } from "../run/cluster-sessions.ts";
import type { OpenSandboxes } from "../run/open-sandboxes.ts";
import type { RunRegistry } from "../run/run-registry.ts";
import type { HostBus } from "./bus.ts";
import type { ClusterOperation } from "./cluster-operation.ts";
import { LoadOfHost } from "./load.ts";
import type { Loggers } from "./loggers.ts";
import type { ProfileEditor } from "./profile-editor.ts";

export interface HostOperationOptions {
  readonly bus: HostBus;
  readonly loggers: Loggers;
  readonly instances: InstanceSet;
  readonly open: OpenSandboxes;
  readonly sessions: ClusterSessions;
  readonly runs: RunRegistry;
  readonly editor: () => ProfileEditor;
  /** Takes secrets out of what is shown, such as a password within an address. */
  readonly hide: (value: unknown) => unknown;
  readonly startTimes: ReadonlyMap<string, number>;
  readonly sinks: () => Sinks;
  readonly cluster: () => ClusterOperation;
  /** Told when the host serves another plan. */
  readonly onFollowed: () => void;
}

/** Milliseconds that a sink has to take what waits for it, when it goes. */
const sinkLimit = 1_000;

/** What somebody who operates the host can see and do; everything that changes something leaves an `audit` event. */
export class HostOperation implements Operation, Disposable {
  readonly #options: HostOperationOptions;
  readonly #load: LoadOfHost;

  constructor(options: HostOperationOptions) {
    this.#options = options;
    this.#load = new LoadOfHost(options);
  }

  load(): HostLoad {
    return this.#load.read();
  }

  hosts(): Promise<ClusterOverview> {
    return this.#options.cluster().hosts();
  }

  setAt(where: string, instance: string, values: Readonly<Record<string, unknown>>, origin: string) {
    return this.#options.cluster().set(where, instance, values, origin);
  }

  [Symbol.dispose](): void {
    this.#load[Symbol.dispose]();
  }

  get flows(): Readonly<Record<string, FlowNode>> {
    return this.#plan.flows;
  }

  get profile(): ProfileEditor {
    return this.#options.editor();
  }

  instances(whole = true): readonly InstanceDetails[] {
    return this.#plan.instances.map((planned) => {
      const details = this.#details(planned, this.#options.instances.find(planned.id));
      const { private: names = [] } = planned.plugin.manifest;
      return whole ? details : { ...details, config: maskPrivate(names, details.config) };
    });
  }

  async plugins(): Promise<readonly PluginEntry[]> {
    const found = await new Discoverer().installed(dirname(this.#plan.file));
    return found.map(({ use, plugin: { manifest } }) => ({
      ...{ use, kind: manifest.kind, description: manifest.description, schema: manifest.config },
    }));
  }

  async restart(id: string, origin: string): Promise<void> {
    const instance = this.#find(id);
    if (!isRestartable(instance.plan, this.#plan)) {
      throw new SluiceError("SLUICE_CONFIG_RESTART_NEEDED", `${id} cannot be restarted while the host runs`);
    }
    this.#audit("instance.restart", origin, id);
    await this.#options.instances.replace({ ...instance.plan, config: instance.config }, () => this.#idle());
  }

  setLevel(id: string, level: LogLevel | undefined, origin: string): void {
    if (id !== "core") this.#find(id);
    this.#options.loggers.setLevel(id, level);
    this.#audit("level.set", origin, `${id}:${level ?? "default"}`);
  }

  /** Brings the running host in step with a changed profile: all of it, or nothing. @throws ExchangeFailure */
  async follow(plan: Plan, changes: readonly ProfileChange[], origin: string): Promise<void> {
    const { instances, runs, sinks } = this.#options;
    const wanted = wantedIds(plan, undefined, true);
    const of = (action: ProfileChange["action"]) =>
      changes.filter((change) => change.action === action).map(({ instance }) => instance);
    const [added, replaced] = [of("add"), of("restart")];
    const planned = (ids: readonly string[]) => plan.instances.filter(({ id }) => ids.includes(id) && wanted.has(id));
    const exchange = {
      add: planned([...added, ...replaced]),
      drop: [...of("drop"), ...replaced.filter((id) => !wanted.has(id))].filter(
        (id) => instances.find(id) !== undefined,
      ),
    };
    const newSinks = planned([...added, ...replaced]).filter(({ plugin }) => plugin.manifest.kind === "sink");
    for (const sink of newSinks)
      if (sink.absent === undefined) sinks().attachIfNew(sink, () => instances.sink(sink.id));
    try {
      if (exchange.add.length + exchange.drop.length > 0) await instances.exchange(exchange, () => this.#idle());
    } catch (error) {
      for (const { id } of newSinks) {
        const old = instances.find(id);
        if (old === undefined) await sinks().detach(id, AbortSignal.abort());
        else sinks().attachIfNew(old.plan, () => instances.sink(id));
      }
      throw error;
    }
    for (const id of exchange.drop) await sinks().detach(id, AbortSignal.timeout(sinkLimit));
    for (const { instance, action, options } of changes) {
      const next = plan.instances.find(({ id }) => id === instance);
      if (action === "live" && next !== undefined) {
        this.#find(instance).reconfigure(Object.fromEntries(options.map((key) => [key, next.config[key]])));
      }
    }
    runs.reconfigure(plan);
    for (const { instance, action, options } of changes) {
      if (action !== "host") this.#options.bus.emit("config-changed", instance, { path: options.join(","), origin });
    }
    this.#audit("profile.apply", origin, plan.file);
    this.#options.onFollowed();
  }

  tryModel(id: string, signal: AbortSignal): Promise<ModelTrial> {
    return tryModel(this.#find(id).get() as Model, signal);
  }

  async sandboxes(signal: AbortSignal): Promise<readonly SandboxDetails[]> {
    const { instances, open } = this.#options;
    open.watch();
    const known = new Map<string, SandboxDetails>();
    const running = instances.ofKind("sandbox").filter(({ status }) => status === "ok" || status === "degraded");
    for (const instance of running) {
      const listed = (await (instance.get() as Sandbox).list?.(signal).catch(() => [])) ?? [];
      for (const info of listed) known.set(info.id, { instance: instance.id, ...info });
    }
    for (const { instance, session, sandbox, limits, stats } of open.list()) {
      const id =
        [...known.keys()].find((each) => each.startsWith(sandbox.id) || sandbox.id.startsWith(each)) ?? sandbox.id;
      const details = { ...known.get(id), instance, id, session, limits, ...(stats === undefined ? {} : { stats }) };
      known.set(id, details);
    }
    return [...known.values()];
  }

  async stopSandbox(id: string, origin: string): Promise<boolean> {
    const found = this.#options.open
      .list()
      .find(({ sandbox }) => sandbox.id.startsWith(id) || id.startsWith(sandbox.id));
    if (found === undefined) return false;
    this.#audit("sandbox.stop", origin, id);
    if (!(await this.#options.sessions.close(found.session))) await found.sandbox[Symbol.asyncDispose]();
    return true;
  }

  async cleanSandboxes(origin: string, signal: AbortSignal): Promise<readonly string[]> {
    this.#audit("sandbox.clean", origin);
    const removed: string[] = [];
    for (const instance of this.#options.instances.ofKind("sandbox")) {
      if (instance.status !== "ok" && instance.status !== "degraded") continue;
      removed.push(...((await (instance.get() as Sandbox).clean?.({ all: false }, signal)) ?? []));
    }
    return removed;
  }

  get #plan(): Plan {
    return this.#options.editor().plan;
  }

  #details(planned: PlannedInstance, instance: Instance | undefined): InstanceDetails {
    const { id, plugin, absent, refs, implicit } = planned;
    const { name, kind, description, config } = plugin.manifest;
    const startMs = this.#options.startTimes.get(id);
    return {
      ...{ id, plugin: name, kind, description, schema: config, refs, implicit },
      ...{ status: instance?.status ?? "stopped", level: this.#options.loggers.level(id) },
      config: this.#options.hide(maskConfig(config, instance?.config ?? planned.config)) as InstanceDetails["config"],
      restartable: isRestartable(planned, this.#plan),
      needs: needsOf(planned, this.#plan.instances),
      ...(absent === undefined ? {} : { absent }),
      ...(startMs === undefined ? {} : { startMs }),
    };
  }

  #find(id: string): Instance {
    const found = this.#options.instances.find(id);
    if (found !== undefined) return found;
    throw unknownInstance(
      id,
      this.#plan.instances.map((planned) => planned.id),
    );
  }

  /** Resolves when the runs that are under way now have ended: they finish on what they started with. */
  #idle(): Promise<void> {
    return this.#options.runs.idle();
  }

  #audit(action: string, client: string, target?: string): void {
    this.#options.bus.emit("audit", "core", { action, client, ...(target === undefined ? {} : { target }) });
  }
}
