import {
  type HostOwner,
  type HostReporter,
  type Logger,
  type PrepareOptions,
  SluiceError,
} from "../../../core/contract/index.ts";
import type { ServiceContainer, ServiceImage, ServiceSpec } from "../../../core/kit/index.ts";
import type { AppArmor } from "../container/apparmor.ts";
import { labelsOf } from "../container/labels.ts";
import type { Engine } from "../engine/engine.ts";
import { DockerService } from "./container.ts";
import { buildService, isBuilt, recipeOfService } from "./image.ts";
import { serviceOptions } from "./options.ts";

export interface ServicesOptions {
  readonly engine: Engine;
  readonly owner: HostOwner;
  readonly log: Logger;
  readonly reporter: HostReporter;
  readonly apparmor: AppArmor;
}

/** The servers that other plugins have running in containers of this engine. */
export class Services {
  readonly #options: ServicesOptions;
  readonly #running = new Set<DockerService>();
  /** Images being built, by tag: everybody who needs one waits for the same build. */
  readonly #building = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  async prepare(image: ServiceImage, options: PrepareOptions, signal: AbortSignal): Promise<void> {
    const recipe = recipeOfService(image);
    if (!options.force && (await isBuilt(this.#options.engine, recipe, signal))) {
      options.onProgress?.({ step: `${recipe.tag} is there`, fraction: 1 });
      return;
    }
    await this.#build(image, { ...options, base: true }, signal);
  }

  async start(spec: ServiceSpec, signal: AbortSignal): Promise<ServiceContainer> {
    const { engine, owner, reporter, apparmor } = this.#options;
    refuseForeignNetwork(spec.network);
    const either = AbortSignal.any([signal, this.#abort.signal]);
    either.throwIfAborted();
    const { instance, session, image } = spec;
    const labels = labelsOf({ instance, owner, ...(session === undefined ? {} : { session }) });
    const { tag } = recipeOfService(image);
    const launch = () =>
      apparmor.confined((profile) =>
        DockerService.launch(engine, instance, serviceOptions(spec, { image: tag, labels, apparmor: profile }), either),
      );
    const service = await launch().catch(async (error: unknown) => {
      if (!(error instanceof SluiceError) || error.code !== "SLUICE_SANDBOX_IMAGE_MISSING") throw error;
      await this.#build(image, { base: false }, either);
      return launch();
    });
    this.#running.add(service);
    reporter.sandbox(service.name, "open", session === undefined ? {} : { session });
    void service.exited.then(() => {
      this.#running.delete(service);
      reporter.sandbox(service.name, "gone", session === undefined ? {} : { session });
    });
    return service;
  }

  async dispose(): Promise<void> {
    this.#abort.abort(new SluiceError("SLUICE_SANDBOX_CLOSED", "the sandbox is stopping"));
    await Promise.allSettled([...this.#running].map((service) => service[Symbol.asyncDispose]()));
    await Promise.allSettled(this.#building.values());
  }

  async #build(
    image: ServiceImage,
    options: PrepareOptions & { readonly base: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, log } = this.#options;
    const recipe = recipeOfService(image);
    const building =
      this.#building.get(recipe.tag) ??
      (async () => {
        log.info(`building ${recipe.tag}; this happens once and takes some minutes`);
        await buildService(engine, recipe, options, AbortSignal.any([signal, this.#abort.signal]));
        log.info(`built ${recipe.tag}`);
      })().finally(() => this.#building.delete(recipe.tag));
    this.#building.set(recipe.tag, building);
    await building;
  }
}

/** The host's network, or another container's, would let the server reach what listens on this machine's loopback. */
function refuseForeignNetwork(network: string): void {
  if (network !== "host" && !network.startsWith("container:")) return;
  throw new SluiceError("SLUICE_SANDBOX_START_FAILED", `a server may not be on the network ${network}`, {
    cure: "Name a network of the engine, such as bridge.",
    retryable: false,
  });
}
