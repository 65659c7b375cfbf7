import { Observable, type Subscriber } from "rxjs";
import type { SluiceError } from "../contract/errors.ts";
import type { WatchFilter } from "./host-events.ts";
import type { ClientFrames, ServerFrames } from "./wire.generated.ts";

/** How the host is watched. */
export interface WatchOptions {
  readonly filter?: WatchFilter;
  /** So many of the newest entries come first. Default 0. */
  readonly history?: number;
  /** Also tell once a second how the host is. */
  readonly pulse?: boolean;
}

/** What a watch brings. `restarted`: another host process answers, whose counts begin anew. */
export type WatchBatch = ServerFrames["host"] & { readonly restarted?: true };

export interface WatchPort {
  readonly connected: boolean;
  ask(frame: Omit<ClientFrames["watch"], "id"> | Omit<ClientFrames["unwatch"], "id">): Promise<unknown>;
}

interface Watch {
  readonly name: string;
  readonly options: WatchOptions;
  readonly subscriber: Subscriber<WatchBatch>;
  boot: string | undefined;
  last: number;
  restarted: boolean;
}

/** The watches of a client: begun again after every reconnect where they stopped. */
export class HostWatches {
  readonly #port: WatchPort;
  readonly #watches = new Map<string, Watch>();
  #boot: string | undefined;
  #names = 0;

  constructor(port: WatchPort) {
    this.#port = port;
  }

  watch(options: WatchOptions): Observable<WatchBatch> {
    return new Observable((subscriber) => {
      this.#names += 1;
      const name = `w${this.#names}`;
      const watch: Watch = { name, options, subscriber, boot: undefined, last: 0, restarted: false };
      this.#watches.set(name, watch);
      if (this.#port.connected) this.#begin(watch);
      return () => {
        this.#watches.delete(name);
        if (this.#port.connected) void this.#port.ask({ t: "unwatch", watch: name }).catch(() => undefined);
      };
    });
  }

  /** There is a connection, maybe another one, maybe to another host. */
  resume(boot: string): void {
    this.#boot = boot;
    for (const watch of this.#watches.values()) this.#begin(watch);
  }

  receive(frame: ServerFrames["host"]): void {
    const watch = this.#watches.get(frame.watch);
    if (watch === undefined) return;
    watch.last = frame.last;
    const { restarted } = watch;
    watch.restarted = false;
    watch.subscriber.next(restarted ? { ...frame, restarted } : frame);
  }

  /** The caller has closed the client. */
  complete(): void {
    for (const { subscriber } of this.#watches.values()) subscriber.complete();
    this.#watches.clear();
  }

  fail(error: SluiceError): void {
    for (const { subscriber } of this.#watches.values()) subscriber.error(error);
    this.#watches.clear();
  }

  #begin(watch: Watch): void {
    const { name, options, last, boot } = watch;
    const again = boot !== undefined && boot === this.#boot;
    watch.restarted = boot !== undefined && !again;
    watch.boot = this.#boot;
    if (!again) watch.last = 0;
    const place = again ? { after: last } : { history: options.history ?? 0 };
    const { filter, pulse } = options;
    const wanted = { ...(filter === undefined ? {} : { filter }), ...(pulse === undefined ? {} : { pulse }) };
    this.#port.ask({ t: "watch", watch: name, ...place, ...wanted }).catch((error: SluiceError) => {
      // A lost connection comes back and asks again; a refusal stands.
      if (this.#watches.get(name) === watch && !error.retryable) watch.subscriber.error(error);
    });
  }
}
