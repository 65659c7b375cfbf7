import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { SluiceError } from "../../../core/contract/index.ts";
import { cutTextStart, type ServiceContainer, type ServiceExit } from "../../../core/kit/index.ts";
import { appArmorFault } from "../container/apparmor.ts";
import { remove } from "../container/container.ts";
import { appArmorOf } from "../container/create-options.ts";
import { type ContainerInspection, verifyInspected } from "../container/verify.ts";
import { type Engine, statusOf } from "../engine/engine.ts";
import { StdcopyReader } from "../protocol/stdcopy.ts";
import type { PortBindings, ServiceOptions } from "./options.ts";

/** Characters of a server's output that are kept to say why it ended. */
const KEPT = 4096;

interface ServiceInspection extends ContainerInspection {
  readonly NetworkSettings: { readonly Ports: PortBindings | null };
}

/** A server in a container, from its creation to its end. */
export class DockerService implements ServiceContainer {
  readonly id: string;
  readonly name: string;
  readonly exited: Promise<ServiceExit>;
  address = "";
  readonly #engine: Engine;
  readonly #pipe: Duplex;
  #gone: Promise<void> | undefined;

  private constructor(engine: Engine, id: string, name: string, pipe: Duplex) {
    this.#engine = engine;
    this.id = id;
    this.name = name;
    this.#pipe = pipe;
    this.exited = outputOf(pipe);
  }

  /**
   * Creates, starts and verifies one. Whatever goes wrong, or when the signal aborts, nothing is left.
   * @throws SluiceError SLUICE_SANDBOX_NOT_APPLIED, SLUICE_SANDBOX_START_FAILED, SLUICE_SANDBOX_IMAGE_MISSING
   */
  static async launch(
    engine: Engine,
    instance: string,
    options: ServiceOptions,
    signal: AbortSignal,
  ): Promise<DockerService> {
    signal.throwIfAborted();
    const name = `sluice-${instance.replace(/[^A-Za-z0-9_.-]/g, "-")}-${randomBytes(6).toString("hex")}`;
    // Not given the signal: a request cut off half-way might leave a container that nobody knows.
    const path = `/containers/create?name=${encodeURIComponent(name)}`;
    const id = await engine.call<{ Id: string }>(path, { method: "POST", body: options }).then(
      ({ body }) => body.Id,
      (error) => {
        throw startError(error, options);
      },
    );
    let service: DockerService | undefined;
    try {
      service = new DockerService(engine, id, name, await engine.attach(id, signal));
      await engine.call(`/containers/${id}/start`, { method: "POST", signal });
      const { body } = await engine.call<ServiceInspection>(`/containers/${id}/json`, { signal });
      service.address = verified(options, body);
      return service;
    } catch (error) {
      if (service) await service[Symbol.asyncDispose]().catch(() => undefined);
      else await remove(engine, id).catch(() => undefined);
      throw startError(error, options);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= (async () => {
      this.#pipe.destroy();
      await remove(this.#engine, this.id);
    })();
    return this.#gone;
  }
}

/** Checks what the engine has made, its ports besides, and returns where the port is reached. */
function verified(asked: ServiceOptions, found: ServiceInspection): string {
  const { PortBindings, ...hostConfig } = asked.HostConfig;
  const bound = found.HostConfig.PortBindings ?? {};
  if (JSON.stringify(bound) !== JSON.stringify(PortBindings)) {
    throw notApplied(`PortBindings: asked ${JSON.stringify(PortBindings)}, found ${JSON.stringify(bound)}`);
  }
  verifyInspected(
    { User: asked.User, HostConfig: hostConfig },
    { ...found, HostConfig: { ...found.HostConfig, PortBindings: {} } },
  );
  const [port] = Object.keys(PortBindings);
  const published = found.NetworkSettings.Ports?.[port ?? ""] ?? [];
  const [first] = published;
  if (first === undefined) throw new SluiceError("SLUICE_SANDBOX_START_FAILED", "the server ended at once");
  if (published.some(({ HostIp }) => HostIp !== "127.0.0.1")) {
    throw notApplied(`the port's address: asked 127.0.0.1, found ${JSON.stringify(published)}`);
  }
  return `127.0.0.1:${first.HostPort}`;
}

function notApplied(what: string): SluiceError {
  return new SluiceError("SLUICE_SANDBOX_NOT_APPLIED", `the engine did not apply ${what}; the container was refused`);
}

/** Reads what the server writes, so that it never waits for a reader, until its end. */
function outputOf(pipe: Duplex): Promise<ServiceExit> {
  const decoder = new TextDecoder();
  let output = "";
  const reader = new StdcopyReader((_stream, piece) => {
    output = cutTextStart(output + decoder.decode(piece, { stream: true }), KEPT);
  });
  pipe.on("data", (chunk: Buffer) => reader.feed(chunk));
  const { promise, resolve } = Promise.withResolvers<ServiceExit>();
  const end = () => resolve({ output: output.trimEnd() });
  pipe.on("end", end).on("close", end).on("error", end);
  return promise;
}

function startError(error: unknown, { HostConfig }: ServiceOptions): unknown {
  const status = statusOf(error);
  if (status === undefined) return error;
  const message = error instanceof Error ? error.message : String(error);
  const unconfined = appArmorFault(message, appArmorOf(HostConfig));
  if (unconfined) return unconfined;
  const missing = status === 404 && /no such image/i.test(message);
  return new SluiceError(missing ? "SLUICE_SANDBOX_IMAGE_MISSING" : "SLUICE_SANDBOX_START_FAILED", message, {
    cause: error,
  });
}
