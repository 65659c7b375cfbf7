import type { Subscription } from "rxjs";
import type { PlannedInstance } from "../config/plan.ts";
import { SluiceError } from "../contract/errors.ts";
import type { PluginStatus } from "../contract/event.ts";
import type { Lifecycle } from "../contract/lifecycle.ts";
import { plural } from "../kit/text/plural.ts";
import { contained } from "../kit/untrusted/contained.ts";
import { type Container, demandShape, type PluginModule } from "../plugin/container.ts";
import { asInstance } from "../plugin/guard/attribution.ts";
import { loadLimit, stepLimit, withinLimit } from "../plugin/time-limit.ts";

export interface InstanceHooks {
  /** A child container with everything the instance may inject. */
  readonly container: () => Container;
  /** What it is made by, for these options. */
  readonly module: (config: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<PluginModule>;
  readonly refs: () => Readonly<Record<string, unknown>>;
  /** `told`: whoever started it is told the same by an error. */
  readonly report: (status: PluginStatus, reason: string | undefined, restarts: number, told?: boolean) => void;
  readonly now: () => number;
  readonly onStartError: "fail" | "retry" | "skip";
}

/**
 * One entry under `plugins:` through its life: created, started, watched, restarted with back-off, disposed. Whatever it
 * does, it harms only itself: an instance that throws or stalls ends as `failed` and the others go on. `InstanceSet` has
 * all of them, and says in which order.
 */
export class Instance {
  readonly plan: PlannedInstance;
  readonly #hooks: InstanceHooks;
  #current: Lifecycle | undefined;
  #health: Subscription | undefined;
  #status: PluginStatus = "stopped";
  #reason: string | undefined;
  #restarts: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closing = false;
  #failed = new AbortController();
  #config: Readonly<Record<string, unknown>>;

  constructor(plan: PlannedInstance, hooks: InstanceHooks) {
    this.plan = plan;
    this.#hooks = hooks;
    this.#config = plan.config;
    if (plan.absent !== undefined) this.#set("absent", plan.absent);
  }

  get id(): string {
    return this.plan.id;
  }

  /** As written in the profile, with what was changed while it runs. */
  get config(): Readonly<Record<string, unknown>> {
    return this.#config;
  }

  /** Aborts when what runs now fails; after a restart there is another. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  get status(): PluginStatus {
    return this.#status;
  }

  /** Why the status is what it is. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** @throws SluiceError SLUICE_PLUGIN_FAILED when it does not run */
  get(): Lifecycle {
    if (this.#current) return this.#current;
    const why = this.#reason === undefined ? "" : `: ${this.#reason}`;
    throw new SluiceError("SLUICE_PLUGIN_FAILED", `${this.id} is ${this.#status}${why}`);
  }

  /** Changes live options, for calls that begin from now on and for what is created by a restart. */
  reconfigure(changed: Readonly<Record<string, unknown>>): void {
    const config = Object.freeze({ ...this.#config, ...changed });
    this.#current?.reconfigure?.(config as never);
    this.#config = config;
  }

  /** @throws SluiceError the reason, unless the profile says `onStartError: retry` or `skip` */
  async start(signal: AbortSignal): Promise<void> {
    if (this.plan.absent !== undefined) return;
    try {
      await this.#bringUp(signal);
    } catch (thrown) {
      const error = this.#named(thrown);
      await this.#tearDown();
      const fatal = this.#hooks.onStartError === "fail" && !this.#mayBeMissing(error);
      if (signal.aborted) this.#set("stopped", undefined);
      else this.#set("failed", error.message, fatal);
      if (signal.aborted || fatal) throw error;
      if (this.#hooks.onStartError === "retry") this.#scheduleRestart(error.message);
    }
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    if (!this.#current) return;
    this.#set("stopping", undefined);
    await withinLimit(this.id, "drain", stepLimit, signal, (inner) =>
      asInstance(this.id, () => this.#current?.drain?.(inner)),
    );
  }

  /** Idempotent. @throws SluiceError SLUICE_PLUGIN_TIMEOUT when the plugin does not let go */
  async dispose(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    if (this.#status === "absent" || this.#status === "stopped") return;
    try {
      await this.#tearDown();
    } finally {
      if (this.#status !== "failed") this.#set("stopped", undefined);
      // A call that has not returned by now is waited for no longer: its time limit would keep the process.
      this.#failed.abort(new SluiceError("SLUICE_PLUGIN_FAILED", `${this.id} has stopped`));
    }
  }

  /** Takes the instance down and up again, as far as its restart policy allows. */
  fail(reason: string): void {
    if (this.#closing || this.#timer) return;
    this.#set("failed", reason);
    this.#failed.abort(new SluiceError("SLUICE_PLUGIN_FAILED", `${this.id} failed: ${reason}`));
    void this.#tearDown().catch(() => undefined);
    this.#scheduleRestart(reason);
  }

  /** Each step in its time; the first that fails is the reason, and whoever calls takes down what there is. */
  async #bringUp(signal: AbortSignal): Promise<void> {
    // Whoever asks meanwhile is told why it failed before.
    this.#set("starting", this.#reason);
    if (this.#failed.signal.aborted) this.#failed = new AbortController();
    const { id } = this.plan;
    const config = this.#config;
    // 1. Its module, which may wait for something at its top level.
    const module = await withinLimit(id, "load", loadLimit, signal, (inner) =>
      asInstance(id, () => this.#hooks.module(config, inner)),
    );
    // 2. `create`, with its options, what it refers to, and what it injects.
    const current = this.#create(module, config);
    // 3. `start`, which may take its time and no longer.
    await withinLimit(id, "start", stepLimit, signal, (inner) => asInstance(id, () => current.start?.(inner)));
    this.#set("ok", undefined);
    // 4. From here on its own health decides, and what it throws.
    this.#watch(current);
  }

  /** @throws SluiceError SLUICE_PLUGIN_CREATE, or what the plugin threw of ours */
  #create(module: PluginModule, config: Readonly<Record<string, unknown>>): Lifecycle {
    const { id, plugin } = this.plan;
    let created: Lifecycle;
    try {
      const context = { id, config, refs: this.#hooks.refs() };
      created = asInstance(id, () => this.#hooks.container().create(module, context, plugin.manifest.requires));
    } catch (error) {
      if (SluiceError.is(error)) throw error;
      const message = `${id} could not be created: ${messageOf(error)}`;
      throw new SluiceError("SLUICE_PLUGIN_CREATE", message, { cause: error });
    }
    // What cannot serve is disposed of where it can be.
    if (typeof created?.[Symbol.asyncDispose] === "function") this.#current = created;
    demandShape(id, plugin.manifest, created);
    this.#current = created;
    return created;
  }

  #watch(current: Lifecycle): void {
    this.#health = current.health$?.subscribe({
      next: contained(
        (health) => {
          if (this.#closing || this.#current !== current) return;
          demandHealth(this.id, health);
          if (health.status === "failed") this.fail(health.reason);
          else this.#set(health.status, health.status === "degraded" ? health.reason : undefined);
        },
        (fault) => this.fail(fault.message),
      ),
      error: (error: unknown) => this.fail(messageOf(error)),
    });
  }

  async #tearDown(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    this.#health?.unsubscribe();
    this.#health = undefined;
    if (current)
      await withinLimit(this.id, "stop", stepLimit, undefined, () =>
        asInstance(this.id, () => current[Symbol.asyncDispose]()),
      );
  }

  #scheduleRestart(reason: string): void {
    const { attempts, within, backoff } = this.plan.restart;
    const now = this.#hooks.now();
    this.#restarts = this.#restarts.filter((at) => now - at < within);
    if (this.#closing || this.#restarts.length >= attempts) {
      this.#set("failed", `${reason} (restarted ${plural(this.#restarts.length, "time")}, which is the limit)`);
      return;
    }
    const delay = Math.min(30_000, backoff * 2 ** this.#restarts.length);
    this.#restarts.push(now);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#restart();
    }, delay);
    this.#timer.unref();
  }

  #restart(): void {
    if (this.#closing) return;
    this.#bringUp(new AbortController().signal).catch(async (thrown: unknown) => {
      const { message } = this.#named(thrown);
      await this.#tearDown().catch(() => undefined);
      this.#set("failed", message);
      this.#scheduleRestart(message);
    });
  }

  /** A store that no profile asks for, on a machine where this user may write nothing. */
  #mayBeMissing(error: SluiceError): boolean {
    return this.plan.implicit && error.code === "SLUICE_STORE_READ_ONLY";
  }

  #named(thrown: unknown): SluiceError {
    if (SluiceError.is(thrown)) return SluiceError.from(thrown);
    return new SluiceError("SLUICE_PLUGIN_START", `${this.id} could not start: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }

  #set(status: PluginStatus, reason: string | undefined, told = false): void {
    this.#status = status;
    this.#reason = reason;
    this.#hooks.report(status, reason, this.#restarts.length, told);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws SluiceError SLUICE_PLUGIN_FAULT */
function demandHealth(id: string, health: unknown): void {
  const { status, reason } = (health ?? {}) as { readonly status?: unknown; readonly reason?: unknown };
  if (status === "ok") return;
  if ((status === "degraded" || status === "failed") && typeof reason === "string") return;
  throw new SluiceError("SLUICE_PLUGIN_FAULT", `${id}: health$ gave what is no health`);
}
