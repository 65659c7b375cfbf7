import { ReplaySubject } from "rxjs";
import type { DiscoveredPlugin, IsolationLimits } from "../../config/plan.ts";
import type { Health, Lifecycle } from "../../contract/lifecycle.ts";
import type { ConfigIssue } from "../../contract/plugin.ts";
import type { HostReporter, Logger } from "../../contract/tokens.ts";
import {
  EnvironmentToken,
  LoggerToken,
  ModeToken,
  OwnerToken,
  PathsToken,
  ReporterToken,
} from "../../contract/tokens.ts";
import { logLevels } from "../../kit/log/levels.ts";
import { waitFor } from "../../kit/timing/wait.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import type { Container, PluginModule } from "../container.ts";
import { fromFailure } from "./failure.ts";
import type { Facts, WorkerHost } from "./protocol.ts";
import { remote } from "./remote.ts";
import type { IsolableKind } from "./served.ts";
import { PluginWorker } from "./start-worker.ts";

/** Milliseconds that an instance has to let go before its process is ended. */
const leaveLimit = 2_000;

export interface IsolatedOptions {
  readonly id: string;
  readonly plugin: DiscoveredPlugin;
  readonly limits: IsolationLimits;
  /** With what the instance may inject; what is more than values is spoken over the channel. */
  readonly container: Container;
}

/**
 * Imports and creates an instance in a process of its own. What is returned stands for its module: `create` gives what
 * speaks to the process, and looks like any instance of the kind.
 * @throws SluiceError what the plugin's import or `create` threw, or SLUICE_PLUGIN_FAILED where its process ended
 */
export async function isolatedPlugin(options: IsolatedOptions, config: unknown, signal: AbortSignal) {
  const { id, plugin, limits, container } = options;
  const log = container.get<Logger>(LoggerToken);
  const worker = new PluginWorker({
    ...{ id, plugin, limits, host: hostOf(container) },
    level: () => logLevels.indexOf(log.level),
    onOutput: (line) => log.info(line),
  });
  const stop = () => void worker.terminate();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const isolated = new IsolatedInstance(options, worker);
    isolated.facts = (await worker.peer.call(0, "load", [config])) as Facts;
    const kind = plugin.manifest.kind as IsolableKind;
    const methods = remote[kind](worker.peer, () => isolated.facts);
    return { create: () => withMethods(isolated, methods) } satisfies PluginModule;
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What `check` of a plugin says, in a process that is ended then. @throws SluiceError SLUICE_PLUGIN_LOAD, SLUICE_PLUGIN_FAILED */
export async function isolatedCheck(
  plugin: DiscoveredPlugin,
  limits: IsolationLimits,
  config: unknown,
): Promise<readonly ConfigIssue[]> {
  const paths = { data: "", state: "", cache: "", profile: "" };
  const owner = { host: "", pid: 0, started: "" };
  const host: WorkerHost = { paths, owner, environment: {}, mode: { serving: false, terminal: false } };
  const worker = new PluginWorker({ id: plugin.manifest.name, plugin, limits, host, level: () => logLevels.length });
  try {
    const issues = await worker.peer.call(0, plugin.manifest.checks === true ? "check" : "import", [config]);
    return Array.isArray(issues) ? issues : [];
  } finally {
    await worker.terminate();
  }
}

function hostOf(container: Container): WorkerHost {
  return {
    paths: container.get(PathsToken),
    owner: container.get(OwnerToken),
    environment: { ...container.get(EnvironmentToken) },
    mode: container.get(ModeToken),
  };
}

/** The getters of `methods` stay getters: what they tell may change. */
function withMethods(isolated: IsolatedInstance, methods: object): Lifecycle {
  return Object.defineProperties(isolated, Object.getOwnPropertyDescriptors(methods)) as Lifecycle;
}

/** The lifecycle of an instance that lives in another process; its health tells when that ends. */
class IsolatedInstance implements Lifecycle {
  facts: Facts = { has: [], fields: {} };
  readonly health$ = new ReplaySubject<Health>(1);
  readonly #worker: PluginWorker;
  readonly #log: Logger;
  readonly #reporter: HostReporter;

  constructor({ container }: IsolatedOptions, worker: PluginWorker) {
    this.#worker = worker;
    this.#log = container.get(LoggerToken);
    this.#reporter = container.get(ReporterToken);
    worker.peer.stream(0, "told", []).subscribe({ next: (told) => this.#hear(told), error: () => undefined });
    void worker.gone.then((reason) => this.health$.next({ status: "failed", reason }));
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#worker.peer.call(0, "start", [], signal);
  }

  async drain(signal: AbortSignal): Promise<void> {
    await this.#worker.peer.call(0, "drain", [], signal);
  }

  reconfigure(config: unknown): void {
    this.#worker.peer.call(0, "reconfigure", [config]).catch((error: Error) => {
      this.health$.next({ status: "degraded", reason: `it did not take its new options: ${error.message}` });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#worker.over || (await waitFor(this.#worker.peer.call(0, "dispose"), { limit: leaveLimit }))) return;
      this.#log.warn(`it did not let go within ${leaveLimit / 1000} s, and its process was ended`);
    } finally {
      await this.#worker.terminate();
    }
  }

  #hear(told: unknown): void {
    const [what, ...given] = Array.isArray(told) ? told : [];
    if (what === "facts" && isJsonObject(given[0])) this.facts = given[0] as unknown as Facts;
    else if (what === "health") this.health$.next(given[0] as Health);
    else if (what === "fault") this.#log.warn(fromFailure(given[0]).message);
    else if (what === "log") this.#write(given[0], given[1], given[2]);
    else if (what === "report") this.#report(given[0], given[1]);
  }

  #write(level: unknown, message: unknown, fields: unknown): void {
    const write = { trace: 1, debug: 1, info: 1, warn: 1, error: 1 };
    if (typeof level !== "string" || !Object.hasOwn(write, level) || typeof message !== "string") return;
    this.#log[level as keyof typeof write](message, isJsonObject(fields) ? fields : {});
  }

  #report(method: unknown, args: unknown): void {
    const methods = { metric: 1, sandbox: 1, connection: 1, audit: 1 };
    if (typeof method !== "string" || !Object.hasOwn(methods, method) || !Array.isArray(args)) return;
    (this.#reporter[method as keyof typeof methods] as (...given: unknown[]) => void)(...args);
  }
}
