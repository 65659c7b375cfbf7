import { Observable } from "rxjs";
import type { HostEvent, HostEventData, PluginStatus } from "../contract/event.ts";
import type { InstanceStatus } from "../contract/host.ts";
import type { Clock, HostReporter } from "../contract/tokens.ts";
import { plainValue } from "../kit/text/plain-value.ts";

export interface HostBusOptions {
  readonly clock: Clock;
  /** Takes secrets out of a text; everything that goes over the bus passes it. */
  readonly mask?: (text: string) => string;
}

type Listener<T> = (value: T) => void;

/**
 * Where everything goes that happens in the host outside of runs, and where the state of every instance is kept.
 *
 * Events are delivered in order, to each listener once, synchronously. A listener that throws is no longer called, and
 * that is said; no other one notices.
 */
export class HostBus {
  readonly #clock: Clock;
  readonly #mask: ((text: string) => string) | undefined;
  readonly #listeners = new Set<Listener<HostEvent>>();
  readonly #statusListeners = new Set<Listener<readonly InstanceStatus[]>>();
  readonly #instances = new Map<string, InstanceStatus>();
  #queue: HostEvent[] = [];
  #delivering = false;

  /** Everything from the subscription on. Never fails, never completes. */
  readonly hostEvents$ = new Observable<HostEvent>((subscriber) => this.listen((event) => subscriber.next(event)));

  /** The state of all instances in the order of registration: the present one first, then after every change. */
  readonly status$ = new Observable<readonly InstanceStatus[]>((subscriber) => {
    const listener: Listener<readonly InstanceStatus[]> = (statuses) => subscriber.next(statuses);
    this.#statusListeners.add(listener);
    subscriber.next(this.statuses);
    return () => this.#statusListeners.delete(listener);
  });

  constructor({ clock, mask }: HostBusOptions) {
    this.#clock = clock;
    this.#mask = mask;
  }

  get statuses(): readonly InstanceStatus[] {
    return [...this.#instances.values()];
  }

  /** Calls `listener` with every event from now on. Returns how to stop that. */
  listen(listener: Listener<HostEvent>): () => void {
    const own: Listener<HostEvent> = (event) => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Stamps, masks and delivers. What a listener emits comes after what it was called for, for everybody. */
  emit<Type extends HostEvent["type"]>(type: Type, source: string, data: HostEventData[Type]): void {
    const time = new Date(this.#clock.now()).toISOString();
    this.#queue.push({ type, time, source, data: plainValue(data, this.#mask) } as HostEvent);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
        for (const listener of this.#listeners) this.#call(this.#listeners, listener, event);
      }
    } finally {
      this.#delivering = false;
    }
  }

  /** Makes an instance known. Known ones keep their place, and their count of restarts. */
  register(
    instance: Pick<InstanceStatus, "id" | "plugin" | "kind">,
    status: PluginStatus,
    reason?: string,
    more: { readonly told?: boolean } = {},
  ): void {
    const restarts = this.#instances.get(instance.id)?.restarts ?? 0;
    this.#change(
      { ...instance, status, ...(reason === undefined ? {} : { reason }), since: this.#time(), restarts },
      more,
    );
  }

  /** Nothing happens when status and reason stay the same. `restarted` adds one to the count. */
  setStatus(
    id: string,
    status: PluginStatus,
    unmasked?: string,
    { restarted = false, told = false }: { readonly restarted?: boolean; readonly told?: boolean } = {},
  ): void {
    const reason = unmasked === undefined ? undefined : (this.#mask?.(unmasked) ?? unmasked);
    const { reason: before, ...known } = this.#instances.get(id) ?? { id, plugin: id, kind: "unknown", restarts: 0 };
    const same = "status" in known && known.status === status;
    if (same && before === reason && !restarted) return;
    const since = same ? known.since : this.#time();
    const restarts = known.restarts + (restarted ? 1 : 0);
    this.#change({ ...known, status, ...(reason === undefined ? {} : { reason }), since, restarts }, { told });
  }

  /** Forgets an instance that the profile no longer has. */
  unregister(id: string): void {
    if (this.#instances.delete(id)) this.#tellStatus();
  }

  /** What the plugin of instance `source` reports through. */
  reporter(source: string): HostReporter {
    return {
      metric: (name, value, unit) =>
        this.emit("plugin-metric", source, { name, value, ...(unit === undefined ? {} : { unit }) }),
      sandbox: (container, status, details) => this.emit("sandbox-status", source, { container, status, ...details }),
      connection: (connection, status, reason) =>
        this.emit("connection-status", source, { connection, status, ...(reason === undefined ? {} : { reason }) }),
      audit: (action, details) => this.emit("audit", source, { action, ...details }),
    };
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #change(instance: InstanceStatus, { told = false }: { readonly told?: boolean }): void {
    const masked = plainValue(instance, this.#mask) as InstanceStatus;
    this.#instances.set(instance.id, masked);
    const { status, reason, since } = masked;
    const said = told ? { told: true as const } : {};
    this.emit("plugin-status", instance.id, { status, ...(reason === undefined ? {} : { reason }), since, ...said });
    this.#tellStatus();
  }

  #tellStatus(): void {
    for (const listener of this.#statusListeners) this.#call(this.#statusListeners, listener, this.statuses);
  }

  #call<T>(listeners: Set<Listener<T>>, listener: Listener<T>, value: T): void {
    try {
      listener(value);
    } catch (error) {
      listeners.delete(listener);
      const fields = { error };
      this.emit("log", "core", {
        level: "error",
        message: "A listener of the bus threw and is no longer called.",
        fields,
      });
    }
  }
}
