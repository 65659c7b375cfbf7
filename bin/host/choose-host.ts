import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { hostPaths } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { painter } from "../output/style.ts";
import { type HostFile, nameOf, readHostFile } from "./host-file.ts";
import { profileOf } from "./profile.ts";

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
