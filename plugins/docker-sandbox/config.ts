import type { DockerSandboxConfig } from "./config.generated.ts";

export type { DockerSandboxConfig } from "./config.generated.ts";

export interface Packages {
  readonly apt: readonly string[];
  readonly pip: readonly string[];
  readonly npm: readonly string[];
}

export const WORKSPACE = "/workspace";

/** Bytes of memory that must be left when /workspace and /tmp are full. */
export const HEADROOM = 64 * 1024 * 1024;

export function workspaceSize(config: DockerSandboxConfig): number {
  return config.workspace ?? Math.floor(config.memory / 2);
}

export function tmpSize(config: DockerSandboxConfig): number {
  return config.tmp ?? Math.floor(config.memory / 8);
}

/** Bytes of /dev/shm: as engines give it by default, and less where memory is little. */
export function sharedSize(memory: number): number {
  return Math.min(64 * 1024 * 1024, Math.floor(memory / 16));
}

/** The users of `users:`; a count that is not positive when it is no range. */
export function usersOf({ users }: DockerSandboxConfig): { readonly first: number; readonly count: number } {
  const [first = 0, last = 0] = users.split("-").map(Number);
  return { first, count: last - first + 1 };
}

export function packagesOf(config: DockerSandboxConfig): Packages {
  const { packages } = config;
  const byInstaller: Partial<Packages> = Array.isArray(packages) ? { apt: packages } : (packages as Partial<Packages>);
  return { apt: byInstaller.apt ?? [], pip: byInstaller.pip ?? [], npm: byInstaller.npm ?? [] };
}
