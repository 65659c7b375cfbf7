import { readFile, statfs } from "node:fs/promises";
import { type Environment, type Finding, SluiceError } from "../../../core/contract/index.ts";
import { hasAppArmor, OWN_APPARMOR, OWN_APPARMOR_FILE } from "../container/apparmor.ts";
import { type Address, chosenEngine, type EngineChoice, parseAddress } from "../engine/address.ts";
import { askEngine } from "./ask-engine.ts";

const ok = (name: string, detail: string): Finding => ({ name, status: "ok", detail });
const warn = (name: string, detail: string, cure: string): Finding => ({ name, status: "warn", detail, cure });
const fail = (name: string, detail: string, cure: string): Finding => ({ name, status: "fail", detail, cure });

/** The part of `GET /info` that is read here. */
interface EngineInfo {
  readonly ServerVersion: string;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly Runtimes?: Readonly<Record<string, { readonly runtimeArgs?: readonly string[] }>>;
  readonly DockerRootDir?: string;
  readonly MemoryLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly SecurityOptions?: readonly string[];
}

/** The options of docker-sandbox that choose the engine and its image. */
export interface EngineOptions {
  readonly docker?: EngineChoice;
  readonly runtime?: string;
}

const enoughDisk = 2e9;

export async function examineDocker(wanted: EngineOptions, environment: Environment = {}): Promise<Finding[]> {
  let address: Address;
  let info: EngineInfo;
  try {
    address = parseAddress(chosenEngine(wanted.docker ?? {}, environment));
    info = await askEngine<EngineInfo>("/info", address);
  } catch (error) {
    const { message, cure } = SluiceError.from(error);
    return [fail("docker", message, cure)];
  }
  return [
    ok("docker", `${info.ServerVersion} at ${address.text}`),
    cgroups(info),
    security(info),
    ...(hasAppArmor(info) ? [appArmorFinding(await loadedProfiles(address))] : []),
    runtime(info, wanted.runtime ?? "runc"),
    await disk(info),
  ];
}

function cgroups(info: EngineInfo): Finding {
  const detail = `version ${info.CgroupVersion ?? "1"}, ${info.CgroupDriver ?? "unknown driver"}`;
  const missing = [info.MemoryLimit === false && "memory", info.PidsLimit === false && "pids"].filter(Boolean);
  if (missing.length === 0) return ok("cgroups", detail);
  return fail(
    "cgroups",
    `${detail}; no limit for ${missing.join(" and ")}`,
    "Enable these controllers: on Debian, boot with cgroup_enable=memory, or use cgroup version 2.",
  );
}

function security(info: EngineInfo): Finding {
  const options = info.SecurityOptions ?? [];
  if (options.some((option) => option.includes("name=seccomp"))) return ok("seccomp", options.join(" "));
  return warn("seccomp", "the engine has no seccomp profile", "Use an engine and a kernel with seccomp.");
}

/** What the kernel of this machine has loaded, where the engine is on it and this user may see it. */
async function loadedProfiles(address: Address): Promise<string | undefined> {
  if (!("socketPath" in address)) return undefined;
  return readFile("/sys/kernel/security/apparmor/profiles", "utf8").catch(() => undefined);
}

/** Whether our own profile is there, of an engine with AppArmor. */
export function appArmorFinding(profiles: string | undefined): Finding {
  const cure = `As root there: cp ${OWN_APPARMOR_FILE} /etc/apparmor.d/ && apparmor_parser -r /etc/apparmor.d/${OWN_APPARMOR}`;
  if (profiles === undefined) {
    return ok("apparmor", `the engine has it, and ${OWN_APPARMOR} is used where it is loaded. ${cure}`);
  }
  const [, mode] = new RegExp(`^${OWN_APPARMOR} \\((\\w+)\\)$`, "m").exec(profiles) ?? [];
  if (mode === "enforce") return ok("apparmor", `${OWN_APPARMOR} is loaded`);
  return warn("apparmor", `${OWN_APPARMOR} ${mode ? `is loaded to ${mode}` : "is not loaded"}`, cure);
}

function runtime(info: EngineInfo, wanted: string): Finding {
  const names = Object.keys(info.Runtimes ?? {});
  // gVisor's, for machines without cgroups of version 2. The engine does not know that its limits are then without effect.
  if (info.Runtimes?.[wanted]?.runtimeArgs?.some((option) => /^--?ignore-cgroups(=true)?$/.test(option))) {
    return warn(
      "runtime",
      `${wanted} is registered with --ignore-cgroups: nothing bounds memory, processor and processes`,
      "Register it without that option, on a machine with cgroup version 2.",
    );
  }
  if (names.includes(wanted)) return ok("runtime", names.join(", "));
  return fail(
    "runtime",
    `${wanted} is not registered; there is ${names.join(", ")}`,
    "Install it and register it in daemon.json, or set runtime: runc.",
  );
}

async function disk(info: EngineInfo): Promise<Finding> {
  const folder = info.DockerRootDir ?? "/var/lib/docker";
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const detail = `${(free / 1e9).toFixed(1)} GB free at ${folder}`;
    if (free >= enoughDisk) return ok("disk", detail);
    return warn("disk", detail, "Free some space: `docker system df` shows what uses it.");
  } catch {
    return ok("disk", `${folder} is not on this machine`);
  }
}
