import { freemem } from "node:os";
import { plural } from "../../../core/kit/index.ts";
import { type Case, expectThat, ownKernel, run, shown } from "../ground.ts";

const group = "limits";
const mebibyte = 1024 * 1024;
/** What goes beyond a limit before a case says that nothing holds it: an attempt must not harm the machine. */
const beyond = 128 * mebibyte;
const cure = "Use an engine and a runtime that apply the limits of the profile; `sluice doctor` says what lacks.";
const roomFor = (bytes: number) =>
  bytes > freemem() / 2 ? "this machine has too little free memory to try" : undefined;
const limitOf = (name: string, number: number) =>
  `list(resource.getrlimit(getattr(resource, "RLIMIT_${name}", ${number})))`;
/** Whether cgroups are applied at all, as the supervisor has read them; a runtime may be registered without. */
const counted = (ground: Parameters<typeof ownKernel>[0]) =>
  ownKernel(ground) === undefined ? undefined : `${ground.limits.runtime} tells nothing of what it bounds`;

export const limits: readonly Case[] = [
  {
    id: 87,
    alone: true,
    group,
    name: "memory is bounded, and what stays below it runs",
    cure,
    needs: (ground) => counted(ground) ?? roomFor(ground.limits.memory + beyond),
    async prove({ open, limits: { memory } }) {
      await using session = await open();
      const take = (bytes: number) =>
        run(session, "python", `held = b'x' * ${bytes}\nprint(len(held))\ndel held`, { timeout: 30_000 });
      const below = await take(Math.floor(memory / 3));
      expectThat(below.end.exitCode === 0, `a third of it was not given: ${below.end.status}`);
      const above = await take(memory + beyond);
      expectThat(above.stdout === "", `${plural(memory + beyond, "byte was", "bytes were")} given`);
      expectThat(
        above.end.status === "oom" || above.end.error?.name === "MemoryError",
        `it ended with ${above.end.status} ${above.end.error?.name ?? ""}`,
      );
      expectThat((await run(session, "bash", "echo alive")).stdout === "alive\n", "the session is gone");
    },
  },
  {
    id: 88,
    group,
    name: "there is no swap",
    cure: "The engine must apply MemorySwap; the kernel needs swap accounting.",
    needs: counted,
    probe: `
two, one = text("/sys/fs/cgroup/memory.swap.max"), text("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
memory = text("/sys/fs/cgroup/memory/memory.limit_in_bytes")
if two.strip().isdigit() or two.strip() == "max": return [0, two.strip()]
return [memory.strip(), one.strip()]`,
    judge: (seen) => {
      const [memory, withSwap] = (seen ?? []) as readonly unknown[];
      return /^\d+$/.test(String(withSwap)) && (memory === withSwap || withSwap === "0")
        ? undefined
        : `${shown(memory)} of memory, ${shown(withSwap)} with swap`;
    },
  },
  {
    id: 89,
    group,
    name: "what the kernel holds for a program is counted too",
    cure,
    needs: counted,
    probe: `
def used():
    for path in ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes"):
        value = text(path).strip()
        if value.isdigit(): return int(value)
    return -1
before = used()
os.mkdir("/tmp/.verify-many")
try:
    for number in range(20000):
        os.close(os.open("/tmp/.verify-many/%d" % number, os.O_CREAT | os.O_WRONLY))
    after = used()
finally:
    for name in os.listdir("/tmp/.verify-many"): os.unlink("/tmp/.verify-many/" + name)
    os.rmdir("/tmp/.verify-many")
return [before, after]`,
    judge: (seen) => {
      const [before = -1, after = -1] = (seen ?? []) as readonly number[];
      return before > 0 && after - before > 2 * mebibyte
        ? undefined
        : `20,000 empty files cost ${plural(after - before, "byte")}`;
    },
  },
  ...(["fork", "thread"] as const).map(
    (way, index): Case => ({
      id: 90 + index,
      group,
      name: way === "fork" ? "processes are bounded" : "threads are bounded",
      cure,
      probe:
        way === "fork"
          ? `
go, wait = os.pipe()
children, refusal = [], "none"
try:
    while len(children) < GIVEN["pids"] + 16:
        pid = os.fork()
        if pid == 0:
            os.close(wait)
            os.read(go, 1)
            os._exit(0)
        children.append(pid)
except OSError as error:
    refusal = name_of(error.errno)
finally:
    os.close(wait)
    for pid in children: os.waitpid(pid, 0)
    os.close(go)
return [len(children), refusal]`
          : `
import threading
go, started, refusal = threading.Event(), [], "none"
try:
    while len(started) < GIVEN["pids"] + 16:
        one = threading.Thread(target=go.wait, daemon=True)
        one.start()
        started.append(one)
except RuntimeError:
    refusal = "EAGAIN"
finally:
    go.set()
    for one in started: one.join()
return [len(started), refusal]`,
      judge(seen, { limits: { pids } }) {
        const [count = 0, refusal] = (seen ?? []) as readonly [number, string];
        return count > 0 && count <= pids && refusal === "EAGAIN"
          ? undefined
          : `${count} were begun, then ${refusal}; the limit is ${pids}`;
      },
    }),
  ),
  {
    id: 92,
    group,
    name: "no more processor time is used than is given",
    cure,
    needs: (ground) =>
      counted(ground) ??
      (Number(ground.given["processors"]) > ground.limits.cpus
        ? undefined
        : "this machine has no more processors than the profile gives"),
    probe: `
pids, count, until = [], int(GIVEN["processors"]) + 1, time.monotonic() + 1
before = os.times()
for _ in range(count):
    pid = os.fork()
    if pid == 0:
        while time.monotonic() < until: pass
        os._exit(0)
    pids.append(pid)
for pid in pids: os.waitpid(pid, 0)
after = os.times()
return after.children_user + after.children_system - before.children_user - before.children_system`,
    judge: (seen, { limits: { cpus } }) =>
      Number(seen) > 0 && Number(seen) <= cpus * 1.25 + 0.2 ? undefined : `${shown(seen)} s of it were used in 1 s`,
  },
  {
    id: 93,
    alone: true,
    group,
    name: "time is bounded, and kept within a quarter",
    cure,
    async prove({ open }) {
      await using session = await open();
      await run(session, "python", "0");
      const { end } = await run(session, "python", "while True: pass", { timeout: 2_000 });
      expectThat(end.status === "timeout", `it ended with ${end.status}`);
      expectThat(end.wallMs > 1_900 && end.wallMs < 2_500, `it ran for ${Math.round(end.wallMs)} ms, and not for 2000`);
    },
  },
  {
    id: 94,
    group,
    name: "open files are bounded",
    cure,
    probe: `
held, refusal = [], "none"
try:
    while len(held) < 5000: held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error: refusal = name_of(error.errno)
finally:
    for fd in held: os.close(fd)
return [len(held) > 100, refusal]`,
    judge: (seen) => (JSON.stringify(seen) === '[true,"EMFILE"]' ? undefined : `it was given ${shown(seen)}`),
  },
  {
    id: 95,
    group,
    name: "the size of a file is bounded, and there are no cores",
    cure,
    probe: `return [${limitOf("FSIZE", 1)}, ${limitOf("CORE", 4)}]`,
    judge(seen, { limits: { memory } }) {
      const [[, size = -1] = [], [, core = -1] = []] = (seen ?? []) as readonly (readonly number[])[];
      return size > 0 && size <= memory && core === 0
        ? undefined
        : `a file may have ${size}, a core ${plural(core, "byte")}`;
    },
  },
  {
    id: 96,
    group,
    name: "pending signals, messages, locked memory and processes of the user are bounded",
    cure,
    probe: `return {"sigpending": ${limitOf("SIGPENDING", 11)}[1], "msgqueue": ${limitOf("MSGQUEUE", 12)}[1], "memlock": ${limitOf("MEMLOCK", 8)}[1], "nproc": ${limitOf("NPROC", 6)}[1]}`,
    judge(seen, { config, limits: { pids } }) {
      const { sigpending = -1, msgqueue = -1, memlock = -1, nproc = -1 } = seen as Record<string, number>;
      const within = (value: number, most: number) => value >= 0 && value <= most;
      // With one user for all, processes of others would be counted.
      const processes = config["user"] !== undefined || within(nproc, pids);
      return within(sigpending, 1024) && within(msgqueue, 262_144) && within(memlock, mebibyte) && processes
        ? undefined
        : `the limits are ${shown(seen)}`;
    },
  },
];
