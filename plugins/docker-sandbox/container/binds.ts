import { lstatSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

/** Folders that are the host's own, or lead to its engine. Nothing in them, and nothing that holds them, is shown. */
const PROTECTED = [
  "/proc",
  "/sys",
  "/dev",
  "/run",
  "/var/run",
  "/var/lib/docker",
  "/var/lib/containerd",
  "/var/lib/containers",
];
/** Folders inside that are the sandbox's own: nothing may be put into them, or over what holds them. */
const RESERVED = [
  "/proc",
  "/sys",
  "/dev",
  "/run",
  "/opt/sluice",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
  "/usr/bin",
  "/usr/sbin",
  "/usr/lib",
  "/usr/local/bin",
];
/** Into these, but not over them. */
const MOUNTED = ["/tmp", "/workspace"];

export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly mode: "ro" | "rw";
}

export class BindError extends Error {
  readonly cure: string;
  /** Whether it may be made before the sandbox starts. */
  readonly isMissing: boolean;

  constructor(message: string, cure = "Write /host/folder:/folder, or with :rw at the end.", isMissing = false) {
    super(message);
    this.cure = cure;
    this.isMissing = isMissing;
  }
}

/**
 * Reads one entry of `binds:`, and resolves its source where this machine has it: what a link leads to is what is shown.
 * Without a socket the engine is another machine's, whose files nobody here can look at.
 * @throws BindError
 */
export function resolveBind(bind: string, engineSocket: string | undefined): Bind {
  const [source = "", target = "", mode = "ro", ...rest] = bind.split(":");
  if (rest.length > 0 || (mode !== "ro" && mode !== "rw")) {
    throw new BindError(`${bind} is not of the form /host:/path[:ro|:rw]`);
  }
  if (!path.posix.isAbsolute(source) || !path.posix.isAbsolute(target)) {
    throw new BindError(`${bind} has a relative path`);
  }
  const to = trimmed(target);
  if (MOUNTED.includes(to) || RESERVED.some((each) => isWithin(to, each) || isWithin(each, to))) {
    throw new BindError(`${target} is the sandbox's own`);
  }
  const named = trimmed(source);
  refuseHost(named, source, engineSocket);
  if (engineSocket === undefined) return { source: named, target: to, mode };
  const real = existing(source, named);
  refuseHost(real, source, engineSocket);
  const found = statSync(real);
  if (!found.isDirectory() && !found.isFile()) throw new BindError(`${source} is neither a folder nor a file`);
  return { source: real, target: to, mode };
}

function existing(source: string, named: string): string {
  try {
    return realpathSync(named);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new BindError(
      `${source} ${isMissing ? "is not there" : "cannot be looked at"}`,
      "Make the folder, or leave it out: the engine would make it as root.",
      isMissing,
    );
  }
}

function refuseHost(from: string, source: string, engineSocket: string | undefined): void {
  const kept = [...PROTECTED, ...(engineSocket === undefined ? [] : socketPaths(engineSocket))];
  const opened = kept.find((each) => isWithin(from, each) || isWithin(each, from));
  if (opened === undefined && !/\.sock$/.test(from)) return;
  const because = from === source ? "" : ` (it is ${from})`;
  throw new BindError(`${source}${because} would hand the host to the sandbox`, "Name a folder of your own files.");
}

/** The socket as it is named, and what it leads to. */
function socketPaths(socket: string): readonly string[] {
  try {
    lstatSync(socket);
    return [trimmed(socket), realpathSync(socket)];
  } catch {
    return [trimmed(socket)];
  }
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === "/" ? "/" : `${outer}/`);
}

function trimmed(name: string): string {
  return path.posix.normalize(name).replace(/(.)\/$/, "$1");
}
