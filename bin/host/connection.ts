import { hostPaths } from "../../core/command-line.ts";
import {
  type FlowInfo,
  type InstanceStatus,
  type ProfileCheck,
  type ProfileOutcome,
  type RunHost,
  type SessionInfo,
  SluiceError,
} from "../../core/contract/index.ts";
import { chooseHost, type HostWish } from "./choose-host.ts";
import { type HostFile, readHostFile } from "./host-file.ts";
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

export interface ConnectOptions extends HostWish {
  /** The flow that is wanted: a host in this process starts nothing else. */
  readonly flow: string | undefined;
  /** Only a host of our own will do, as for files of a run that has no session. */
  readonly needsOwn?: boolean;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when `needsHost` or `host` and none is up for this profile */
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
