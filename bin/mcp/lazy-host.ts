import {
  type OpenOptions,
  type RunEvent,
  type RunHandle,
  type RunHost,
  type RunQuery,
  SluiceError,
} from "../../core/contract/index.ts";
import type { HostConnection } from "../host/connection.ts";

/**
 * A host that is looked for when it is needed first. So whoever starts us has the list of tools at once. A Docker that
 * is not up yet fails a call and not the start. What has gone away is looked for again.
 */
export class LazyHost implements RunHost, AsyncDisposable {
  readonly version: string;
  readonly flows: RunHost["flows"];
  readonly #connect: () => Promise<HostConnection>;
  #connection: Promise<HostConnection> | undefined;
  #closed = false;

  constructor(known: Pick<RunHost, "version" | "flows">, connect: () => Promise<HostConnection>) {
    this.version = known.version;
    this.flows = known.flows;
    this.#connect = connect;
  }

  open(options: OpenOptions): Promise<RunHandle> {
    return this.#with((connection) => connection.open(options));
  }

  runs(query: RunQuery): ReturnType<RunHost["runs"]> {
    return this.#with((connection) => connection.runs(query));
  }

  async *follow(run: string, after: number): AsyncIterable<RunEvent> {
    yield* await this.#with(async (connection) => connection.follow(run, after));
  }

  putFiles(...[session, files]: Parameters<RunHost["putFiles"]>): Promise<void> {
    return this.#with((connection) => connection.putFiles(session, files));
  }

  file(session: string, path: string): Promise<Uint8Array> {
    return this.#with((connection) => connection.file(session, path));
  }

  files(session: string): ReturnType<RunHost["files"]> {
    return this.#with((connection) => connection.files(session));
  }

  async #with<T>(use: (connection: HostConnection) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const connecting = this.#connected();
      try {
        return await use(await connecting);
      } catch (error) {
        if (!(await this.#gone(connecting, error)) || attempt === 2) throw error;
      }
    }
  }

  #connected(): Promise<HostConnection> {
    if (this.#closed) throw new SluiceError("SLUICE_HOST_STOPPING", "this process is ending");
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  /** Lets go of a connection that never came to be, or was closed for good; says whether another one can help. */
  async #gone(connecting: Promise<HostConnection>, error: unknown): Promise<boolean> {
    const connection = await connecting.catch(() => undefined);
    const closed = connection?.remote === true && SluiceError.is(error) && error.code === "SLUICE_WIRE_CLOSED";
    if (connection !== undefined && !closed) return false;
    if (this.#connection === connecting) this.#connection = undefined;
    await connection?.[Symbol.asyncDispose]();
    return closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.[Symbol.asyncDispose]();
  }
}
