import type { Dispatcher, fetch as undiciFetch } from "undici";
import { lookupPublic } from "./elsewhere.ts";
import type { Fetch } from "./fetch.ts";
import { upstreamFetch } from "./upstream-fetch.ts";

interface UpstreamExchange {
  /** By the proxy that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), where it names one. */
  readonly remote: Dispatcher;
  /** For servers on this machine, which no proxy could reach. */
  readonly local: Dispatcher;
  /** For hosts that a server leads to; a proxy of the environment connects to them by its own rules. */
  readonly elsewhere: Dispatcher;
  readonly fetch: typeof undiciFetch;
}

/**
 * The sockets of one model. Each instance has its own, so that its connect time-out is its own and disposing it closes
 * every socket. undici's own time-outs for headers and bodies are off: the watchdog has ours.
 *
 * Behind a proxy that looks into TLS, Node does not know the proxy's certificate although the system does: after a
 * refused certificate the system's are taken as well.
 */
export class UpstreamHttp implements AsyncDisposable {
  readonly #connect: number;
  #opened: Promise<UpstreamExchange> | undefined;
  #systemCertificates = false;
  /** The address asked last: nearly all requests of a model go to one. Reading it takes as long as sending to it. */
  #address: { readonly text: string; readonly url: URL } | undefined;
  #closed = false;

  /** `connect`: milliseconds until a connection must stand. */
  constructor(connect: number) {
    this.#connect = connect;
  }

  readonly fetch: Fetch = async (input, init) => {
    this.#opened ??= this.#open();
    const opened = await this.#opened;
    const target = input instanceof Request ? input : this.#urlOf(input);
    const local = isLocal(target instanceof Request ? new URL(target.url) : target);
    const request = (through: UpstreamExchange) =>
      upstreamFetch({ ...through, dispatcher: local ? through.local : through.remote }, target, init);
    try {
      return await request(opened);
    } catch (error) {
      if (this.#systemCertificates || !isUnknownCertificate(error)) throw error;
      this.#systemCertificates = true;
      void close(opened, "close");
      this.#opened = this.#open();
      return request(await this.#opened);
    }
  };

  #urlOf(input: string | URL): URL {
    if (input instanceof URL) return input;
    if (this.#address?.text !== input) this.#address = { text: input, url: new URL(input) };
    return this.#address.url;
  }

  async #open(): Promise<UpstreamExchange> {
    const undici = await import("undici");
    const options = {
      connect: {
        timeout: Math.min(this.#connect, 2 ** 31 - 1),
        ...(this.#systemCertificates ? { ca: await allCertificates() } : {}),
      },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 4_000,
    };
    const opened: UpstreamExchange = {
      remote: new undici.EnvHttpProxyAgent(options),
      local: new undici.Agent(options),
      elsewhere: new undici.EnvHttpProxyAgent({ ...options, connect: { ...options.connect, lookup: lookupPublic } }),
      fetch: undici.fetch,
    };
    if (this.#closed) void close(opened, "destroy");
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined);
    if (opened) await close(opened, "destroy");
  }
}

async function close({ remote, local, elsewhere }: UpstreamExchange, how: "close" | "destroy"): Promise<void> {
  await Promise.all([remote[how](), local[how](), elsewhere[how]()]);
}

function isLocal({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

async function allCertificates(): Promise<string[]> {
  const { getCACertificates } = await import("node:tls");
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

function isUnknownCertificate(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF|UNABLE_TO_(GET|VERIFY))/.test(String(cause?.code ?? ""));
}
