import { randomBytes } from "node:crypto";
import { SluiceError } from "../../../core/contract/index.ts";
import { orAborted, within } from "../../../core/kit/index.ts";
import { type DockerSandboxConfig, WORKSPACE } from "../config.ts";
import { type Engine, statusOf } from "../engine/engine.ts";
import { PROXY_PORT, proxyVariables, Tunnels, type TunnelsOptions } from "../network/tunnels.ts";
import { ToSandbox } from "../protocol/frames.ts";
import { appArmorFault } from "./apparmor.ts";
import { Channel } from "./channel.ts";
import { appArmorOf, type CreateOptions } from "./create-options.ts";
import type { Remover } from "./remover.ts";
import { releaseUser, type User } from "./users.ts";
import { type ContainerInspection, type KernelLimits, verifyEnforced, verifyInspected } from "./verify.ts";
import { SupervisorWatchdog } from "./watchdog.ts";

export { remove } from "./remover.ts";

/** Milliseconds a container may take from its creation to being ready. */
const READY_WITHIN = 20_000;
/** Milliseconds that the engine may take to say how a container is. */
const TOLD_WITHIN = 5_000;

export interface LaunchOptions {
  readonly engine: Engine;
  readonly remover: Remover;
  readonly config: DockerSandboxConfig;
  readonly instance: string;
  readonly create: CreateOptions;
  /** Whether what was applied is compared with what was asked: always, but in the tests of `sluice verify`. */
  readonly compared: boolean;
  /** Whom code runs as; it is free again when the container is gone. */
  readonly user: User;
  /** What the allow-list of `network:` is, where there is one. */
  readonly network?: TunnelsOptions;
  /** What is done before anybody asks: modules are imported, or a bare interpreter is begun for cells. */
  readonly ahead: "modules" | "interpreter" | "nothing";
}

/** A started container whose supervisor is ready and whose limits were read back. */
export class SandboxContainer {
  readonly id: string;
  readonly name: string;
  readonly channel: Channel;
  readonly create: CreateOptions;
  readonly #engine: Engine;
  readonly #remover: Remover;
  readonly #user: User;
  readonly #watchdog: SupervisorWatchdog;
  #gone: Promise<void> | undefined;

  private constructor({ engine, remover, create, user }: LaunchOptions, id: string, name: string, channel: Channel) {
    this.#engine = engine;
    this.#remover = remover;
    this.#user = user;
    this.id = id;
    this.name = name;
    this.create = create;
    this.channel = channel;
    this.#watchdog = new SupervisorWatchdog(channel, () => this.#diagnose());
  }

  /**
   * Creates, verifies and starts one. Whatever goes wrong, or when the signal aborts, nothing is left.
   * @throws SluiceError SLUICE_SANDBOX_NOT_APPLIED, SLUICE_SANDBOX_START_FAILED, SLUICE_SANDBOX_RUNTIME_MISSING,
   * SLUICE_SANDBOX_APPARMOR_MISSING
   */
  static async launch(options: LaunchOptions, signal: AbortSignal): Promise<SandboxContainer> {
    const { engine, remover, config, create } = options;
    signal.throwIfAborted();
    const name = `sluice-${options.instance.replace(/[^A-Za-z0-9_.-]/g, "-")}-${randomBytes(6).toString("hex")}`;
    // Not given the signal: a request cut off half-way might leave a container that nobody knows.
    const id = await createContainer(engine, name, create).catch(async (error) => {
      // The engine may have made it although its answer did not arrive.
      if (statusOf(error) === undefined) await remover.remove(name);
      releaseUser(options.user);
      throw startError(error, create, config);
    });
    let channel: Channel | undefined;
    try {
      signal.throwIfAborted();
      channel = new Channel(await engine.attach(id));
      const container = new SandboxContainer(options, id, name, channel);
      const ready = channel.ready();
      const tunnels = options.network && new Tunnels(channel, options.network);
      channel.send(ToSandbox.hello, hello(options));
      const steps = Promise.all([
        engine.call<ContainerInspection>(`/containers/${id}/json`),
        engine.call(`/containers/${id}/start`, { method: "POST" }),
        ready,
        tunnels?.ready ?? true,
      ]);
      const gone = () => notReady(container.channel);
      const [inspected, , enforced, listening] = await within(orAborted(steps, signal), READY_WITHIN, gone);
      if (options.compared) verifyInspected(create, inspected.body);
      if (enforced === undefined) throw notReady(channel);
      if (options.compared) verifyEnforced(create, enforced as KernelLimits);
      if (!listening) throw noWayOut(channel);
      return container;
    } catch (error) {
      channel?.close();
      await remover.remove(id);
      releaseUser(options.user);
      throw startError(error, create, config);
    }
  }

  /**
   * Whoever waits for an answer of the container holds it, and lets go with the returned function: while it is held, a
   * container that cannot answer any more is given up, and its channel closes.
   */
  hold(): () => void {
    return this.#watchdog.hold();
  }

  /** Resolves when the modules are imported that are to be imported ahead, or when the container is gone. */
  async preloaded(): Promise<void> {
    const release = this.hold();
    await this.channel.preloaded.finally(release);
  }

  /** Kills and removes it; resolves when the engine knows it no more, or after 10 s. Idempotent. Never rejects. */
  dispose(): Promise<void> {
    this.#gone ??= (async () => {
      this.channel.close("its session was closed");
      await this.#remover.remove(this.id);
      releaseUser(this.#user);
    })();
    return this.#gone;
  }

  /** Why the container cannot answer, as the engine sees it. */
  async #diagnose(): Promise<string | undefined> {
    const limit = AbortSignal.timeout(TOLD_WITHIN);
    const state = await this.#engine
      .call<{ State?: EngineState }>(`/containers/${this.id}/json`, { accept: [404], signal: limit })
      .then(
        ({ status, body }) => (status === 404 ? { Removed: true } : body.State),
        () => undefined,
      );
    if (state === undefined) return undefined;
    if (state.Removed) return "it was removed from outside";
    if (state.Paused) return "it was paused from outside";
    return state.Running === false ? "it has ended" : undefined;
  }
}

interface EngineState {
  readonly Running?: boolean;
  readonly Paused?: boolean;
  readonly Removed?: boolean;
}

async function createContainer(engine: Engine, name: string, create: CreateOptions): Promise<string> {
  const path = `/containers/create?name=${encodeURIComponent(name)}`;
  const { body } = await engine.call<{ Id: string }>(path, { method: "POST", body: create });
  return body.Id;
}

function hello({ config, user, network, ahead }: LaunchOptions): object {
  return {
    workspace: WORKSPACE,
    ...user,
    env: { ...(network ? proxyVariables(network.rules) : {}), ...config.env },
    proxyPort: network ? PROXY_PORT : 0,
    preload: ahead === "modules" ? config.preload : [],
    // Without modules to preload a container is to be small: its first cell starts the interpreter.
    prefork: ahead !== "nothing" && config.preload.length > 0,
  };
}

function notReady(channel: Channel): SluiceError {
  const message = `the container's supervisor did not become ready${told(channel)}`;
  return new SluiceError("SLUICE_SANDBOX_START_FAILED", message);
}

function noWayOut(channel: Channel): SluiceError {
  const message = `network: { allow } was not applied${told(channel)}; the container was refused`;
  return new SluiceError("SLUICE_SANDBOX_NOT_APPLIED", message);
}

function told(channel: Channel): string {
  return channel.complaints ? `: ${channel.complaints.split("\n").at(-1)}` : "";
}

function startError(error: unknown, create: CreateOptions, config: DockerSandboxConfig): unknown {
  const message = error instanceof Error ? error.message : "";
  if (statusOf(error) === 400 && /unknown (or invalid )?runtime/i.test(message)) {
    return new SluiceError("SLUICE_SANDBOX_RUNTIME_MISSING", `the engine has no container runtime ${config.runtime}`);
  }
  if (statusOf(error) === undefined) return error;
  const unconfined = appArmorFault(message, appArmorOf(create.HostConfig));
  if (unconfined) return unconfined;
  if (statusOf(error) === 404 && /no such image/i.test(message)) {
    return new SluiceError("SLUICE_SANDBOX_IMAGE_MISSING", message, { cause: error });
  }
  return new SluiceError("SLUICE_SANDBOX_START_FAILED", message, { cause: error });
}
