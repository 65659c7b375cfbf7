import { randomBytes } from "node:crypto";
import { SluiceError } from "../../../core/index.ts";
import type { DockerSandboxConfig } from "../config.ts";
import { userOf, WORKSPACE } from "../config.ts";
import { type Engine, statusOf } from "../engine/engine.ts";
import { ToSandbox } from "../protocol/frames.ts";
import { Channel } from "./channel.ts";
import type { CreateOptions } from "./create-options.ts";
import { type Enforced, type Inspected, verifyEnforced, verifyInspected } from "./verify.ts";

/** Milliseconds a container may take from its creation to being ready. */
const READY_WITHIN = 20_000;
/** Milliseconds that killing and removing may take. */
const GONE_WITHIN = 10_000;

export interface LaunchOptions {
  readonly engine: Engine;
  readonly config: DockerSandboxConfig;
  readonly instance: string;
  readonly create: CreateOptions;
  /** Whether modules are imported ahead; without it a bare interpreter is begun. */
  readonly preload: boolean;
}

/** A started container whose supervisor is ready and whose limits were read back. */
export class Container {
  readonly id: string;
  readonly name: string;
  readonly channel: Channel;
  readonly create: CreateOptions;
  readonly #engine: Engine;
  #gone: Promise<void> | undefined;

  private constructor(engine: Engine, id: string, name: string, create: CreateOptions, channel: Channel) {
    this.#engine = engine;
    this.id = id;
    this.name = name;
    this.create = create;
    this.channel = channel;
  }

  /**
   * Creates, verifies and starts one. Whatever goes wrong, or when the signal aborts, nothing is left.
   * @throws SluiceError SLUICE_SANDBOX_NOT_APPLIED, SLUICE_SANDBOX_START_FAILED, SLUICE_SANDBOX_RUNTIME_MISSING
   */
  static async launch(options: LaunchOptions, signal: AbortSignal): Promise<Container> {
    const { engine, config, create } = options;
    signal.throwIfAborted();
    const name = `sluice-${options.instance.replace(/[^A-Za-z0-9_.-]/g, "-")}-${randomBytes(6).toString("hex")}`;
    // Not given the signal: a request cut off half-way might leave a container that nobody knows.
    const id = await createContainer(engine, name, create).catch((error) => {
      throw startError(error, config);
    });
    let channel: Channel | undefined;
    try {
      signal.throwIfAborted();
      channel = new Channel(await engine.attach(id));
      const container = new Container(engine, id, name, create, channel);
      const ready = channel.ready();
      channel.send(ToSandbox.hello, hello(config, options.preload));
      const [inspected, , enforced] = await within(
        Promise.all([
          engine.call<Inspected>(`/containers/${id}/json`),
          engine.call(`/containers/${id}/start`, { method: "POST" }),
          ready,
        ]),
        signal,
        channel,
      );
      verifyInspected(create, inspected.body);
      if (enforced === undefined) throw notReady(channel);
      verifyEnforced(create, enforced as Enforced);
      return container;
    } catch (error) {
      channel?.close();
      await remove(engine, id).catch(() => undefined);
      throw startError(error, config);
    }
  }

  /** Kills and removes it; resolves when the engine knows it no more, or after 10 s. Idempotent. */
  dispose(): Promise<void> {
    this.#gone ??= (async () => {
      this.channel.close();
      await remove(this.#engine, this.id);
    })();
    return this.#gone;
  }
}

async function createContainer(engine: Engine, name: string, create: CreateOptions): Promise<string> {
  const path = `/containers/create?name=${encodeURIComponent(name)}`;
  const { body } = await engine.call<{ Id: string }>(path, { method: "POST", body: create });
  return body.Id;
}

function hello(config: DockerSandboxConfig, preload: boolean): object {
  return {
    workspace: WORKSPACE,
    ...userOf(config),
    env: config.env,
    preload: preload ? config.preload : [],
    prefork: "python",
  };
}

async function within<T>(work: Promise<T>, signal: AbortSignal, channel: Channel): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(notReady(channel)), READY_WITHIN);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function notReady(channel: Channel): SluiceError {
  const told = channel.complaints ? `: ${channel.complaints.split("\n").at(-1)}` : "";
  return new SluiceError("SLUICE_SANDBOX_START_FAILED", `the container's supervisor did not become ready${told}`);
}

/** Kills and removes a container; one that is gone already, or going, is as good. */
export async function remove(engine: Engine, id: string): Promise<void> {
  const limit = AbortSignal.timeout(GONE_WITHIN);
  const path = `/containers/${id}?force=1&v=1`;
  const { status } = await engine.call(path, { method: "DELETE", accept: [404, 409], signal: limit });
  // AutoRemove was quicker and is at it.
  if (status === 409) {
    await engine.call(`/containers/${id}/wait?condition=removed`, { method: "POST", accept: [404], signal: limit });
  }
}

function startError(error: unknown, config: DockerSandboxConfig): unknown {
  const message = error instanceof Error ? error.message : "";
  if (statusOf(error) === 400 && /unknown (or invalid )?runtime/i.test(message)) {
    return new SluiceError("SLUICE_SANDBOX_RUNTIME_MISSING", `the engine has no container runtime ${config.runtime}`);
  }
  if (statusOf(error) === undefined) return error;
  if (statusOf(error) === 404 && /no such image/i.test(message)) {
    return new SluiceError("SLUICE_SANDBOX_IMAGE_MISSING", message, { cause: error });
  }
  return new SluiceError("SLUICE_SANDBOX_START_FAILED", message, { cause: error });
}
