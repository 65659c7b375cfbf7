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
import { asInstance } from "../plugin/attribution.ts";
import type { Party } from "../plugin/checked/fault.ts";
import { checkedModel } from "../plugin/checked/model.ts";
import { checkedSandbox } from "../plugin/checked/sandbox.ts";
import { checkedSink } from "../plugin/checked/sink.ts";
import { checkedStage } from "../plugin/checked/stage.ts";
import { importPlugin } from "../plugin/import-plugin.ts";
import { Instance, type InstanceHooks } from "../plugin/instance.ts";
import { closure, startOrder } from "../plugin/order.ts";
import type { SandboxOpener } from "../run/open-sandboxes.ts";
import type { Container } from "./container.ts";

export interface InstanceSetOptions {
  readonly plan: Plan;
  /** Ids that take part; the others of the profile are left alone. */
  readonly wanted: ReadonlySet<string>;
  readonly container: Container;
  /** Adds to an instance's container what is its own: its logger, its reporter. */
  readonly provideOwn: (plan: PlannedInstance, container: Container) => void;
  readonly start: (plan: PlannedInstance, instance: Lifecycle, signal: AbortSignal) => void | Promise<void>;
  readonly report: (plan: PlannedInstance, ...status: Parameters<InstanceHooks["report"]>) => void;
  readonly now: () => number;
  /** Lets others know of what a sandbox opens. */
  readonly track: (id: string, sandbox: SandboxOpener) => SandboxOpener;
  /** Hears of what an instance did wrong where no run and no caller does. */
  readonly onFault: (id: string, error: SluiceError) => void;
  /** Whether the host serves others, and so rather goes on without an instance than not at all. */
  readonly serving: boolean;
}

/** All instances of a host: started in waves, stopped the other way round, looked up by id and kind. */
export class InstanceSet implements Instances {
  readonly #all = new Map<string, Instance>();
  readonly #options: InstanceSetOptions;
  readonly #checks = new WeakMap<Lifecycle, object>();
  /** Instances that were replaced and are not gone yet. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: InstanceSetOptions) {
    this.#options = options;
    for (const planned of options.plan.instances) {
      if (!options.wanted.has(planned.id) && planned.absent === undefined) continue;
      this.#all.set(planned.id, new Instance(planned, this.#hooks(planned)));
    }
    for (const planned of options.plan.instances) {
      for (const id of planned.plugin.manifest.provides ?? []) {
        options.container.provideService(new Token(id), () => this.get(planned.id));
      }
    }
  }

  /** Starts everything of the given kinds, or everything. @throws SluiceError of the first that must not fail */
  async start(signal: AbortSignal, accepts: (plan: PlannedInstance) => boolean = () => true): Promise<void> {
    const planned = [...this.#all.values()].map((instance) => instance.plan).filter(accepts);
    for (const wave of startOrder(planned)) {
      const enough = new AbortController();
      const given = AbortSignal.any([signal, enough.signal]);
      let failed: { readonly error: unknown } | undefined;
      // The first failure ends the start: what the others would say of the same cause is no news.
      const fail = (error: unknown) => {
        failed ??= { error };
        enough.abort();
      };
      await Promise.all(wave.map(({ id }) => this.#all.get(id)?.start(given).catch(fail)));
      if (failed !== undefined) throw (failed as { readonly error: unknown }).error;
    }
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
    const instance = this.#all.get(id);
    if (!instance) throw new SluiceError("SLUICE_PLUGIN_FAILED", `${id} is not part of this host`);
    return instance.get();
  }

  model(id: string): Model {
    return this.#checked(id, checkedModel);
  }
  sandbox(id: string): SandboxOpener {
    return this.#options.track(id, this.#checked(id, checkedSandbox));
  }
  stage(id: string): Stage {
    return this.#checked(id, checkedStage);
  }
  sink(id: string): Sink {
    return this.#checked(id, checkedSink);
  }

  /** The instance as the core uses it: made once, and again when another takes its place. */
  #checked<Kind extends Lifecycle, Checked extends object>(
    id: string,
    check: (party: Party, instance: Kind) => Checked,
  ): Checked {
    const instance = this.get(id) as Kind;
    const known = this.#checks.get(instance);
    if (known !== undefined) return known as Checked;
    const checked = check(this.#party(id), instance);
    this.#checks.set(instance, checked);
    return checked;
  }

  #party(id: string): Party {
    const { plan, failed } = this.#all.get(id) as Instance;
    const { plugin, callTimeout } = plan;
    return {
      failed,
      id,
      plugin: plugin.manifest.name,
      folder: plugin.folder,
      callTimeout,
      report: (error) => this.#options.onFault(id, error),
    };
  }

  find(id: string): Instance | undefined {
    return this.#all.get(id);
  }

  /**
   * Puts another instance in the place of one, which is let go when `idle` resolves. When the new one does not start,
   * the old one stays as it was.
   */
  async replace(planned: PlannedInstance, idle: Promise<unknown>): Promise<void> {
    const old = this.#all.get(planned.id);
    // An identity of its own: what the old one still reports must not count.
    const own = { ...planned };
    const next = new Instance(own, this.#hooks(own));
    this.#all.set(planned.id, next);
    try {
      await next.start(new AbortController().signal);
      if (next.status === "failed") throw new SluiceError("SLUICE_PLUGIN_START", `${planned.id} could not start again`);
    } catch (error) {
      if (old !== undefined) this.#all.set(planned.id, old);
      await next.dispose().catch(() => undefined);
      if (old !== undefined) this.#options.report(old.plan, old.status, undefined, 0);
      throw error;
    }
    const leave = idle.then(async () => {
      await old?.drain(AbortSignal.timeout(1_000)).catch(() => undefined);
      await old?.dispose();
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
    return this.#running("store")[0] as Store | undefined;
  }

  sinks(): readonly { readonly plan: PlannedInstance; readonly sink: Sink }[] {
    return this.ofKind("sink")
      .filter((instance) => instance.status !== "absent" && instance.status !== "failed")
      .map((instance) => ({ plan: instance.plan, sink: instance.get() as Sink }));
  }

  all(): readonly Instance[] {
    return [...this.#all.values()];
  }

  #running(kind: PluginKind): Lifecycle[] {
    return this.ofKind(kind)
      .filter((instance) => instance.status === "ok" || instance.status === "degraded")
      .map((instance) => instance.get());
  }

  #hooks(planned: PlannedInstance): InstanceHooks {
    const { container, provideOwn, start, report, now } = this.#options;
    return {
      module: () => importPlugin(planned.plugin),
      container: () => {
        const own = container.child();
        provideOwn(planned, own);
        return own;
      },
      refs: () =>
        Object.fromEntries(
          Object.entries(planned.refs).map(([key, ref]) => [
            key,
            typeof ref === "string" ? this.get(ref) : ref.map((id) => this.get(id)),
          ]),
        ),
      start: (instance, signal) => asInstance(planned.id, () => start(planned, instance, signal)),
      report: (...status) => {
        const current = this.#all.get(planned.id);
        if (current === undefined || current.plan === planned) report(planned, ...status);
      },
      now,
      onStartError: planned.onStartError ?? startErrorOf(planned.plugin.manifest.kind, this.#options.serving),
    };
  }
}

/**
 * What becomes of an instance that cannot start, where the profile says nothing. A host that serves goes on without what
 * only some runs need, and tries again; one that was made for one run has no use without it. Logs are never worth a run.
 */
function startErrorOf(kind: PluginKind, serving: boolean): "fail" | "retry" {
  if (kind === "sink") return "retry";
  const needed = kind === "transport" || kind === "service" || kind === "store";
  return serving && !needed ? "retry" : "fail";
}

/** Ids that take part in a host: everything, or what one flow leads to with the stores and sinks. */
export function wantedIds(
  plan: Plan,
  flowInstances: readonly string[] | undefined,
  transports: boolean,
): ReadonlySet<string> {
  const always = new Set<PluginKind>(["store", "sink"]);
  const roots = plan.instances.filter(({ id, plugin: { manifest } }) => {
    if (always.has(manifest.kind)) return true;
    if (manifest.kind === "transport") return transports;
    // A service is started for whoever requires it, or where it is named.
    if (manifest.kind === "service") return flowInstances?.includes(id) === true;
    return flowInstances === undefined || flowInstances.includes(id);
  });
  return closure(
    roots.filter((each) => each.absent === undefined).map((each) => each.id),
    plan.instances,
  );
}
