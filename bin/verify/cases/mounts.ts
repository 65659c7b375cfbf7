import { type Case, exactly, sharesKernel, shown } from "../ground.ts";

const group = "kernel files";
const mebibyte = 1024 * 1024;

/** What every container has, and the options without which it is another. `*` stands for what lies below. */
const known: Readonly<Record<string, readonly string[]>> = {
  "/": ["ro"],
  "/proc": ["nosuid", "nodev", "noexec"],
  "/dev": ["nosuid"],
  "/dev/pts": ["nosuid", "noexec"],
  "/dev/fd": [],
  "/dev/mqueue": ["nosuid", "nodev", "noexec"],
  "/dev/shm": ["nosuid", "nodev", "noexec"],
  "/sys": ["ro", "nosuid", "nodev", "noexec"],
  "/sys/fs/cgroup": ["nosuid", "nodev", "noexec"],
  "/sys/fs/cgroup/*": ["ro", "nosuid", "nodev", "noexec"],
  "/tmp": ["nosuid", "nodev"],
  "/workspace": ["nosuid", "nodev"],
  "/etc/resolv.conf": [],
  "/etc/hostname": [],
  "/etc/hosts": [],
};
/** Settings that are read-only, and files that are covered. */
const covered = /^\/(proc|sys)\//;

type Mount = readonly [point: string, options: readonly string[], system: string, own: readonly string[]];

export const mountCases: readonly Case[] = [
  {
    id: 58,
    group,
    name: "shared memory is bounded, and no program is run from it",
    cure: "The engine must apply ShmSize, and mount /dev/shm noexec.",
    probe: `
state = os.statvfs("/dev/shm")
path = "/dev/shm/.verify"
try:
    with open(path, "w") as file: file.write("#!/bin/sh\\n")
    os.chmod(path, 0o755)
    ran = attempt(lambda: os.posix_spawn(path, [path], {}))
finally:
    if os.path.exists(path): os.unlink(path)
return {"size": state.f_frsize * state.f_blocks, "ran": ran}`,
    judge(seen, { limits }) {
      const { size, ran } = seen as { size: number; ran: string };
      const most = Math.max(64 * mebibyte, limits.memory / 16);
      if (size <= 0 || size > most) return `its size is ${size}, and not ${most} at most`;
      return ran === "EACCES" ? undefined : `a program of it answered ${ran}`;
    },
  },
  {
    id: 59,
    group,
    name: "message queues are bounded",
    cure: "The engine must apply the limit msgqueue.",
    probe: `return resource.getrlimit(resource.RLIMIT_MSGQUEUE)[1] if hasattr(resource, "RLIMIT_MSGQUEUE") else resource.prlimit(0, 12)[1]`,
    judge: (seen) =>
      Number(seen) > 0 && Number(seen) <= 262_144 ? undefined : `the limit is ${shown(seen)} and not 262144 at most`,
  },
  {
    id: 60,
    group,
    name: "what is mounted is exactly what every container has",
    cure: "List what is to be shown in `binds:`, and give the container no other mount.",
    probe: `return mounts()`,
    judge(seen, ground) {
      const bound = ((ground.config["binds"] ?? []) as readonly string[]).map((bind) => bind.split(":")[1]);
      const mounts = (seen ?? []) as readonly Mount[];
      const wrong = mounts.flatMap(([point, options, , own]) => {
        if (bound.includes(point)) return [];
        const wanted = known[point] ?? known[point.replace(/[^/]+$/, "*")];
        if (wanted === undefined) return covered.test(point) ? [] : [`${point} is known to nobody`];
        // A kernel of its own tells some options of the file system and not of the mount.
        const lacking = wanted.filter((option) => !options.includes(option) && !own.includes(option));
        return lacking.length === 0 || !sharesKernel(ground) ? [] : [`${point} is not ${lacking.join(", ")}`];
      });
      return wrong.length === 0 && mounts.length > 3 ? undefined : wrong.join("; ") || "no mount was seen";
    },
  },
  {
    id: 61,
    group,
    name: "no socket of anybody else's is found",
    cure: "Show no folder that holds a socket.",
    // A socket over a file looks like that file in its folder: so mounts are looked at one by one.
    probe: `
own = "/tmp/.verify-socket"
listening = socket.socket(socket.AF_UNIX)
looked, found = 0, []
try:
    listening.bind(own)
    listening.listen()
    waiting, others = ["/"], [mount[0] for mount in mounts()]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    looked += 1
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path not in ("/proc", "/sys"): waiting.append(entry.path)
                    elif not entry.is_file(follow_symlinks=False) and not entry.is_symlink(): others.append(entry.path)
        except OSError: continue
    for path in others:
        try:
            if stat.S_ISSOCK(os.stat(path).st_mode): found.append(path)
        except OSError: continue
finally:
    listening.close()
    if os.path.exists(own): os.unlink(own)
return [looked > 1000, found]`,
    judge: exactly([true, ["/tmp/.verify-socket"]]),
  },
];
