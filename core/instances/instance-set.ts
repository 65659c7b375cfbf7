import { claimOneResource } from "../config/flows/resources.ts";
import type { Plan, PlannedInstance } from "../config/plan.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Lifecycle } from "../contract/lifecycle.ts";
import type { Model } from "../contract/model.ts";
import type { PluginKind } from "../contract/plugin.ts";
import type { Sink } from "../contract/sink.ts";
import type { Stage } from "../contract/stage.ts";
import type { Store } from "../contract/store.ts";
import { Token } from "../contract/token.ts";
import type { Instances } from "../flow/step.ts";
import type { Container } from "../plugin/container.ts";
import { importPlugin } from "../plugin/import-plugin.ts";
import { isolatedPlugin } from "../plugin/worker/isolated.ts";
import type { SandboxOpener } from "../run/open-sandboxes.ts";
import { CheckedInstances } from "./checked-instances.ts";
import { bringUp, type Exchange, ExchangeFailure, letGo, startEach } from "./exchange.ts";
import { Instance, type InstanceHooks } from "./instance.ts";
import { inStopOrder, startInWaves, startOrder } from "./order.ts";
import { startErrorOf } from "./wanted.ts";

export interface InstanceSetOptions {
  readonly plan: Plan;
  /** Ids that take part; the others of the profile are left alone. */
  readonly wanted: ReadonlySet<string>;
  readonly container: Container;
  /** Adds to an instance's container what is its own: its logger, its reporter. */
  readonly provideOwn: (plan: PlannedInstance, container: Container) => void;
  readonly report: (plan: PlannedInstance, ...status: Parameters<InstanceHooks["report"]>) => void;
  readonly now: () => number;
  /** An instance that the profile no longer has. */
  readonly forget: (id: string) => void;
  /** Lets others know of what a sandbox opens. */
  readonly track: (id: string, sandbox: SandboxOpener) => SandboxOpener;
  /** Hears of what an instance did wrong where no run and no caller does. */
  readonly onFault: (id: string, error: SluiceError) => void;
  /** Whether the host serves others, and so rather goes on without an instance than not at all. */
  readonly serving: boolean;
}

/**
 * All instances of a host: started in waves (`order.ts`), stopped the other way round, looked up by id and kind. What an
 * instance is made of comes from `#hooks`: its module, its container, and what its options refer to.
 */
export class InstanceSet implements Instances {
  readonly #all = new Map<string, Instance>();
  readonly #options: InstanceSetOptions;
  readonly #checked: CheckedInstances;
  /** Instances that were replaced and are not gone yet. */
  readonly #leaving = new Set<Promise<void>>();
  /** Those that are about to take the place of others; they find each other here. */
  #staged: ReadonlyMap<string, Instance> = new Map();
  #generation: Instances | undefined;
  /** What others have taken the place of: what it still says of itself counts no more. */
  readonly #left = new WeakSet<PlannedInstance>();

  constructor(options: InstanceSetOptions) {
    this.#options = options;
    this.#checked = new CheckedInstances(options);
    for (const planned of options.plan.instances) {
      if (!options.wanted.has(planned.id) && planned.absent === undefined) continue;
      this.#all.set(planned.id, new Instance(planned, this.#hooks(planned)));
    }
    for (const planned of options.plan.instances) this.#provide(planned);
  }

  #provide(planned: PlannedInstance): void {
    for (const id of planned.plugin.manifest.provides ?? []) {
      this.#options.container.provideService(new Token(id), () => this.#lookup(planned.id));
    }
  }

  /** Starts everything of the given kinds, or everything. @throws SluiceError of the first that must not fail */
  async start(signal: AbortSignal, accepts: (plan: PlannedInstance) => boolean = () => true): Promise<void> {
    const all = [...this.#all.values()].filter((instance) => accepts(instance.plan));
    await startInWaves(new Map(all.map((instance) => [instance.id, instance])), signal);
  }

  /** Drains and disposes, last started first; what fails is returned and stops nobody else. */
  async stop(signal: AbortSignal, accepts: (plan: PlannedInstance) => boolean = () => true): Promise<unknown[]> {
    const failures: unknown[] = [];
    const planned = [...this.#all.values()].map((instance) => instance.plan).filter(accepts);
    for (const wave of startOrder(planned).toReversed()) {
      const results = await Promise.allSettled(
        wave.map(async ({ id }) => {
          const instance = this.#all.get(id);
          await instance?.drain(signal).catch((error: unknown) => failures.push(error));
          await instance?.dispose();
        }),
      );
      for (const result of results) if (result.status === "rejected") failures.push(result.reason);
    }
    return failures;
  }

  /** @throws SluiceError SLUICE_PLUGIN_FAILED */
  get(id: string): Lifecycle {
    return this.#demand(id).get();
  }

  /** What is found while instances come up: those that come up with it before those that they take the place of. */
  #lookup(id: string): Lifecycle {
    return this.#staged.get(id)?.get() ?? this.get(id);
  }

  model(id: string): Model {
    return this.#checked.model(this.#demand(id));
  }
  sandbox(id: string): SandboxOpener {
    return this.#checked.sandbox(this.#demand(id));
  }
  stage(id: string): Stage {
    return this.#checked.stage(this.#demand(id));
  }
  /** Undefined while it starts: nothing is handed to it before. */
  sink(id: string): Sink | undefined {
    const owner = this.#demand(id);
    return owner.status === "starting" ? undefined : this.#checked.sink(owner);
  }

  /** The instances as they are now, for a run that finishes on what it started with. */
  generation(): Instances {
    if (this.#generation !== undefined) return this.#generation;
    const all = new Map(this.#all);
    const find = (id: string): Instance => all.get(id) ?? this.#demand(id);
    this.#generation = {
      model: (id) => this.#checked.model(find(id)),
      stage: (id) => this.#checked.stage(find(id)),
      sandbox: (id) => this.#checked.sandbox(find(id)),
    };
    return this.#generation;
  }

  #demand(id: string): Instance {
    const instance = this.#all.get(id);
    if (instance) return instance;
    throw new SluiceError("SLUICE_PLUGIN_FAILED", `${id} is not part of this host`);
  }

  find(id: string): Instance | undefined {
    return this.#all.get(id);
  }

  /**
   * Puts another instance in the place of one, which is let go when `idle` resolves. When the new one does not start,
   * the old one stays as it was.
   */
  async replace(planned: PlannedInstance, idle: () => Promise<unknown>): Promise<void> {
    await this.exchange({ add: [planned], drop: [] }, idle);
  }

  /**
   * Starts those of `add`, in the place of those of the same id; lets go of what they replace, and of `drop`, when `idle`
   * resolves. Where two want one resource, the old one is stopped first. All or nothing: when one does not start,
   * everything is as it was before, and what had to be stopped is started again.
   * @throws ExchangeFailure
   */
  async exchange({ add, drop }: Exchange, idle: () => Promise<unknown>): Promise<void> {
    // An identity of their own: what the old ones still report must not count.
    const fresh = add.map((planned) => ({ ...planned })).map((own) => new Instance(own, this.#hooks(own)));
    const leaving = [...add.map(({ id }) => id), ...drop].flatMap((id) => this.#all.get(id) ?? []);
    const clashing = leaving.filter((old) => fresh.some((next) => claimOneResource(old.plan, next.plan)));
    const late = fresh.filter((next) => clashing.some((old) => claimOneResource(old.plan, next.plan)));
    const known = new Set(this.#all.keys());
    this.#staged = new Map(fresh.map((instance) => [instance.id, instance]));
    for (const planned of add) this.#provide(planned);
    const stopped: Instance[] = [];
    try {
      await bringUp(fresh.filter((instance) => !late.includes(instance)));
      for (const old of inStopOrder(clashing)) {
        stopped.push(old);
        await letGo(old);
      }
      await bringUp(late);
    } catch (error) {
      for (const next of inStopOrder(fresh)) await next.dispose().catch(() => undefined);
      this.#staged = new Map();
      const lost = await this.#restore(stopped);
      for (const { id } of fresh) if (!known.has(id)) this.#options.forget(id);
      for (const old of leaving) if (!stopped.includes(old)) this.#options.report(old.plan, old.status, old.reason, 0);
      throw new ExchangeFailure(SluiceError.from(error), lost);
    }
    this.#commit(fresh, drop);
    const gone = new Set(stopped);
    this.#retire(
      leaving.filter((old) => !gone.has(old)),
      idle,
    );
  }

  #commit(fresh: readonly Instance[], drop: readonly string[]): void {
    this.#staged = new Map();
    for (const id of [...fresh.map((instance) => instance.id), ...drop]) {
      const old = this.#all.get(id);
      if (old !== undefined) this.#left.add(old.plan);
    }
    for (const instance of fresh) this.#all.set(instance.id, instance);
    for (const id of drop) {
      this.#all.delete(id);
      this.#options.forget(id);
    }
    this.#generation = undefined;
    for (const { plan, status, reason } of fresh) this.#options.report(plan, status, reason, 0);
  }

  /** Starts again what was stopped. Returns why that was not possible, of each that could not. */
  async #restore(stopped: readonly Instance[]): Promise<SluiceError[]> {
    const again = stopped.map((old) => {
      const own = { ...old.plan, config: old.config };
      return new Instance(own, this.#hooks(own));
    });
    for (const instance of again) this.#all.set(instance.id, instance);
    this.#generation = undefined;
    return startEach(again);
  }

  #retire(leaving: readonly Instance[], idle: () => Promise<unknown>): void {
    // Asked now: runs that began while the new ones came up have the old ones as well.
    const leave = idle().then(async () => {
      for (const old of inStopOrder(leaving)) await letGo(old);
    });
    this.#leaving.add(leave);
    void leave.catch(() => undefined).then(() => this.#leaving.delete(leave));
  }

  /** Resolves when everything that was replaced has let go. */
  async left(): Promise<void> {
    await Promise.allSettled(this.#leaving);
  }

  ofKind(kind: PluginKind): readonly Instance[] {
    return [...this.#all.values()].filter((instance) => instance.plan.plugin.manifest.kind === kind);
  }

  store(): Store | undefined {
    const running = this.#running("store")[0];
    return running === undefined ? undefined : this.#checked.store(running);
  }

  all(): readonly Instance[] {
    return [...this.#all.values()];
  }

  #running(kind: PluginKind): readonly Instance[] {
    return this.ofKind(kind).filter(({ status }) => status === "ok" || status === "degraded");
  }

  #hooks(planned: PlannedInstance): InstanceHooks {
    const { container, provideOwn, report, now } = this.#options;
    const own = () => {
      const child = container.child();
      provideOwn(planned, child);
      return child;
    };
    return {
      module: (config, signal) => {
        const { id, plugin, isolate: limits } = planned;
        if (limits === undefined) return importPlugin(plugin);
        return isolatedPlugin({ id, plugin, limits, container: own() }, config, signal);
      },
      container: own,
      refs: () =>
        Object.fromEntries(
          Object.entries(planned.refs).map(([key, ref]) => [
            key,
            typeof ref === "string" ? this.#lookup(ref) : ref.map((id) => this.#lookup(id)),
          ]),
        ),
      report: (...status) => {
        if (this.#left.has(planned)) return;
        const current = this.#all.get(planned.id);
        if (current === undefined || current.plan === planned) report(planned, ...status);
      },
      now,
      onStartError: planned.onStartError ?? startErrorOf(planned.plugin.manifest.kind, this.#options.serving),
    };
  }
}
