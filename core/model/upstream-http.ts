import type { Agent } from "undici";

export type Fetch = typeof globalThis.fetch;

/**
 * The sockets of one model. Each instance has its own, so that its connect time-out is its own and disposing it closes
 * every socket. undici's own time-outs for headers and bodies are off: the watchdog has ours.
 */
export class UpstreamHttp implements AsyncDisposable {
  readonly #connect: number;
  #opened: Promise<{ agent: Agent; fetch: Fetch }> | undefined;
  #closed = false;

  /** `connect`: milliseconds until a connection must stand. */
  constructor(connect: number) {
    this.#connect = connect;
  }

  readonly fetch: Fetch = async (input, init) => {
    const { agent, fetch } = await this.#open();
    return fetch(input, { ...init, dispatcher: agent } as RequestInit);
  };

  #open(): Promise<{ agent: Agent; fetch: Fetch }> {
    this.#opened ??= import("undici").then((undici) => {
      const agent = new undici.Agent({
        connect: { timeout: this.#connect },
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: 4_000,
      });
      if (this.#closed) void agent.destroy();
      return { agent, fetch: undici.fetch as unknown as Fetch };
    });
    return this.#opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.agent.destroy();
  }
}
