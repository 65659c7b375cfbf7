import type { ServiceContainer, ServiceContainers, ServiceExit, ServiceSpec } from "../../../core/kit/index.ts";
import { type FakeLmcOptions, type FakeLmcServer, startFakeLmc } from "../../core/kit/lmc/fake-lmc-server.ts";

export interface FakeService {
  readonly spec: ServiceSpec;
  readonly server: FakeLmcServer;
  readonly name: string;
  /** Ends it as a crash would. */
  crash(output?: string): Promise<void>;
  disposed: boolean;
}

/** Lends "containers" that are servers of this process; each does what `options` says. */
export class FakeEngine implements ServiceContainers {
  readonly services: FakeService[] = [];
  prepared = 0;
  /** Set to let the next start fail. */
  failure: Error | undefined;
  readonly #options: FakeLmcOptions;
  readonly #waiting: (() => void)[] = [];

  constructor(options: FakeLmcOptions = {}) {
    this.#options = options;
  }

  get alive(): readonly FakeService[] {
    return this.services.filter(({ disposed }) => !disposed);
  }

  async prepareService(): Promise<void> {
    this.prepared += 1;
  }

  async startService(spec: ServiceSpec, signal: AbortSignal): Promise<ServiceContainer> {
    signal.throwIfAborted();
    if (this.failure) throw this.failure;
    const key = spec.env["INTERPRETER_API_KEY"] ?? "";
    const server = await startFakeLmc({ ...this.#options, key });
    const { promise, resolve } = Promise.withResolvers<ServiceExit>();
    const name = `fake-${this.services.length + 1}`;
    const stop = async (output: string) => {
      if (service.disposed) return;
      service.disposed = true;
      await server[Symbol.asyncDispose]();
      resolve({ output });
    };
    const service: FakeService = { spec, server, name, disposed: false, crash: (output = "") => stop(output) };
    this.services.push(service);
    for (const next of this.#waiting.splice(0)) next();
    return { id: name, name, address: server.address, exited: promise, [Symbol.asyncDispose]: () => stop("") };
  }

  /** Resolves when so many have been started in all. */
  async started(count: number): Promise<void> {
    while (this.services.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
