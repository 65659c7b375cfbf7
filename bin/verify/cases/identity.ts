import { type Case, exactly, ownKernel, run, shown } from "../ground.ts";

const group = "identity";
const rights = "Take nothing out of what the sandbox asks of the engine: `sluice doctor` names what the engine lacks.";

export const identity: readonly Case[] = [
  {
    id: 4,
    group,
    name: "code is an unprivileged user without groups",
    cure: rights,
    probe: `return {"users": sorted(set(os.getresuid())), "groups": sorted(set(os.getresgid())), "more": os.getgroups()}`,
    judge(seen) {
      const { users, groups, more } = seen as { users: number[]; groups: number[]; more: number[] };
      const [user = 0] = users;
      const [main = 0] = groups;
      const others = more.filter((each) => each !== main);
      return users.length === 1 && groups.length === 1 && user > 0 && main > 0 && others.length === 0
        ? undefined
        : `it is ${shown(seen)}`;
    },
  },
  {
    id: 5,
    group,
    name: "code has no capability",
    cure: rights,
    probe: `return [int(status().get(name, "0").strip(), 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")]`,
    judge: exactly([0, 0, 0, 0]),
  },
  {
    id: 6,
    group,
    name: "no program can be given more than the supervisor has",
    cure: "The engine must drop all capabilities but SETUID, SETGID and KILL.",
    probe: `return int(status()["CapBnd"].strip(), 16)`,
    judge: exactly(0xe0),
  },
  {
    id: 7,
    group,
    name: "no new privileges",
    cure: "The engine must apply no-new-privileges.",
    needs: ownKernel,
    probe: `return status()["NoNewPrivs"].strip()`,
    judge: exactly("1"),
  },
  {
    id: 8,
    group,
    name: "a setuid program of one's own raises nothing",
    cure: "Workspace and /tmp must be mounted nosuid, and no-new-privileges be applied.",
    needs: ownKernel,
    // Its owner is the code itself, so it could gain no more than it has; the mount's option is what is looked at.
    probe: `
import shutil, subprocess
found = {}
for folder in ("/workspace", "/tmp", "/dev/shm"):
    path = folder + "/.verify-setuid"
    try:
        shutil.copy(shutil.which("id"), path)
        os.chmod(path, 0o4755)
        kept = bool(os.stat(path).st_mode & 0o4000)
        ran = attempt(lambda: subprocess.run([path, "-u"], capture_output=True, check=False))
        nosuid = bool(os.statvfs(path).f_flag & os.ST_NOSUID)
        found[folder] = "nosuid" if kept and nosuid and ran in ("done", "EACCES") else [kept, nosuid, ran]
    finally:
        if os.path.exists(path): os.unlink(path)
return found`,
    judge: exactly({ "/workspace": "nosuid", "/tmp": "nosuid", "/dev/shm": "nosuid" }),
  },
  {
    id: 9,
    group,
    name: "no program of the image is setuid or setgid",
    cure: "Build the image again: `sluice sandbox build --force`.",
    probe: `
device = os.lstat("/").st_dev
looked, found = 0, []
for folder, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if os.lstat(os.path.join(folder, name)).st_dev == device]
    for name in names:
        state = os.lstat(os.path.join(folder, name))
        looked += 1
        if stat.S_ISREG(state.st_mode) and state.st_mode & 0o6000:
            found.append(os.path.join(folder, name))
return [looked > 1000, found]`,
    judge: exactly([true, []]),
  },
  {
    id: 10,
    group,
    name: "no program of the image has file capabilities",
    cure: "Build the image again: `sluice sandbox build --force`.",
    probe: `
looked, found = 0, []
for root in ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/lib", "/bin", "/sbin"):
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not os.access(path, os.X_OK) or os.path.islink(path): continue
            looked += 1
            try:
                if "security.capability" in os.listxattr(path): found.append(path)
            except OSError: pass
return [looked > 50, found]`,
    judge: exactly([true, []]),
  },
  {
    id: 11,
    group,
    name: "another session is another user",
    cure: "Leave `user:` out: then each session has a user of its own.",
    needs: ({ config }) => (config["user"] === undefined ? undefined : "the profile names one user for all sessions"),
    async prove({ open }) {
      await using one = await open();
      await using other = await open();
      const [first, second] = [await run(one, "bash", "id -u"), await run(other, "bash", "id -u")];
      if (!/^\d+\n$/.test(first.stdout)) throw new Error(`the user is told as ${shown(first.stdout)}`);
      if (first.stdout === second.stdout) throw new Error(`both are user ${first.stdout.trim()}`);
    },
  },
  {
    id: 12,
    group,
    name: "root inside is not root of the host",
    cure: "Use a rootless engine, or one with userns-remap in its daemon.json.",
    // No engine has it unless it was set up so; code is no root in either case.
    needs: ({ given }) =>
      given["userns"] === true ? undefined : "the engine has no user namespaces (rootless, or userns-remap)",
    probe: `return text("/proc/self/uid_map").split()[:2]`,
    judge: (seen) => (Array.isArray(seen) && seen[1] !== "0" ? undefined : `users are mapped as ${shown(seen)}`),
  },
];
