import { type DockerSandboxConfig, sharedSize, tmpSize, WORKSPACE, workspaceSize } from "../config.ts";
import { ownSeccomp } from "./seccomp.ts";
import type { User } from "./users.ts";

/** The body of the engine's "Create a container", as far as we fill it in. */
export interface CreateOptions {
  readonly Image: string;
  readonly Cmd: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly Tty: boolean;
  readonly NetworkDisabled: boolean;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly HostConfig: HostConfig;
}

/** Every field of it is read back after creation and compared; see `verify.ts`. */
export interface HostConfig {
  readonly CapDrop: readonly string[];
  readonly CapAdd: readonly string[];
  readonly SecurityOpt: readonly string[];
  readonly Privileged: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly MaskedPaths: readonly string[];
  readonly ReadonlyPaths: readonly string[];
  readonly Tmpfs: Readonly<Record<string, string>>;
  readonly Memory: number;
  readonly MemorySwap: number;
  readonly NanoCpus: number;
  readonly PidsLimit: number;
  readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly ShmSize: number;
  readonly NetworkMode: string;
  readonly PublishAllPorts: boolean;
  readonly Runtime: string;
  readonly Binds: readonly string[];
  readonly AutoRemove: boolean;
  readonly RestartPolicy: { readonly Name: string };
  readonly IpcMode: string;
  readonly CgroupnsMode: string;
  readonly LogConfig: { readonly Type: string };
}

/** What the supervisor is given: to become the user, and to end the user's processes. Its children have none of it. */
export const KEPT_CAPABILITIES = ["KILL", "SETGID", "SETUID"];
const COMMAND = ["python3", "-I", "-S", "/opt/sluice/supervisor/main.py"];

/** Files of the kernel that tell of the host or of other containers: they read as empty, or are not there. */
export const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/key-users",
  "/proc/latency_stats",
  "/proc/modules",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/softirqs",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
  "/sys/kernel/debug",
  "/sys/kernel/security",
  "/sys/kernel/tracing",
];
/** Settings of the kernel. */
export const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export interface CreateInput {
  readonly config: DockerSandboxConfig;
  readonly user: User;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As `resolveBind` has resolved them. */
  readonly binds?: readonly string[];
  /** The text of `seccomp:`'s file. */
  readonly seccomp?: string;
  /** Name of a profile that is loaded on the engine's machine. Default: the engine's own. */
  readonly apparmor?: string | undefined;
}

export function createOptions(input: CreateInput): CreateOptions {
  const { config, image, labels } = input;
  return {
    Image: image,
    Cmd: COMMAND,
    Entrypoint: [],
    User: "0:0",
    WorkingDir: WORKSPACE,
    Env: [],
    Labels: labels,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    // When the attached host dies, stdin ends, the supervisor with it, and AutoRemove does the rest.
    StdinOnce: true,
    Tty: false,
    // With an allow-list too: what that allows comes through the pipe.
    NetworkDisabled: config.network !== "open",
    Healthcheck: { Test: ["NONE"] },
    HostConfig: hostConfig(input),
  };
}

function hostConfig({ config, user, binds = [], seccomp, apparmor }: CreateInput): HostConfig {
  return {
    ...hardened({
      ...config,
      ...user,
      workspace: workspaceSize(config),
      tmp: tmpSize(config),
      // The kernel counts processes by user: where others share it, theirs would be counted too.
      own: config.user === undefined,
      apparmor,
      ...(seccomp === undefined ? {} : { seccomp }),
    }),
    CapAdd: KEPT_CAPABILITIES,
    NetworkMode: config.network === "open" ? "bridge" : "none",
    Binds: binds,
    Runtime: config.runtime,
  };
}

export interface HardeningOptions extends User {
  readonly memory: number;
  readonly cpus: number;
  readonly pids: number;
  readonly workspace: number;
  readonly tmp: number;
  /** Whether nobody else on the machine has this user. */
  readonly own: boolean;
  readonly seccomp?: string;
  readonly apparmor?: string | undefined;
}

/** What every container gets that runs code of a model, whatever its process 1 is. */
export function hardened(given: HardeningOptions): HostConfig {
  const { uid, gid, memory, apparmor, seccomp = ownSeccomp() } = given;
  return {
    CapDrop: ["ALL"],
    CapAdd: [],
    SecurityOpt: [
      "no-new-privileges",
      `seccomp=${seccomp}`,
      ...(apparmor === undefined ? [] : [`apparmor=${apparmor}`]),
    ],
    Privileged: false,
    ReadonlyRootfs: true,
    MaskedPaths: MASKED_PATHS,
    ReadonlyPaths: READONLY_PATHS,
    Tmpfs: {
      [WORKSPACE]: `rw,exec,nosuid,nodev,size=${given.workspace},uid=${uid},gid=${gid},mode=0755`,
      "/tmp": `rw,exec,nosuid,nodev,size=${given.tmp},mode=1777`,
    },
    Memory: memory,
    MemorySwap: memory,
    NanoCpus: Math.round(given.cpus * 1e9),
    PidsLimit: given.pids,
    Ulimits: [
      ulimit("core", 0),
      ulimit("fsize", memory),
      ulimit("memlock", 64 * 1024),
      ulimit("msgqueue", 256 * 1024),
      ulimit("nofile", 4096),
      ulimit("sigpending", 1024),
      ...(given.own ? [ulimit("nproc", given.pids)] : []),
    ],
    ShmSize: sharedSize(memory),
    NetworkMode: "none",
    PublishAllPorts: false,
    Runtime: "runc",
    Binds: [],
    AutoRemove: true,
    RestartPolicy: { Name: "no" },
    IpcMode: "private",
    CgroupnsMode: "private",
    LogConfig: { Type: "none" },
  };
}

/** The AppArmor profile that is asked for. */
export function appArmorOf({ SecurityOpt }: Pick<HostConfig, "SecurityOpt">): string | undefined {
  const prefix = "apparmor=";
  return SecurityOpt.find((option) => option.startsWith(prefix))?.slice(prefix.length);
}

function ulimit(Name: string, most: number) {
  return { Name, Soft: most, Hard: most };
}
