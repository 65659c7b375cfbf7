import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { type OpenOptions, type RunHandle, SluiceError } from "../../core/index.ts";
import { readHostFile } from "./host-file.ts";
import { statePaths } from "./paths.ts";
import { profileOf } from "./profile.ts";

/** Where runs are opened: the host that is up, or one inside this process. */
export interface Connection extends AsyncDisposable {
  readonly remote: boolean;
  open(options: OpenOptions): Promise<RunHandle>;
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
  readonly signal?: AbortSignal;
}

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when `needsHost` and none is up for this profile */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const profile = profileOf(options.profile);
  const up = readHostFile(statePaths().state);
  const fits = up !== undefined && (options.profile === undefined || samePath(up.profile, profile));
  if (fits && !options.needsOwn) {
    const { connectRemote } = await import("./remote.ts");
    return connectRemote(up, options.signal);
  }
  if (options.needsHost) throw unavailable(up?.profile, profile);
  const { connectLocal } = await import("./local.ts");
  return connectLocal(profile, options.flow);
}

function unavailable(other: string | undefined, profile: string): SluiceError {
  return other === undefined
    ? new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up, and a session outlives this command only in one")
    : new SluiceError("SLUICE_HOST_UNAVAILABLE", `the host that is up serves ${other}, not ${resolve(profile)}`, {
        cure: "Leave -p away, or stop that host and start one with this profile.",
      });
}

function samePath(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return resolve(one) === resolve(other);
  }
}
