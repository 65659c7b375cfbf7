import { SluiceError } from "../../../core/contract/index.ts";
import { appArmorOf, type CreateOptions, type HostConfig, KEPT_CAPABILITIES } from "./create-options.ts";

/** Ways to more that nobody asks for. */
const EMPTY = ["Devices", "DeviceCgroupRules", "DeviceRequests", "GroupAdd", "Mounts", "VolumesFrom"] as const;

/** What the engine says of a container it has made, as far as it is compared. */
export interface ContainerInspection {
  readonly Config: { readonly User: string; readonly Env: readonly string[] | null };
  /** What is mounted, volumes of the image besides. */
  readonly Mounts?: readonly { readonly Type?: string; readonly Destination?: string }[] | null;
  readonly AppArmorProfile?: string;
  readonly HostConfig: { readonly [Field in keyof HostConfig]: unknown } & {
    readonly PidMode?: string;
    readonly UTSMode?: string;
    readonly UsernsMode?: string;
    readonly PortBindings?: Readonly<Record<string, unknown>> | null;
  } & { readonly [Field in (typeof EMPTY)[number]]?: readonly unknown[] | null };
}

/** What the supervisor reads in its own kernel: see `image/opt/supervisor/cgroup.py`. Null where it cannot be read. */
export interface KernelLimits {
  readonly memory: number | null;
  readonly pids: number | null;
  readonly cpus: number | null;
  readonly capabilities: string | null;
  readonly noNewPrivileges: string | null;
  readonly seccomp: string | null;
  /** The label of the security module that confines it, and its mode. */
  readonly confined: string | null;
}

/** SETGID is bit 6, KILL 5, SETUID 7 of a capability mask (linux/capability.h). */
const CAPABILITY_BITS: Record<string, number> = { KILL: 5, SETGID: 6, SETUID: 7 };

function refuse(field: string, wanted: unknown, found: unknown): never {
  const text = (value: unknown) => JSON.stringify(value) ?? "nothing";
  throw new SluiceError(
    "SLUICE_SANDBOX_NOT_APPLIED",
    `the engine did not apply ${field}: asked ${text(wanted)}, found ${text(found)}; the container was refused`,
  );
}

/** Compares what was asked with what the engine recorded. @throws SluiceError SLUICE_SANDBOX_NOT_APPLIED */
export function verifyInspected(
  asked: Pick<CreateOptions, "User" | "HostConfig">,
  inspected: ContainerInspection,
): void {
  const found = inspected.HostConfig;
  for (const field of Object.keys(asked.HostConfig) as (keyof HostConfig)[]) {
    const wanted = normalize(field, asked.HostConfig[field]);
    const got = normalize(field, found[field]);
    if (JSON.stringify(wanted) !== JSON.stringify(got)) refuse(field, asked.HostConfig[field], found[field]);
  }
  if (inspected.Config.User !== asked.User) refuse("User", asked.User, inspected.Config.User);
  for (const field of ["PidMode", "UTSMode"] as const) {
    if (found[field]) refuse(field, "", found[field]);
  }
  if (found.UsernsMode === "host") refuse("UsernsMode", "", found.UsernsMode);
  for (const field of EMPTY) {
    if ((found[field] ?? []).length > 0) refuse(field, [], found[field]);
  }
  if (Object.keys(found.PortBindings ?? {}).length > 0) refuse("PortBindings", {}, found.PortBindings);
  const volume = (inspected.Mounts ?? []).find(({ Type }) => Type === "volume");
  if (volume) refuse("Mounts", "no volume of the image", volume.Destination);
  if (inspected.AppArmorProfile === "unconfined") refuse("AppArmorProfile", "a profile", "unconfined");
}

/** Compares what was asked with what the kernel enforces; what it does not tell (gVisor) is left to the engine's word. */
export function verifyEnforced(asked: CreateOptions, enforced: KernelLimits): void {
  const { Memory, PidsLimit, NanoCpus, SecurityOpt } = asked.HostConfig;
  if (asked.HostConfig.Runtime !== "runc" && asked.HostConfig.Runtime !== "crun") return;
  if (enforced.memory === null || enforced.memory > Memory) refuse("Memory", Memory, enforced.memory);
  if (enforced.pids === null || enforced.pids > PidsLimit) refuse("PidsLimit", PidsLimit, enforced.pids);
  const cpus = NanoCpus / 1e9;
  if (enforced.cpus === null || enforced.cpus > cpus * 1.01 + 0.01) refuse("NanoCpus", cpus, enforced.cpus);
  const mask = KEPT_CAPABILITIES.reduce((sum, name) => sum + 2 ** (CAPABILITY_BITS[name] ?? 0), 0);
  const bounding = Number.parseInt(enforced.capabilities ?? "ffffffff", 16);
  if (bounding !== mask) refuse("CapDrop", KEPT_CAPABILITIES, enforced.capabilities);
  if (SecurityOpt.includes("no-new-privileges") && enforced.noNewPrivileges !== "1") {
    refuse("SecurityOpt no-new-privileges", "1", enforced.noNewPrivileges);
  }
  if (enforced.seccomp !== "2") refuse("SecurityOpt seccomp", "2", enforced.seccomp);
  // An engine without AppArmor takes the name and does nothing with it; a profile that only complains holds nothing.
  const apparmor = appArmorOf(asked.HostConfig);
  if (apparmor !== undefined && enforced.confined !== `${apparmor} (enforce)`) {
    refuse("SecurityOpt apparmor", `${apparmor} (enforce)`, enforced.confined);
  }
}

function normalize(field: keyof HostConfig, value: unknown): unknown {
  switch (field) {
    case "CapAdd":
    case "CapDrop":
      return list(value)
        .map((name) => String(name).toUpperCase().replace(/^CAP_/, ""))
        .sort();
    case "SecurityOpt":
      return list(value)
        .map((option) => String(option).replace(/[:=]true$/, ""))
        .sort();
    case "Binds":
    case "MaskedPaths":
    case "ReadonlyPaths":
      return list(value).map(String).sort();
    case "Ulimits":
      return list(value)
        .map((one) => one as { Name: string; Soft: number; Hard: number })
        .map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`)
        .sort();
    case "RestartPolicy":
      return (value as { Name?: string } | null)?.Name || "no";
    case "LogConfig":
      return (value as { Type?: string } | null)?.Type;
    case "Tmpfs":
      return Object.entries((value as Record<string, string> | null) ?? {}).sort();
    default:
      return value;
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
