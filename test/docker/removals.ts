import type { CreateOptions, HostConfig } from "../../plugins/docker-sandbox/container/create-options.ts";

/** One protection taken away, and the cases that must miss it. */
export interface Removal {
  readonly name: string;
  /** Cases that fail, those of the gate included: where it fails, nothing else is tried. */
  readonly fails: readonly number[];
  /** Cases to try. Default: those that fail. */
  readonly tries?: readonly number[];
  readonly weaken: (create: CreateOptions) => CreateOptions;
}

const host =
  (change: Partial<Record<keyof HostConfig | "PidMode" | "UTSMode" | "Devices", unknown>>) =>
  (create: CreateOptions): CreateOptions => ({
    ...create,
    HostConfig: { ...create.HostConfig, ...change } as HostConfig,
  });

interface Rule {
  names: readonly string[];
  action: string;
  args?: readonly object[];
}

const withSeccomp = (change: (rules: Rule[]) => Rule[]) => (create: CreateOptions) => {
  const SecurityOpt = create.HostConfig.SecurityOpt.map((option) => {
    if (!option.startsWith("seccomp=")) return option;
    const profile = JSON.parse(option.slice("seccomp=".length)) as { syscalls: Rule[] };
    return `seccomp=${JSON.stringify({ ...profile, syscalls: change(profile.syscalls) })}`;
  });
  return host({ SecurityOpt })(create);
};

/** The list without the entry that refuses them: nothing is left that does. */
const allowing = (...names: string[]) =>
  withSeccomp((rules) => [
    ...rules.map((rule) => ({ ...rule, names: rule.names.filter((name) => !names.includes(name)) })),
    { names, action: "SCMP_ACT_ALLOW" },
  ]);

const allowingWith = (name: string, args: readonly object[]) =>
  withSeccomp((rules) => [...rules, { names: [name], action: "SCMP_ACT_ALLOW", args }]);
const flag = (value: number) => [{ index: 0, value, valueTwo: value, op: "SCMP_CMP_MASKED_EQ" }];
const is = (index: number, value: number) => ({ index, value, op: "SCMP_CMP_EQ" });

const withoutOption = (pattern: RegExp) => (create: CreateOptions) =>
  host({ SecurityOpt: create.HostConfig.SecurityOpt.filter((option) => !pattern.test(option)) })(create);
const withoutUlimits =
  (...names: string[]) =>
  (create: CreateOptions) =>
    host({ Ulimits: create.HostConfig.Ulimits.filter(({ Name }) => !names.includes(Name)) })(create);
const withTmpfs = (change: (options: string) => string) => (create: CreateOptions) => {
  const entries = Object.entries(create.HostConfig.Tmpfs).map(([path, options]) => [path, change(options)]);
  return host({ Tmpfs: Object.fromEntries(entries) })(create);
};

const one = (name: string, id: number, weaken: Removal["weaken"]): Removal => ({ name, fails: [id], weaken });

interface Given {
  /** A socket that the test listens at. */
  readonly socket: string;
  /** A folder of its own. */
  readonly folder: string;
  /** An image with a setuid program. */
  readonly image: string;
}

export function removals(given: Given): readonly Removal[] {
  return [...namespacesAndRights(given), ...systemCalls, ...mountsAndLimits(given)];
}

const namespacesAndRights = (given: Given): readonly Removal[] => [
  { name: "PidMode: host", fails: [1, 3], weaken: host({ PidMode: "host" }) },
  ...(["IpcMode", "UTSMode", "CgroupnsMode"] as const).map((mode) => one(`${mode}: host`, 1, host({ [mode]: "host" }))),
  one("the root shown inside", 2, host({ Binds: ["/:/mnt:ro"] })),
  one("another command", 3, (create) => ({ ...create, Cmd: ["/bin/sh", "-c", `${create.Cmd.join(" ")}; true`] })),
  one("CapDrop", 6, host({ CapDrop: [] })),
  { name: "no-new-privileges", fails: [7], tries: [7, 8], weaken: withoutOption(/^no-new-privileges/) },
  one(
    "nosuid",
    8,
    withTmpfs((options) => options.replace(",nosuid", ",suid")),
  ),
  one("programs without setuid", 9, (create) => ({ ...create, Image: given.image })),
  one("programs without capabilities", 10, (create) => ({ ...create, Image: given.image })),
];

const systemCalls: readonly Removal[] = [
  one("unshare of users", 13, allowingWith("unshare", flag(0x10000000))),
  one("clone of users", 13, allowingWith("clone", flag(0x10000000))),
  one("unshare of mounts", 14, allowingWith("unshare", flag(0x20000))),
  one("unshare of networks", 15, allowingWith("unshare", flag(0x40000000))),
  one("clone3", 16, allowing("clone3")),
  one("setns", 17, allowing("setns")),
  one("mount", 18, allowing("mount")),
  one("fsopen and its like", 19, allowing("fsopen", "fsconfig", "fsmount", "move_mount")),
  one("open_tree", 20, allowing("open_tree")),
  one("umount2", 21, allowing("umount2")),
  one("pivot_root", 22, allowing("pivot_root")),
  one("chroot", 23, allowing("chroot")),
  one("bpf", 24, allowing("bpf")),
  one("perf_event_open", 25, allowing("perf_event_open")),
  one("userfaultfd", 26, allowing("userfaultfd")),
  one("keyctl", 27, allowing("keyctl")),
  one("add_key", 27, allowing("add_key")),
  one("io_uring", 28, allowing("io_uring_setup")),
  one("ptrace", 29, allowing("ptrace")),
  one("process_vm_readv", 30, allowing("process_vm_readv")),
  one("pidfd_getfd", 31, allowing("pidfd_getfd")),
  one("kexec_load", 32, allowing("kexec_load")),
  one("init_module", 32, allowing("init_module")),
  one("finit_module", 32, allowing("finit_module")),
  one("open_by_handle_at", 33, allowing("open_by_handle_at")),
  one("iopl", 34, allowing("iopl")),
  one("ioperm", 34, allowing("ioperm")),
  one("clock_settime", 35, allowing("clock_settime")),
  one("sethostname", 35, allowing("sethostname")),
  one("swapon", 36, allowing("swapon")),
  one("reboot", 36, allowing("reboot")),
  one("acct", 36, allowing("acct")),
  one("quotactl", 36, allowing("quotactl")),
  one("personality", 37, allowing("personality")),
  one("modify_ldt", 38, allowing("modify_ldt")),
  one("memfd_secret", 38, allowing("memfd_secret")),
  {
    name: "seccomp",
    fails: [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 31, 37, 39, 40, 41, 42, 44],
    weaken: (create) => host({ SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] })(create),
  },
  one("AF_PACKET", 39, allowingWith("socket", [is(0, 17)])),
  one("AF_VSOCK", 40, allowingWith("socket", [is(0, 40)])),
  one("AF_ALG", 41, allowingWith("socket", [is(0, 38)])),
  one("AF_NETLINK", 42, allowingWith("socket", [is(0, 16)])),
  ...[31, 29, 30, 44, 21].map((family) => one(`family ${family}`, 43, allowingWith("socket", [is(0, family)]))),
  one("SOCK_RAW", 44, allowingWith("socket", [{ index: 1, value: 15, valueTwo: 3, op: "SCMP_CMP_MASKED_EQ" }])),
];

const mountsAndLimits = (given: Given): readonly Removal[] => [
  one("NetworkMode: host", 1, (create) => host({ NetworkMode: "host" })({ ...create, NetworkDisabled: false })),
  {
    name: "NetworkMode: bridge",
    fails: [46, 68],
    tries: [46, 68],
    weaken: (create) => host({ NetworkMode: "bridge" })({ ...create, NetworkDisabled: false }),
  },
  one("MaskedPaths", 47, host({ MaskedPaths: [] })),
  one("ReadonlyPaths", 48, host({ ReadonlyPaths: [] })),
  one("interrupts", 54, host({ MaskedPaths: ["/proc/kcore"] })),
  one(
    "Devices",
    56,
    host({ Devices: [{ PathOnHost: "/dev/zero", PathInContainer: "/dev/vda", CgroupPermissions: "r" }] }),
  ),
  one("ShmSize", 58, host({ ShmSize: 4 * 1024 ** 3 })),
  one("msgqueue", 59, withoutUlimits("msgqueue")),
  one("a bind", 60, host({ Binds: [`${given.folder}:/mnt:ro`] })),
  one("ReadonlyRootfs", 60, host({ ReadonlyRootfs: false })),
  one(
    "suid mounts",
    60,
    withTmpfs((options) => options.replace(",nosuid", ",suid")),
  ),
  one("a socket under another name", 61, host({ Binds: [`${given.socket}:/mnt/plain`] })),
  one("a variable", 64, (create) => ({ ...create, Env: ["SECRET_TOKEN=x"] })),
  one("MemorySwap", 88, host({ MemorySwap: -1 })),
  {
    name: "PidsLimit",
    fails: [90, 91],
    weaken: (create) => withoutUlimits("nproc")(host({ PidsLimit: 4096 })(create)),
  },
  one("nofile", 94, withoutUlimits("nofile")),
  one("fsize and core", 95, withoutUlimits("fsize", "core")),
  one("sigpending", 96, withoutUlimits("sigpending")),
  one("memlock", 96, withoutUlimits("memlock")),
  one("nproc", 96, withoutUlimits("nproc")),
];
