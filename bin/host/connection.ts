import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { hostPaths } from "../../core/command-line.ts";
import {
  type ClusterOverview,
  type FlowInfo,
  type HostChange,
  type InstanceStatus,
  type ProfileCheck,
  type ProfileOutcome,
  type RunHost,
  type SessionInfo,
  SluiceError,
} from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { painter } from "../output/style.ts";
import { type HostFile, nameOf, readHostFile } from "./host-file.ts";
import { profileOf } from "./profile.ts";

/** Where runs are opened: the host that is up, or one inside this process. */
export interface HostConnection extends Omit<RunHost, "version" | "flows">, AsyncDisposable {
  readonly remote: boolean;
  /** Undefined when the store has all runs that were opened here, or the host has none; else what is missing, and why. */
  unstored(): Promise<SluiceError | undefined>;
  instances(): Promise<readonly InstanceStatus[]>;
  /** Resolves false when there is no such session. */
  closeSession(session: string): Promise<boolean>;
  settings(instance: string): Promise<Readonly<Record<string, unknown>>>;
  changeSettings(instance: string, values: Readonly<Record<string, unknown>>): Promise<void>;
  hosts(): Promise<ClusterOverview>;
  /** `where`: a host by name or id, or `all`. Names those that refused, with the reason. */
  changeSettingsAt(
    where: string,
    instance: string,
    values: Readonly<Record<string, unknown>>,
  ): Promise<readonly HostChange[]>;
  flows(): Promise<readonly FlowInfo[]>;
  sessions(): Promise<readonly SessionInfo[]>;
  /** Ends a run as `cancelled`. @throws SluiceError SLUICE_RUN_NOT_FOUND when it is not under way */
  cancel(run: string): Promise<void>;
  /** Stops an instance and starts it again, as soon as the runs that use it have ended. */
  restart(instance: string): Promise<void>;
  /** What a reload would do, and what the file has of problems. */
  preview(): Promise<ProfileCheck>;
  /** Serves what the file of the profile says now. */
  reload(): Promise<ProfileOutcome>;
}

export interface HostWish {
  /** `-p` as given. */
  readonly profile: string | undefined;
  /** `--host`: only the host that is up will do. `--no-host`: only one in this process. Default: see `chooseHost`. */
  readonly host?: boolean;
  /** Only a host that is up will do, as for sessions that outlive the command. */
  readonly needsHost?: boolean;
  /** Says nothing of a host with another profile. */
  readonly quiet?: boolean;
}

export interface ConnectOptions extends HostWish {
  /** The flow that is wanted: a host in this process starts nothing else. */
  readonly flow: string | undefined;
  /** Only a host of our own will do, as for files of a run that has no session. */
  readonly needsOwn?: boolean;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/**
 * The host that is up, over its WebSocket (`remote.ts`), or one in this process (`local.ts`), which ends with the
 * connection. @throws SluiceError SLUICE_HOST_UNAVAILABLE when `needsHost` or `host` and none is up for this profile
 */
export async function connect(options: ConnectOptions): Promise<HostConnection> {
  const up = options.needsOwn && options.host !== true ? undefined : chooseHost(options);
  if (up !== undefined) return remote(up);
  const { connectLocal } = await import("./local.ts");
  return connectLocal({ profile: profileOf(options.profile), only: options.flow, signal: options.signal });
}

/** The profile of the host that `connect` would use, where one is up. */
export function profileServed(wish: HostWish): string | undefined {
  return chooseHost({ ...wish, quiet: true })?.profile;
}

/** The host that is up. @throws SluiceError SLUICE_HOST_UNAVAILABLE */
export async function connectUp(): Promise<HostConnection> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
  return remote(up);
}

/** Somewhere to read the journal: the host that is up, else the store alone. */
export async function inspectHost(wish: HostWish): Promise<HostConnection> {
  const up = chooseHost(wish);
  if (up !== undefined) return remote(up);
  const { connectLocal } = await import("./local.ts");
  return connectLocal({ profile: profileOf(wish.profile), instances: [] });
}

async function remote(up: HostFile): Promise<HostConnection> {
  const { connectRemote } = await import("./remote.ts");
  return connectRemote(up);
}

/**
 * The host that is up, where this command should use it. A host with another profile than this folder's is never taken
 * unseen: where the folder has a profile of its own, that one is used; where it has none, stderr says which host it is.
 * @throws SluiceError SLUICE_HOST_UNAVAILABLE, SLUICE_USAGE
 */
export function chooseHost(wish: HostWish): HostFile | undefined {
  const { profile, host, needsHost = false } = wish;
  if (host === false) {
    if (needsHost) throw contradiction();
    return undefined;
  }
  const needed = needsHost || host === true;
  const up = readHostFile(hostPaths().state);
  if (up === undefined || (up.url === null && !needed)) {
    if (needed) throw noneUp(needsHost);
    return undefined;
  }
  if (realPath(up.profile) === realPath(profileOf(profile))) return up;
  const named = profile !== undefined;
  if (!named && host === true) return up;
  if (named || existsSync(join(process.cwd(), "sluice.yaml"))) {
    if (needed) throw anotherProfile(up, resolve(profileOf(profile)), named);
    return undefined;
  }
  if (!wish.quiet) tellWhich(up);
  return up;
}

function tellWhich(up: HostFile): void {
  const line = `the host ${nameOf(up)} is used, which serves ${up.profile}; --no-host goes without it`;
  process.stderr.write(`${painter(process.stderr)("dim", `[${printable(line)}]`)}\n`);
}

function contradiction(): SluiceError {
  return new SluiceError("SLUICE_USAGE", "--session and --no-host are both given", {
    cure: "Leave one away: a session outlives this command only in a host that is up.",
  });
}

function noneUp(session: boolean): SluiceError {
  const why = session ? ", and only in one a session outlives this command" : "";
  return new SluiceError("SLUICE_HOST_UNAVAILABLE", `no host is up${why}`);
}

function anotherProfile(up: HostFile, wanted: string, named: boolean): SluiceError {
  const message = `the host that is up serves ${up.profile}, not ${wanted}`;
  const use = named ? "Leave -p away and give --host" : "Give --host";
  return new SluiceError("SLUICE_HOST_UNAVAILABLE", message, {
    cure: `${use} to use that host as it is, or stop it with \`sluice down\` and start one with this profile.`,
  });
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}
