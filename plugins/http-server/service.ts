import { type Lifecycle, type Logger, SluiceError } from "../../core/contract/index.ts";
import type { HttpMount, HttpService, MountHandle, SocketMount } from "../../core/kit/index.ts";
import { AddressServer } from "./address-server.ts";
import type { HttpServerConfig } from "./config.generated.ts";
import { MountTable } from "./mount-table.ts";

/** Owns one server per `listen` address, from the first mount mounted there until the last one is removed. */
export class HttpServerService implements HttpService, Lifecycle {
  readonly #config: HttpServerConfig;
  readonly #log: Logger;
  readonly #addresses = new Map<string, { readonly mounts: MountTable; server?: AddressServer }>();
  /** Mounting and removing are serial: an address that closes is closed before it opens again. */
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(config: HttpServerConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  mountSocket(mount: SocketMount): Promise<MountHandle> {
    return this.#mount(mount.listen, (mounts) => mounts.addSocket(mount));
  }

  mountHttp(mount: HttpMount): Promise<MountHandle> {
    return this.#mount(mount.listen, (mounts) => mounts.addHttp(mount));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#serially(async () => {
      const servers = [...this.#addresses.values()].map(({ server }) => server);
      this.#addresses.clear();
      await Promise.all(servers.map((server) => server?.close()));
    });
  }

  #mount(listen: string, add: (mounts: MountTable) => () => void): Promise<MountHandle> {
    return this.#serially(async () => {
      if (this.#disposed) throw new SluiceError("SLUICE_HOST_STOPPING", `the server of ${listen} is stopping`);
      const entry = this.#addresses.get(listen) ?? { mounts: new MountTable(listen) };
      const remove = add(entry.mounts);
      try {
        entry.server ??= await AddressServer.listen(listen, entry.mounts, this.#config, this.#log);
      } catch (error) {
        remove();
        throw error;
      }
      this.#addresses.set(listen, entry);
      let removed: Promise<void> | undefined;
      const unmount = () => this.#serially(() => this.#unmount(listen, remove));
      return {
        address: entry.server.address,
        [Symbol.asyncDispose]: () => {
          removed ??= unmount();
          return removed;
        },
      };
    });
  }

  async #unmount(listen: string, remove: () => void): Promise<void> {
    remove();
    const entry = this.#addresses.get(listen);
    if (entry?.server === undefined) return;
    await entry.server.closeOrphans();
    if (!entry.mounts.empty) return;
    this.#addresses.delete(listen);
    await entry.server.close();
  }

  #serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
