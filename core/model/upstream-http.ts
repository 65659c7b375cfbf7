import type { Agent } from "undici";

export type Fetch = typeof globalThis.fetch;

interface Opened {
  readonly agent: Agent;
  readonly fetch: Fetch;
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
  #opened: Promise<Opened> | undefined;
  #systemCertificates = false;
  #closed = false;

  /** `connect`: milliseconds until a connection must stand. */
  constructor(connect: number) {
    this.#connect = connect;
  }

  readonly fetch: Fetch = async (input, init) => {
    this.#opened ??= this.#open();
    const opened = await this.#opened;
    const request = (through: Opened) => through.fetch(input, { ...init, dispatcher: through.agent } as RequestInit);
    try {
      return await request(opened);
    } catch (error) {
      if (this.#systemCertificates || !isUnknownCertificate(error)) throw error;
      this.#systemCertificates = true;
      void opened.agent.close();
      this.#opened = this.#open();
      return request(await this.#opened);
    }
  };

  async #open(): Promise<Opened> {
    const undici = await import("undici");
    const agent = new undici.Agent({
      connect: { timeout: this.#connect, ...(this.#systemCertificates ? { ca: await allCertificates() } : {}) },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 4_000,
    });
    if (this.#closed) void agent.destroy();
    return { agent, fetch: undici.fetch as unknown as Fetch };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.agent.destroy();
  }
}

async function allCertificates(): Promise<string[]> {
  const { getCACertificates } = await import("node:tls");
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

function isUnknownCertificate(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF|UNABLE_TO_(GET|VERIFY))/.test(String(cause?.code ?? ""));
}
