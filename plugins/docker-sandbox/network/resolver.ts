import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";

/** Addresses of a host name. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Milliseconds of one question to one server of names, and how often it is asked. */
const question = { timeout: 2_000, tries: 3 };
/** Names of one container that are looked up at once, and that wait for it. */
const AT_ONCE = 2;
const WAITING = 64;

/**
 * Asks the servers of names themselves. The operating system's own call would hold one of the four threads that the
 * host has for files too, for as long as a server is silent, and cannot be cancelled.
 */
export const systemResolver: Resolve = async (name, signal) => {
  signal.throwIfAborted();
  const listed = await fromHostsFile(name);
  if (listed.length > 0) return listed;
  const resolver = new Resolver(question);
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [four, six].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length === 0 && four.status === "rejected") throw four.reason;
    return found;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
};

/** What the machine's own list has, which servers of names do not know. */
async function fromHostsFile(name: string): Promise<readonly string[]> {
  const text = await readFile("/etc/hosts", "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/);
    return address !== undefined && names.includes(name.toLowerCase()) ? [address] : [];
  });
}

/** The look-ups of one container: two at a time, and so many more that wait for their turn. */
export class NameQueue {
  readonly #resolve: Resolve;
  readonly #waiting: (() => void)[] = [];
  #under = 0;

  constructor(resolve: Resolve = systemResolver) {
    this.#resolve = resolve;
  }

  /** Rejects when `signal` aborts, whether it waits or is under way. */
  async resolve(name: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#under >= AT_ONCE) await this.#turn(signal);
    this.#under += 1;
    try {
      signal.throwIfAborted();
      return await this.#resolve(name, signal);
    } finally {
      this.#under -= 1;
      this.#waiting.shift()?.();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= WAITING) return Promise.reject(new Error("too many names are looked up at once"));
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", quit);
        resolve();
      };
      const quit = () => {
        const at = this.#waiting.indexOf(go);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", quit, { once: true });
      this.#waiting.push(go);
    });
  }
}
