import { BehaviorSubject } from "rxjs";
import {
  type Health,
  type HostMode,
  type HostOwner,
  type HostReporter,
  type Logger,
  type PrepareOptions,
  type Sandbox,
  type SandboxInfo,
  type SandboxSession,
  type SessionSpec,
  SluiceError,
} from "../../core/contract/index.ts";
import {
  ReachRules,
  type Resolve,
  type ServiceContainer,
  type ServiceContainers,
  type ServiceImage,
  type ServiceSpec,
} from "../../core/kit/index.ts";
import type { DockerSandboxConfig } from "./config.ts";
import { AppArmor } from "./container/apparmor.ts";
import { BindError, resolveBind } from "./container/binds.ts";
import { type LaunchOptions, SandboxContainer } from "./container/container.ts";
import { type CreateOptions, createOptions } from "./container/create-options.ts";
import { labelsOf } from "./container/labels.ts";
import { Remover } from "./container/remover.ts";
import { readSeccomp } from "./container/seccomp.ts";
import { listContainers, sweep, sweepDead } from "./container/sweep.ts";
import { takeUser } from "./container/users.ts";
import { parseAddress, socketOf } from "./engine/address.ts";
import { Engine } from "./engine/engine.ts";
import { type Recipe, readRecipe } from "./image-build/recipe.ts";
import type { TunnelsOptions } from "./network/tunnels.ts";
import { Pool } from "./pool.ts";
import { Services } from "./service/services.ts";
import { DockerSession } from "./session/session.ts";

export interface DockerSandboxOptions {
  readonly id: string;
  readonly config: DockerSandboxConfig;
  readonly owner: HostOwner;
  readonly mode: HostMode;
  readonly log: Logger;
  readonly reporter: HostReporter;
  /** A folder that may be deleted at any time, for what is slow to find out. */
  readonly cache?: string;
  /** How names that `network: { allow }` has become addresses. Default: as the system does. */
  readonly resolve?: Resolve;
  /**
   * For the tests of `sluice verify`, which take one protection away and see that it is missed: what the engine is asked
   * instead. What it applied is then not compared. No profile reaches it.
   */
  readonly weaken?: (create: CreateOptions) => CreateOptions;
}

/** Code in Docker containers, one for each session. */
export class DockerSandbox implements Sandbox, ServiceContainers {
  readonly health$ = new BehaviorSubject<Health>({ status: "ok" });
  readonly #options: DockerSandboxOptions;
  readonly #engine: Engine;
  readonly #sessions = new Set<DockerSession>();
  /** Containers on their way out. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  readonly #services: Services;
  readonly #remover: Remover;
  readonly #apparmor: AppArmor;
  #pool: Pool | undefined;
  #isSwept = false;
  #recipe: Promise<Recipe> | undefined;
  #seccomp: Promise<string> | undefined;
  #building: Promise<void> | undefined;

  constructor(options: DockerSandboxOptions) {
    this.#options = options;
    this.#engine = new Engine(parseAddress(options.config.docker));
    const { owner, log, reporter, cache } = options;
    const { apparmor: named, runtime } = options.config;
    this.#remover = new Remover(this.#engine, log);
    this.#apparmor = new AppArmor({ engine: this.#engine, log, runtime, named, cache });
    this.#services = new Services({ engine: this.#engine, owner, log, reporter, apparmor: this.#apparmor });
  }

  /** Asks the engine whether it is there; in the background, removes what dead hosts left and fills the pool. */
  async start(signal: AbortSignal): Promise<void> {
    this.#binds();
    const there = this.#engine.call("/_ping", { signal });
    const { log, config, mode, reporter } = this.#options;
    // A host of one run: the name of its image is found out while the engine answers.
    if (!mode.serving) setTimeout(() => void this.#recipeNow().catch(() => undefined), 1).unref();
    await there;
    if (!mode.serving) return;
    this.#later(sweepDead(this.#engine, log, this.#abort.signal));
    if (config.pool === 0) return;
    this.#pool = new Pool({
      size: config.pool,
      launch: (abort) => this.#launch({}, "modules", abort),
      log,
      onChange: (container, status) => this.#tell(container, status),
      onReady: (count) => reporter.metric("pool-ready", count),
      onHealth: (problem) =>
        this.health$.next(problem ? { status: "degraded", reason: problem.message } : { status: "ok" }),
    });
    this.#pool.fill();
  }

  async open(spec: SessionSpec, signal: AbortSignal): Promise<SandboxSession> {
    const opening = this.#open(spec, AbortSignal.any([signal, this.#abort.signal]));
    // Whoever asked is told of a failure; disposing only waits for the end of it.
    this.#later(opening.catch(() => undefined));
    return opening;
  }

  async #open(spec: SessionSpec, signal: AbortSignal): Promise<SandboxSession> {
    signal.throwIfAborted();
    const ahead = spec.mode === "cell" ? "interpreter" : "nothing";
    const container = this.#pool?.take() ?? (await this.#launch({ session: spec.session }, ahead, signal));
    const { mode, log } = this.#options;
    // Listing all containers keeps the engine busy: the one of a single run is started before.
    if (!mode.serving && !this.#isSwept) this.#later(sweepDead(this.#engine, log, this.#abort.signal));
    this.#isSwept = true;
    if (signal.aborted) {
      await container.dispose();
      throw signal.reason;
    }
    this.#tell(container, "open", spec.session);
    const session: DockerSession = new DockerSession(container, this.#options.config, spec, (gone) => {
      this.#sessions.delete(session);
      this.#later(gone.then(() => this.#tell(container, "gone", spec.session)));
    });
    this.#sessions.add(session);
    return session;
  }

  async prepare(options: PrepareOptions, signal: AbortSignal): Promise<void> {
    const recipe = await this.#recipeNow();
    const { status } = await this.#engine.call(`/images/${recipe.tag}/json`, { accept: [404], signal });
    if (status === 404 || options.force) await this.#build(options, signal);
    else options.onProgress?.({ step: `${recipe.tag} is there`, fraction: 1 });
  }

  async base(options: PrepareOptions, signal: AbortSignal): Promise<void> {
    const { makeBase } = await import("./image-build/base.ts");
    const { base, snapshot, mirror } = this.#options.config.build;
    const packages = snapshot === undefined ? undefined : `${mirror}/archive/debian/${snapshot}/`;
    await makeBase(this.#engine.address, options, signal, { image: base, packages });
  }

  prepareService(image: ServiceImage, options: PrepareOptions, signal: AbortSignal): Promise<void> {
    return this.#services.prepare(image, options, signal);
  }

  startService(spec: ServiceSpec, signal: AbortSignal): Promise<ServiceContainer> {
    return this.#services.start(spec, signal);
  }

  list(signal: AbortSignal): Promise<readonly SandboxInfo[]> {
    return listContainers(this.#engine, signal);
  }

  async clean({ all }: { readonly all: boolean }, signal: AbortSignal): Promise<readonly string[]> {
    const { pruneImages } = await import("./image-build/prune.ts");
    const containers = await sweep(this.#engine, all, signal);
    return [...containers, ...(await pruneImages(this.#engine, (await this.#recipeNow()).tag, signal))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new SluiceError("SLUICE_SANDBOX_CLOSED", "the sandbox is stopping"));
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
    await this.#pool?.dispose();
    await this.#services.dispose();
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
    await this.#remover.dispose();
    this.#engine.close();
    this.health$.complete();
  }

  /** Starts a container; an image that is not there yet is built first. */
  async #launch(
    labels: { readonly session?: string },
    ahead: LaunchOptions["ahead"],
    signal: AbortSignal,
  ): Promise<SandboxContainer> {
    const { config, id, owner, weaken } = this.#options;
    const start = async (apparmor: string | undefined) => {
      const binds = this.#binds();
      const seccomp = config.seccomp === undefined ? {} : { seccomp: await this.#seccompProfile(config.seccomp) };
      const image = (await this.#recipeNow()).tag;
      const user = takeUser(config);
      const asked = createOptions({
        config,
        user,
        image,
        binds,
        labels: labelsOf({ instance: id, owner, ...labels }),
        apparmor,
        ...seccomp,
      });
      return SandboxContainer.launch(
        {
          engine: this.#engine,
          remover: this.#remover,
          config,
          instance: id,
          create: weaken?.(asked) ?? asked,
          compared: weaken === undefined,
          user,
          ahead,
          ...this.#network(labels),
        },
        signal,
      );
    };
    try {
      return await this.#apparmor.confined(start);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "SLUICE_SANDBOX_IMAGE_MISSING") throw error;
    }
    await this.#build({ onProgress: ({ step }) => this.#options.log.debug(step) }, signal);
    return this.#apparmor.confined(start);
  }

  #network({ session }: { readonly session?: string }): { readonly network?: TunnelsOptions } {
    const { config, log, reporter, resolve } = this.#options;
    if (typeof config.network === "string") return {};
    const onRefused = (target: string, reason: string) => {
      log.info(`refused to the sandbox${session === undefined ? "" : ` of session ${session}`}: ${reason}`);
      reporter.audit("network-refused", { target, ...(session === undefined ? {} : { client: session }) });
    };
    return {
      network: {
        rules: new ReachRules(config.network.allow, "network.allow"),
        onRefused,
        ...(resolve ? { resolve } : {}),
      },
    };
  }

  /** Everybody who needs the image waits for one build. */
  async #build(options: PrepareOptions, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    this.#building ??= (async () => {
      const { buildImage } = await import("./image-build/builder.ts");
      const recipe = await this.#recipeNow();
      log.info(`building the sandbox image ${recipe.tag}; this happens once`);
      await buildImage(this.#engine.address, recipe, options, AbortSignal.any([signal, this.#abort.signal]));
      log.info(`built ${recipe.tag}`);
    })().finally(() => {
      this.#building = undefined;
    });
    await this.#building;
  }

  #recipeNow(): Promise<Recipe> {
    this.#recipe ??= readRecipe(this.#options.config, this.#options.cache).catch((error) => {
      this.#recipe = undefined;
      throw error;
    });
    return this.#recipe;
  }

  #seccompProfile(file: string): Promise<string> {
    this.#seccomp ??= readSeccomp(file);
    return this.#seccomp;
  }

  /** Resolved each time: a link may lead elsewhere by now. */
  #binds(): readonly string[] {
    const { config } = this.#options;
    try {
      return config.binds.map((bind) => {
        const { source, target, mode } = resolveBind(bind, socketOf(config.docker));
        return `${source}:${target}:${mode}`;
      });
    } catch (error) {
      if (!(error instanceof BindError)) throw error;
      throw new SluiceError("SLUICE_SANDBOX_BIND_REFUSED", `binds: ${error.message}`, { cure: error.cure });
    }
  }

  #tell(container: SandboxContainer, status: string, session?: string): void {
    this.#options.reporter.sandbox(container.name, status, session === undefined ? {} : { session });
  }

  #later(work: Promise<unknown>): void {
    const settled: Promise<void> = work
      .then(
        () => undefined,
        (error) => {
          if (!this.#abort.signal.aborted)
            this.#options.log.warn(String(error instanceof Error ? error.message : error));
        },
      )
      .finally(() => this.#leaving.delete(settled));
    this.#leaving.add(settled);
  }
}
