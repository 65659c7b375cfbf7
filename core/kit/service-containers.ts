import type { PrepareOptions } from "../contract/sandbox.ts";

/**
 * Containers that run a server and not code of a flow: what a sandbox may lend to other plugins, beside its sessions.
 * A plugin refers to the sandbox (`x-ref: sandbox`) and asks whether it lends them: see {@link lendsContainers}.
 *
 * Promises: a container has the same limits as a sandbox's but for its network; its port is open on the loopback
 * interface of this machine alone; what was asked was applied and read back, or starting rejects with
 * `SLUICE_SANDBOX_NOT_APPLIED`; it is labelled as all containers of the host are, and ends with the host, however the
 * host ends; an aborted start leaves nothing behind.
 */
export interface ServiceContainers {
  /**
   * Builds the image, and the base it stands on where no registry can be reached. Idempotent.
   * @throws SluiceError SLUICE_SANDBOX_BUILD_FAILED, SLUICE_SANDBOX_IMAGE_MISSING
   */
  prepareService(image: ServiceImage, options: PrepareOptions, signal: AbortSignal): Promise<void>;
  /** Starts one; an image that is not there yet is built first. Resolves when its port is open to be tried. */
  startService(spec: ServiceSpec, signal: AbortSignal): Promise<ServiceContainer>;
}

/** What the image of a server is built from. */
export interface ServiceImage {
  /** Repository of the image; its tag is a hash of what it is made from. */
  readonly name: string;
  /** The Debian release whose `debian:RELEASE-slim` the Dockerfile begins with, such as `bookworm`. */
  readonly release: string;
  /** May copy and trust `host-ca.crt`, which is there when `caCertificates` names one and empty otherwise. */
  readonly dockerfile: string;
  /** Further files of the build. */
  readonly files: readonly { readonly path: string; readonly content: Uint8Array }[];
  /** `host` passes the host's CA bundle into the build, `none`, or the path of a bundle. */
  readonly caCertificates: string;
}

/** One server in a container: its image, its limits, its network. */
export interface ServiceSpec {
  /** For the container's name and labels: the instance that asks. */
  readonly instance: string;
  readonly session?: string;
  readonly image: ServiceImage;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the server listens on inside. */
  readonly port: number;
  readonly cpus: number;
  /** Bytes; there is no swap. */
  readonly memory: number;
  readonly pids: number;
  /** Bytes of /workspace, kept in memory, where the command starts. */
  readonly workspace: number;
  /** Bytes of /tmp, kept in memory, which is also the home of its user. */
  readonly tmp: number;
  /** Name of an engine's network; `bridge` is the engine's own. Never the host's, nor another container's. */
  readonly network: string;
}

/** Disposing kills and removes it; idempotent. */
export interface ServiceContainer extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  /** `127.0.0.1:port`, from where the port inside is reached. */
  readonly address: string;
  /** Resolves when it has ended, for whatever reason, with the last it wrote. Never rejects. */
  readonly exited: Promise<ServiceExit>;
}

/** How a server ended. */
export interface ServiceExit {
  /** The last lines of its output. */
  readonly output: string;
}

/** Whether a sandbox lends containers for servers. */
export function lendsContainers(sandbox: unknown): sandbox is ServiceContainers {
  const candidate = sandbox as Partial<ServiceContainers> | undefined;
  return typeof candidate?.startService === "function" && typeof candidate.prepareService === "function";
}
