import { type Case, eachIs, exactly, ownKernel, shown } from "../ground.ts";

const group = "kernel files";
const masked = "The engine must apply the sandbox's masked and read-only paths; never run it privileged.";

/** As `container/create-options.ts` of docker-sandbox asks for them: written again, for an engine may be told otherwise. */
const maskedPaths = [
  ...["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats"],
  ...["/proc/modules", "/proc/sched_debug", "/proc/scsi", "/proc/softirqs", "/proc/timer_list", "/proc/timer_stats"],
  ...["/sys/devices/virtual/powercap", "/sys/firmware"],
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];
const settings = [
  ...["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper"],
  ...["/proc/sys/fs/binfmt_misc/register", "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent"],
];

const each = (paths: readonly string[], look: string) =>
  `return {path: ${look} for path in json.loads('${JSON.stringify(paths)}')}`;
/** Setting a file's times asks first whether its mount may be written; whoever is not its owner changes nothing. */
const touched = `attempt(lambda: os.utime(path, (0, 0)))`;

export const kernelFiles: readonly Case[] = [
  {
    id: 47,
    group,
    name: "files that tell of the host are empty or absent",
    cure: masked,
    needs: ownKernel,
    probe: each(maskedPaths, "content(path)"),
    judge: eachIs("empty", "absent"),
  },
  {
    id: 48,
    group,
    name: "folders of the kernel's settings are read-only mounts",
    cure: masked,
    needs: ownKernel,
    probe: each(readonlyPaths, touched),
    judge: eachIs("EROFS", "ENOENT"),
  },
  {
    id: 49,
    group,
    name: "what the kernel would run as root is not written",
    cure: masked,
    probe: each(settings, `[${touched}, os.access(path, os.W_OK)]`),
    judge(seen) {
      if (Object.keys((seen ?? {}) as object).length !== settings.length) return "not all was looked at";
      const wrong = Object.entries(seen as Record<string, [string, boolean]>).filter(
        ([, [error, writable]]) => writable || !["EROFS", "ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(error),
      );
      return wrong.length === 0 ? undefined : `may be written: ${wrong.map(([path]) => path).join(", ")}`;
    },
  },
  {
    id: 50,
    group,
    name: "addresses of the kernel are not told",
    cure: "Set kernel.kptr_restrict to 1 on the machine.",
    probe: `return sorted({line.split()[0].strip("0") for line in text("/proc/kallsyms", 4096).splitlines()[:-1]})`,
    judge: (seen) =>
      Array.isArray(seen) && seen.every((address) => address === "") ? undefined : `it tells ${shown(seen)}`,
  },
  {
    id: 51,
    group,
    name: "memory, ports and log of the kernel are closed",
    cure: masked,
    probe: each(["/proc/kcore", "/dev/kmsg", "/dev/mem", "/dev/port", "/dev/kmem", "/proc/kmsg"], "content(path)"),
    judge: eachIs("empty", "absent", "EPERM", "EACCES"),
  },
  {
    id: 52,
    group,
    name: "no file of a control group is written",
    cure: masked,
    probe: `
looked, found = 0, []
for folder, folders, names in os.walk("/sys/fs/cgroup"):
    for name in [*folders, *names]:
        path = os.path.join(folder, name)
        looked += 1
        if not os.path.islink(path) and os.access(path, os.W_OK): found.append(path)
return [looked > 0, found[:5]]`,
    // A kernel of its own shows none at all.
    judge: (seen, ground) => exactly([ownKernel(ground) === undefined, []])(seen),
  },
  {
    id: 53,
    group,
    name: "control groups of the host have no names here",
    cure: "The engine must give the container a cgroup namespace of its own.",
    probe: `return sorted({line.split(":", 2)[2] for line in text("/proc/self/cgroup").splitlines()})`,
    judge: (seen) =>
      Array.isArray(seen) && seen.every((path) => path === "/") ? undefined : `it is in ${shown(seen)}`,
  },
  {
    id: 54,
    group,
    name: "power and interrupts of the machine are not told",
    cure: masked,
    needs: ownKernel,
    probe: each(["/sys/devices/virtual/powercap", "/proc/interrupts"], "content(path)"),
    judge: eachIs("empty", "absent"),
  },
  {
    id: 55,
    group,
    name: "the kernel's own file systems are empty",
    cure: masked,
    probe: each(["/sys/kernel/debug", "/sys/kernel/security", "/sys/kernel/tracing"], "content(path)"),
    judge: eachIs("empty", "absent", "EACCES"),
  },
  {
    id: 56,
    group,
    name: "the devices are exactly those that every container has",
    cure: "Give the container no devices.",
    probe: `
found = []
for name in sorted(os.listdir("/dev")):
    state = os.lstat("/dev/" + name)
    if stat.S_ISCHR(state.st_mode) or stat.S_ISBLK(state.st_mode): found.append(name)
return found`,
    judge(seen, ground) {
      // gVisor has a device of its own kernel's.
      const emulated = ownKernel(ground) === undefined ? [] : ["fuse"];
      const known = ["console", "full", "null", "ptmx", "random", "tty", "urandom", "zero", ...emulated];
      const found = (seen ?? []) as readonly string[];
      const more = found.filter((name) => !known.includes(name));
      if (more.length > 0) return `there is more: ${more.join(", ")}`;
      return found.includes("null") ? undefined : "not even /dev/null was found";
    },
  },
  {
    id: 57,
    group,
    name: "no device is made",
    cure: "The engine must drop all capabilities.",
    probe: `
def made(kind, path):
    # Of the first disk, and of the memory: to open one changes nothing.
    device = os.makedev(8, 0) if kind == stat.S_IFBLK else os.makedev(1, 1)
    try:
        answer = attempt(lambda: os.mknod(path, kind | 0o600, device))
        if answer != "done" or kind == stat.S_IFIFO: return answer
        return "unopenable" if attempt(lambda: os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))) != "done" else "opened"
    finally:
        if os.path.lexists(path): os.unlink(path)
found = {"fifo": made(stat.S_IFIFO, "/tmp/.verify-node")}
for folder in ("/tmp", "/workspace", "/dev/shm"):
    for name, kind in (("block", stat.S_IFBLK), ("char", stat.S_IFCHR)):
        found[folder + " " + name] = made(kind, folder + "/.verify-node")
return found`,
    judge(seen) {
      const { fifo, ...devices } = seen as Record<string, string>;
      return fifo === "done" ? eachIs("EPERM", "unopenable")(devices) : `a FIFO, which may be made, was not: ${fifo}`;
    },
  },
];
