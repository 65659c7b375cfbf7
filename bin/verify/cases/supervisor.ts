import { type Case, eachIs, exactly, ownKernel, shown } from "../ground.ts";

const group = "supervisor";
const cure = "Run the sandbox image as it is built: `sluice sandbox build --force`.";

/** What one look from inside tells of process 1. */
export const supervisor: readonly Case[] = [
  {
    id: 69,
    group,
    name: "process 1 is not signalled",
    cure,
    probe: `return {"own": attempt(lambda: os.kill(os.getpid(), 0)), "first": attempt(lambda: os.kill(1, 0))}`,
    judge: exactly({ own: "done", first: "EPERM" }),
  },
  {
    id: 70,
    group,
    name: "process 1 is not read",
    cure,
    // gVisor lets an unprivileged program look at what it knows of root's; there is nothing of the host in it.
    needs: ownKernel,
    probe: `
def look(pid):
    return {
        "mem": attempt(lambda: os.close(os.open("/proc/%s/mem" % pid, os.O_RDONLY))),
        "environ": attempt(lambda: open("/proc/%s/environ" % pid, "rb").read()),
        "cwd": attempt(lambda: os.readlink("/proc/%s/cwd" % pid)),
        "fds": attempt(lambda: os.listdir("/proc/%s/fd" % pid)),
        "fd 0": attempt(lambda: os.close(os.open("/proc/%s/fd/0" % pid, os.O_RDONLY))),
        "fd 1": attempt(lambda: os.close(os.open("/proc/%s/fd/1" % pid, os.O_WRONLY))),
    }
own = look(os.getpid())
return {"own": own["environ"] == own["cwd"] == own["fds"] == "done", "first": look(1)}`,
    judge(seen) {
      const { own, first } = seen as { own: boolean; first: Record<string, string> };
      return own ? eachIs("EACCES")(first) : "it could not even read itself";
    },
  },
  {
    id: 71,
    group,
    name: "code goes first when memory runs out, and cannot change that",
    cure,
    probe: `
def lower():
    with open("/proc/self/oom_score_adj", "w") as file: file.write(str(first - 1))
first = int(text("/proc/1/oom_score_adj"))
return [int(text("/proc/self/oom_score_adj")) > first, attempt(lower)]`,
    judge: (seen, ground) =>
      ownKernel(ground) === undefined
        ? exactly([true, "EACCES"])(seen)
        : Array.isArray(seen) && seen[0] === true
          ? undefined
          : `its score is ${shown(seen)}`,
  },
];
