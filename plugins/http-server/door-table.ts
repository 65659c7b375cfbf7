import { SluiceError } from "../../core/contract/index.ts";
import type { HttpDoor, SocketDoor } from "../../core/kit/index.ts";

/** What is mounted on one address. */
export class DoorTable {
  readonly #listen: string;
  readonly #sockets = new Set<SocketDoor>();
  readonly #http = new Set<HttpDoor>();

  constructor(listen: string) {
    this.#listen = listen;
  }

  get empty(): boolean {
    return this.#sockets.size === 0 && this.#http.size === 0;
  }

  /** Whether a door serves pages, so that browsers come from the address itself. */
  get pages(): boolean {
    return [...this.#http].some((door) => door.pages === true);
  }

  /** Those that any door here lets in: where none serves, there is nothing to keep from a page of theirs. */
  get origins(): readonly string[] {
    return [...this.#http, ...this.#sockets].flatMap((door) => door.origins ?? []);
  }

  has(door: SocketDoor): boolean {
    return this.#sockets.has(door);
  }

  /** Returns what removes the door again. */
  addSocket(door: SocketDoor): () => void {
    for (const other of this.#sockets) {
      if (other.path !== door.path || other.subprotocol !== door.subprotocol) continue;
      const what = door.subprotocol === null ? "without a subprotocol" : `with subprotocol ${door.subprotocol}`;
      throw this.#claimed(`WebSockets on ${door.path} ${what}`);
    }
    this.#sockets.add(door);
    return () => this.#sockets.delete(door);
  }

  addHttp(door: HttpDoor): () => void {
    for (const other of this.#http) {
      const method = door.methods.find((name) => other.methods.includes(name));
      if (other.path === door.path && method !== undefined) throw this.#claimed(`${method} ${door.path}`);
    }
    this.#http.add(door);
    return () => this.#http.delete(door);
  }

  /** The doors on a path, of any subprotocol. */
  socketsAt(path: string): readonly SocketDoor[] {
    return [...this.#sockets].filter((door) => door.path === path);
  }

  /** The doors on a path, of any method: those that name it exactly, or else those with the longest prefix. */
  httpAt(path: string): readonly HttpDoor[] {
    let length = -1;
    let found: HttpDoor[] = [];
    for (const door of this.#http) {
      const fit = fitOf(door.path, path);
      if (fit < length || fit < 0) continue;
      if (fit > length) found = [];
      length = fit;
      found.push(door);
    }
    return found;
  }

  #claimed(what: string): SluiceError {
    return new SluiceError("SLUICE_DOOR_CLAIMED", `${what} is claimed by two doors on ${this.#listen}`);
  }
}

/** How well a pattern fits: -1 for not at all, else the longer the better. */
function fitOf(pattern: string, path: string): number {
  if (!pattern.endsWith("/*")) return pattern === path ? Number.MAX_SAFE_INTEGER : -1;
  const prefix = pattern.slice(0, -1);
  return path.startsWith(prefix) || `${path}/` === prefix ? prefix.length : -1;
}
