import { type DockerSandboxConfig, tmpSize, userOf, WORKSPACE, workspaceSize } from "../config.ts";

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
  readonly Tmpfs: Readonly<Record<string, string>>;
  readonly Memory: number;
  readonly MemorySwap: number;
  readonly NanoCpus: number;
  readonly PidsLimit: number;
  readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
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

export interface CreateInput {
  readonly config: DockerSandboxConfig;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The text of `seccomp:`'s file. */
  readonly seccomp?: string;
}

export function createOptions({ config, image, labels, seccomp }: CreateInput): CreateOptions {
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
    HostConfig: hostConfig(config, seccomp),
  };
}

function hostConfig(config: DockerSandboxConfig, seccomp: string | undefined): HostConfig {
  const { uid, gid } = userOf(config);
  const workspace = workspaceSize(config);
  return {
    CapDrop: ["ALL"],
    CapAdd: KEPT_CAPABILITIES,
    SecurityOpt: ["no-new-privileges", ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`])],
    Privileged: false,
    ReadonlyRootfs: true,
    Tmpfs: {
      [WORKSPACE]: `rw,exec,nosuid,nodev,size=${workspace},uid=${uid},gid=${gid},mode=0755`,
      "/tmp": `rw,exec,nosuid,nodev,size=${tmpSize(config)},mode=1777`,
    },
    Memory: config.memory,
    MemorySwap: config.memory,
    NanoCpus: Math.round(config.cpus * 1e9),
    PidsLimit: config.pids,
    Ulimits: [
      { Name: "core", Soft: 0, Hard: 0 },
      { Name: "fsize", Soft: config.memory, Hard: config.memory },
      { Name: "nofile", Soft: 4096, Hard: 4096 },
    ],
    NetworkMode: config.network === "open" ? "bridge" : "none",
    PublishAllPorts: false,
    Runtime: config.runtime,
    Binds: config.binds.map((bind) => (/:r[ow]$/.test(bind) ? bind : `${bind}:ro`)),
    AutoRemove: true,
    RestartPolicy: { Name: "no" },
    IpcMode: "private",
    CgroupnsMode: "private",
    LogConfig: { Type: "none" },
  };
}
