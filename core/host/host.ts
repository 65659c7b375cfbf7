import type { Observable } from "rxjs";
import type { Plan, PlannedInstance } from "../config/plan.ts";
import type { HostEvent } from "../contract/event.ts";
import type { FlowInfo } from "../contract/flow.ts";
import type { EffectiveConfig, HostApi, HostInfo, InstanceStatus, Models, TransportHost } from "../contract/host.ts";
import type { Lifecycle } from "../contract/lifecycle.ts";
import type { RunQueue } from "../contract/queue.ts";
import type { HostOwner } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";
import type { Transport, WireAddress } from "../contract/transport.ts";
import type { InstanceSet } from "../instances/instance-set.ts";
import type { Journals } from "../journal/journal.ts";
import type { Sinks } from "../journal/sinks.ts";
import { timeLimit } from "../kit/timing/timer.ts";
import { guardExit } from "../plugin/guard/guard-exit.ts";
import { type GuardTarget, guardUncaught } from "../plugin/guard/guard-uncaught.ts";
import { watchEventLoop } from "../plugin/guard/watchdog.ts";
import type { ClusterSessions } from "../run/cluster-sessions.ts";
import type { OpenSandboxes } from "../run/open-sandboxes.ts";
import type { RunRegistry } from "../run/run-registry.ts";
import { HostOfTransport } from "./authority/transport-host.ts";
import type { HostBus } from "./bus.ts";
import type { FeedRing } from "./feed.ts";
import { flowInfos } from "./flow-infos.ts";
import type { Grants } from "./grants.ts";
import type { LiveToken } from "./live-token.ts";
import { queueOf } from "./modules/run-queue.ts";
import type { HostOperation } from "./operation.ts";
import type { LiveSettings } from "./settings.ts";
import { keepUp, recoverRuns } from "./upkeep.ts";

/** Milliseconds that runs get to end by themselves when the host closes. */
const drainLimit = 5_000;
/** Milliseconds that sinks get to take what waits for them; Ctrl-C has to be out within 2 s. */
const flushLimit = 1_000;
/** Milliseconds without a turn of the event loop after which somebody is named. */
const heldLimit = 2_000;

export interface HostParts {
  readonly plan: Plan;
  readonly info: HostInfo;
  readonly owner: HostOwner;
  readonly clock: Clock;
  readonly bus: HostBus;
  readonly journals: Journals;
  readonly sinks: Sinks;
  readonly instances: InstanceSet;
  readonly sessions: ClusterSessions;
  readonly runs: RunRegistry;
  readonly settings: LiveSettings;
  readonly feed: FeedRing;
  readonly access: Grants;
  readonly operation: HostOperation;
  readonly open: OpenSandboxes;
  /** Absent where nobody is served. */
  readonly token: LiveToken | undefined;
}

export interface CloseOptions {
  /** Milliseconds that runs under way get before they are cancelled. Default 5 s; 0 cancels at once. */
  readonly drain?: number;
}

/** A running Sluicebox: what `createHost` returns, what transports are given, and what the command line calls. */
export class Host implements HostApi, AsyncDisposable {
  readonly info: HostInfo;
  readonly runs: RunRegistry;
  readonly sessions: ClusterSessions;
  readonly journal: Journals;
  readonly settings: LiveSettings;
  readonly feed: FeedRing;
  readonly operation: HostOperation;
  readonly models: Models;
  readonly status$: Observable<readonly InstanceStatus[]>;
  readonly hostEvents$: Observable<HostEvent>;
  readonly #parts: HostParts;
  readonly #guards = new DisposableStack();
  #foreign = new DisposableStack();
  readonly #reloaded = new Set<() => void>();
  #flows: { readonly plan: Plan; readonly infos: readonly FlowInfo[] } | undefined;
  readonly #background = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.info = parts.info;
    this.runs = parts.runs;
    this.sessions = parts.sessions;
    this.journal = parts.journals;
    this.settings = parts.settings;
    this.feed = parts.feed;
    this.operation = parts.operation;
    this.status$ = parts.bus.status$;
    this.hostEvents$ = parts.bus.hostEvents$;
    this.models = { list: () => this.#listModels() };
    this.#guards.use(guardUncaught(() => this.#targets()));
    this.#guardForeign();
  }

  /** What is served now. */
  get plan(): Plan {
    return this.operation.profile.plan;
  }

  get flows(): readonly FlowInfo[] {
    const { plan } = this;
    if (this.#flows?.plan !== plan) this.#flows = { plan, infos: flowInfos(plan) };
    return this.#flows.infos;
  }

  /** The queue that this host shares with others. */
  get cluster(): RunQueue | undefined {
    return queueOf(this.#parts.instances);
  }

  /** Another plan is served: its plugins may be others. */
  followed(): void {
    this.#foreign[Symbol.dispose]();
    this.#foreign = new DisposableStack();
    this.#guardForeign();
    for (const listener of this.#reloaded) listener();
  }

  get stopping(): boolean {
    return this.#closed !== undefined;
  }

  /** Calls back when another plan is served; returns how to stop that. */
  onReloaded(listener: () => void): () => void {
    this.#reloaded.add(listener);
    return () => this.#reloaded.delete(listener);
  }

  /** Starts everything but the transports, and then those. @throws SluiceError of the first instance that must not fail */
  async start(signal: AbortSignal): Promise<void> {
    const { instances, journals, sinks } = this.#parts;
    try {
      // Sinks have a queue from the first moment on. So they are told how they and the others started.
      for (const { id, plan } of instances.ofKind("sink")) {
        if (plan.absent === undefined) sinks.attach({ ...plan, sink: () => instances.sink(id) });
      }
      await instances.start(signal, (each) => isBase(each));
      journals.attach(instances.store());
      this.#tellOfMissingStore();
      if (!journals.shared) await recoverRuns(this.#parts);
      await instances.start(signal, (each) => !isBase(each));
      void keepUp(this.#parts, this.#background.signal);
    } catch (error) {
      await this.close({ drain: 0 });
      throw error;
    }
  }

  /** A host whose store could not start goes on where the profile allows it; nobody shall find that out later. */
  #tellOfMissingStore(): void {
    for (const { id, reason } of this.#parts.instances.ofKind("store").filter(({ status }) => status === "failed")) {
      const message = `${id} could not start, and runs are in memory alone: ${reason}`;
      const fields = { code: "SLUICE_STORE_FAILED", cure: "See `sluice doctor`; SLUICE_HOME names another folder." };
      this.#parts.bus.emit("log", "core", { level: "warn", message, fields });
    }
  }

  /** The host as the transport of that id is given it: with nothing to call but on behalf of somebody. */
  forTransport(id: string): TransportHost {
    return new HostOfTransport(id, this, this.#parts.access);
  }

  /** The instance itself, for what only its plugin can do. @throws SluiceError SLUICE_PLUGIN_FAILED */
  instance(id: string): Lifecycle {
    return this.#parts.instances.get(id);
  }

  /** The profile as it stands now; what it changes may still wait for a restart. */
  get config(): EffectiveConfig {
    const { file, display, origins } = this.operation.profile.plan;
    return { file, value: display, origins };
  }

  /** A one-time link to the page for people, where a transport serves one. */
  link(): string | undefined {
    for (const instance of this.#serving()) {
      const link = (instance.get() as unknown as Transport).link?.();
      if (link !== undefined) return link;
    }
    return undefined;
  }

  /** Where clients of the wire connect, where a transport speaks it. */
  wire(): WireAddress | undefined {
    for (const instance of this.#serving()) {
      const wire = (instance.get() as unknown as Transport).wire?.();
      if (wire !== undefined) return wire;
    }
    return undefined;
  }

  /** Calls back when the token was replaced; returns how to stop that. */
  onTokenRotated(listener: () => void): () => void {
    return this.#parts.access.onRotated(listener);
  }

  /** Addresses that the transports serve, in the order of the profile; most of them share one. */
  get addresses(): readonly string[] {
    return [...new Set(this.#serving().flatMap((instance) => (instance.get() as unknown as Transport).address ?? []))];
  }

  /** How many transports are up, with an address or without. */
  get transports(): number {
    return this.#serving().length;
  }

  /** Idempotent: transports first, then runs, sessions, and everything else in the order of need. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options.drain ?? drainLimit);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(drain: number): Promise<void> {
    const { instances, runs, sessions, sinks, journals, bus } = this.#parts;
    this.#background.abort();
    this.#parts.token?.[Symbol.dispose]();
    this.#parts.open[Symbol.dispose]();
    this.operation[Symbol.dispose]();
    const limit = drain === 0 ? AbortSignal.abort() : timeLimit(drain);
    sessions.drain();
    // At one moment: others take what waits, and nothing new begins. Transports close last: clients see how runs end.
    const [drained, draining] = [queueOf(instances)?.drain?.(limit), runs.drain(limit)];
    await drained;
    const failures = await instances.stop(limit, (each) => isTransport(each));
    await draining;
    await instances.left();
    await sessions.end(drain > 0 ? AbortSignal.timeout(drainLimit) : AbortSignal.abort());
    failures.push(
      ...(await instances.stop(AbortSignal.timeout(drainLimit), (each) => !isBase(each) && !isTransport(each))),
    );
    for (const failure of failures) bus.emit("log", "core", { level: "error", message: String(failure) });
    await journals.flush();
    for (const { id, status } of instances.ofKind("sink")) {
      if (status === "failed") await sinks.detach(id, AbortSignal.abort());
    }
    await sinks.stop(AbortSignal.timeout(flushLimit));
    await journals[Symbol.asyncDispose]();
    await instances.stop(AbortSignal.timeout(drainLimit), (each) => isBase(each));
    this.#foreign[Symbol.dispose]();
    this.#guards[Symbol.dispose]();
  }

  #targets(): readonly GuardTarget[] {
    return this.#parts.instances.all().map((instance) => ({
      id: instance.id,
      folder: instance.plan.plugin.folder,
      fail: (reason) => instance.fail(reason),
    }));
  }

  /** Ours end no process and hold no event loop; where all plugins are ours nobody has to look. */
  #guardForeign(): void {
    const foreign = this.#parts.instances
      .all()
      .map(({ plan }) => plan)
      .filter(({ plugin, isolate }) => plugin.origin !== "built-in" && isolate === undefined);
    if (foreign.length === 0) return;
    const ids = new Set(foreign.map(({ id }) => id));
    this.#foreign.use(guardExit(() => this.#targets().filter(({ id }) => ids.has(id))));
    this.#foreign.use(
      watchEventLoop({
        plugins: foreign.map(({ id, plugin }) => ({ id, folder: plugin.folder })),
        limit: heldLimit,
        onHeld: (message) => this.#parts.bus.emit("log", "core", { level: "error", message }),
      }),
    );
  }

  #serving() {
    const up = ({ status }: { status: string }) => status === "ok" || status === "degraded";
    return this.#parts.instances.ofKind("transport").filter(up);
  }

  #listModels() {
    return this.#parts.instances.ofKind("model").map((instance) => ({
      id: instance.id,
      plugin: instance.plan.plugin.manifest.name,
      model: String(instance.config["model"] ?? instance.plan.plugin.manifest.name),
      status: instance.status,
    }));
  }
}

/** Stores and sinks are there before anything happens, and until everything has. */
function isBase({ plugin }: PlannedInstance): boolean {
  return plugin.manifest.kind === "store" || plugin.manifest.kind === "sink";
}

function isTransport({ plugin }: PlannedInstance): boolean {
  return plugin.manifest.kind === "transport";
}
