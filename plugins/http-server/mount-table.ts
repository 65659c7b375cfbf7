import { SluiceError } from "../../core/contract/index.ts";
import type { HttpMount, SocketMount } from "../../core/kit/index.ts";

/** What is mounted on one address. */
export class MountTable {
  readonly #listen: string;
  readonly #sockets = new Set<SocketMount>();
  readonly #http = new Set<HttpMount>();

  constructor(listen: string) {
    this.#listen = listen;
  }

  get empty(): boolean {
    return this.#sockets.size === 0 && this.#http.size === 0;
  }

  /** Whether a mount serves pages, so that browsers come from the address itself. */
  get pages(): boolean {
    return [...this.#http].some((mount) => mount.pages === true);
  }

  /** Those that any mount here lets in: where none serves, there is nothing to keep from a page of theirs. */
  get origins(): readonly string[] {
    return [...this.#http, ...this.#sockets].flatMap((mount) => mount.origins ?? []);
  }

  has(mount: SocketMount): boolean {
    return this.#sockets.has(mount);
  }

  /** Returns what removes the mount again. */
  addSocket(mount: SocketMount): () => void {
    for (const other of this.#sockets) {
      if (other.path !== mount.path || other.subprotocol !== mount.subprotocol) continue;
      const what = mount.subprotocol === null ? "without a subprotocol" : `with subprotocol ${mount.subprotocol}`;
      throw this.#claimed(`WebSockets on ${mount.path} ${what}`);
    }
    this.#sockets.add(mount);
    return () => this.#sockets.delete(mount);
  }

  addHttp(mount: HttpMount): () => void {
    for (const other of this.#http) {
      const method = mount.methods.find((name) => other.methods.includes(name));
      if (other.path === mount.path && method !== undefined) throw this.#claimed(`${method} ${mount.path}`);
    }
    this.#http.add(mount);
    return () => this.#http.delete(mount);
  }

  /** The mounts on a path, of any subprotocol. */
  socketsAt(path: string): readonly SocketMount[] {
    return [...this.#sockets].filter((mount) => mount.path === path);
  }

  /** The mounts on a path, of any method: those that name it exactly, or else those with the longest prefix. */
  httpAt(path: string): readonly HttpMount[] {
    let length = -1;
    let found: HttpMount[] = [];
    for (const mount of this.#http) {
      const fit = fitOf(mount.path, path);
      if (fit < length || fit < 0) continue;
      if (fit > length) found = [];
      length = fit;
      found.push(mount);
    }
    return found;
  }

  #claimed(what: string): SluiceError {
    return new SluiceError("SLUICE_MOUNT_CLAIMED", `${what} is claimed by two mounts on ${this.#listen}`);
  }
}

/** How well a pattern fits: -1 for not at all, else the longer the better. */
function fitOf(pattern: string, path: string): number {
  if (!pattern.endsWith("/*")) return pattern === path ? Number.MAX_SAFE_INTEGER : -1;
  const prefix = pattern.slice(0, -1);
  return path.startsWith(prefix) || `${path}/` === prefix ? prefix.length : -1;
}
