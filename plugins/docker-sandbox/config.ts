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

export function userOf(config: DockerSandboxConfig): { readonly uid: number; readonly gid: number } {
  const [uid = "1000", gid = uid] = config.user.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

export function packagesOf(config: DockerSandboxConfig): Packages {
  const { packages } = config;
  const byInstaller: Partial<Packages> = Array.isArray(packages) ? { apt: packages } : (packages as Partial<Packages>);
  return { apt: byInstaller.apt ?? [], pip: byInstaller.pip ?? [], npm: byInstaller.npm ?? [] };
}
