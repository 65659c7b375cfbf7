import { type Case, exactly, sharesKernel, shown } from "../ground.ts";

const cure =
  "Use a sandbox that isolates: docker-sandbox as it is shipped, with an engine that applies what it is asked.";

/**
 * What must hold before anything is tried: where code is in the namespaces of this machine, an attempt would be made on
 * the machine itself.
 */
export const gate: readonly Case[] = [
  {
    id: 1,
    group: "gate",
    name: "code has namespaces of its own",
    cure,
    probe: `
def link(name):
    try:
        return os.readlink("/proc/self/ns/" + name)
    except FileNotFoundError:
        return "absent"
return {name: link(name) for name in ("pid", "mnt", "net", "ipc", "uts", "cgroup")}`,
    judge(seen, ground) {
      const { given } = ground;
      const found = seen as Record<string, string>;
      const own = given["namespaces"] as Record<string, string>;
      // A network of the engine's is a namespace too; a kernel of its own needs none for some of these.
      const same = Object.keys(own).filter((name) => found[name] === own[name]);
      const absent = Object.keys(own).filter((name) => (found[name] ?? "absent") === "absent");
      if (same.length > 0) return `it shares with this machine: ${same.join(", ")}`;
      return absent.length === 0 || !sharesKernel(ground) ? undefined : `it cannot tell: ${absent.join(", ")}`;
    },
  },
  {
    id: 2,
    group: "gate",
    name: "the root is not this machine's",
    cure,
    probe: `
roots = {mount[0] for mount in mounts()} | {"/"}
return [root for root in sorted(roots) if os.path.exists(root.rstrip("/") + GIVEN["file"])]`,
    judge: (seen) =>
      Array.isArray(seen) && seen.length === 0 ? undefined : `a file of this machine was found below ${shown(seen)}`,
  },
  {
    id: 3,
    group: "gate",
    name: "process 1 is our supervisor",
    cure,
    probe: `
import glob, hashlib
words = text("/proc/1/cmdline").split("\\0")
digest = hashlib.sha256()
for path in sorted(glob.glob("/opt/sluice/supervisor/*.py")):
    digest.update(os.path.basename(path).encode() + b"\\0")
    with open(path, "rb") as file:
        digest.update(file.read())
return ["/opt/sluice/supervisor/main.py" in words, digest.hexdigest(), status()["Uid"].split()[0] != "0"]`,
    judge: (seen, { given }) => exactly([true, given["supervisor"], true])(seen),
  },
];
