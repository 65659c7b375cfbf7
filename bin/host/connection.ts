import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { hostPaths } from "../../core/command-line.ts";
import { type InstanceStatus, type RunHost, SluiceError } from "../../core/contract/index.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
import { profileOf } from "./profile.ts";

/** Where runs are opened: the host that is up, or one inside this process. */
export interface Connection extends Omit<RunHost, "version" | "flows">, AsyncDisposable {
  readonly remote: boolean;
  /** Undefined when the store has all runs that were opened here, or the host has none; else what is missing, and why. */
  unstored(): Promise<SluiceError | undefined>;
  instances(): Promise<readonly InstanceStatus[]>;
  /** Resolves false when there is no such session. */
  closeSession(session: string): Promise<boolean>;
  settings(instance: string): Promise<Readonly<Record<string, unknown>>>;
  changeSettings(instance: string, values: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface ConnectOptions {
  /** `-p` as given. */
  readonly profile: string | undefined;
  /** The flow that is wanted: a host in this process starts nothing else. */
  readonly flow: string | undefined;
  /** Only a host that is up will do, as for sessions that outlive the command. */
  readonly needsHost?: boolean;
  /** Only a host of our own will do, as for files of a run that has no session. */
  readonly needsOwn?: boolean;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when `needsHost` and none is up for this profile */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const profile = profileOf(options.profile);
  const up = readHostFile(hostPaths().state);
  const usable = up !== undefined && (up.url !== null || options.needsHost === true);
  if (usable && !options.needsOwn && serves(up, options.profile)) return remote(up);
  if (options.needsHost) throw unavailable(up, profile);
  const { connectLocal } = await import("./local.ts");
  return connectLocal({ profile, only: options.flow, signal: options.signal });
}

/** The profile of the host that `connect` would use, where one is up. */
export function profileServed(flag: string | undefined): string | undefined {
  const up = readHostFile(hostPaths().state);
  return up !== undefined && up.url !== null && serves(up, flag) ? up.profile : undefined;
}

/** The host that is up. @throws SluiceError SLUICE_HOST_UNAVAILABLE */
export async function connectUp(): Promise<Connection> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
  return remote(up);
}

/** Somewhere to read the journal: the host that is up, else the store alone. */
export async function inspectHost(profile: string | undefined): Promise<Connection> {
  const up = readHostFile(hostPaths().state);
  if (up !== undefined && up.url !== null && serves(up, profile)) return remote(up);
  const { connectLocal } = await import("./local.ts");
  return connectLocal({ profile: profileOf(profile), instances: [] });
}

async function remote(up: HostFile): Promise<Connection> {
  const { connectRemote } = await import("./remote.ts");
  return connectRemote(up);
}

/** Without `-p` any host will do; with it, only the one that serves that profile. */
function serves(up: HostFile, flag: string | undefined): boolean {
  return flag === undefined || realPath(up.profile) === realPath(profileOf(flag));
}

function unavailable(up: HostFile | undefined, profile: string): SluiceError {
  return up === undefined
    ? new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up, and only in one a session outlives this command")
    : new SluiceError("SLUICE_HOST_UNAVAILABLE", `the host that is up serves ${up.profile}, not ${resolve(profile)}`, {
        cure: "Leave -p away, or stop that host and start one with this profile.",
      });
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}
