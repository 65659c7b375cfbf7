import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { run, startSandbox } from "./sandbox-kit.ts";

/** Each attack as it was found to work, on both kernels where they are there. */
const { Runtimes } = (await new Docker().info()) as { Runtimes?: Readonly<Record<string, unknown>> };

for (const runtime of ["runc", "runsc"].filter((name) => Runtimes?.[name] !== undefined)) {
  describe(`the walls of a session, on ${runtime}`, () => {
    let kit: Awaited<ReturnType<typeof startSandbox>>;
    let session: SandboxSession;

    beforeAll(async () => {
      kit = await startSandbox({ runtime, timeout: 60_000 });
      session = await kit.open();
    });
    afterAll(() => kit[Symbol.asyncDispose]());

    const bash = async (code: string) => (await run(session, code, { language: "bash" })).stdout;

    it("should stop what wakes itself again and again, when its cell has ended", async () => {
      // Two that wake each other, and one that forks on.
      const racing = `import os, signal, time
def wake():
    while True:
        try: os.kill(-1, signal.SIGCONT)
        except OSError: pass
        with open("woken", "a") as file: file.write("x")
for _ in range(2):
    if os.fork() == 0: wake()
if os.fork() == 0:
    while True:
        if os.fork(): os._exit(0)
        with open("woken", "a") as file: file.write("y")
time.sleep(0.3)`;
      await run(session, racing);
      // Fetched by process 1: no code runs meanwhile that would let others go on.
      const size = async () => (await session.get("woken")).length;
      const grown = async () => {
        const before = await size();
        return (await size()) - before;
      };
      await expect.poll(grown).toBe(0);
      const before = await size();
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await size()).toBe(before);
      expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
      await run(session, "while True: pass", { timeout: 300 });
      await session.put([{ path: "woken", content: new Uint8Array() }]);
    });

    it("should let threads, timers and jobs go on with the next cell", async () => {
      await run(
        session,
        "import threading, time\nseen = []\ndef go():\n    while True: seen.append(1); time.sleep(0.01)\nthreading.Thread(target=go, daemon=True).start()",
      );
      await run(session, "(while :; do echo x >>jobs; sleep 0.01; done) & disown -a", { language: "bash" });
      await run(session, "globalThis.ticks = 0; setInterval(() => { ticks += 1 }, 5);", { language: "javascript" });
      const seen = await run(session, "before = len(seen)\ntime.sleep(0.5)\nprint(len(seen) > before)");
      expect(seen.stdout).toBe("True\n");
      expect(await bash("wc -l <jobs >a; sleep 0.5; wc -l <jobs >b; cmp -s a b || echo more; rm a b")).toBe("more\n");
      const ticks = await run(session, "await new Promise((go) => setTimeout(go, 200)); console.log(ticks > 0)", {
        language: "javascript",
      });
      expect(ticks.stdout).toBe("true\n");
      await run(session, "while True: pass", { timeout: 300 });
    });

    it("should keep subprocesses, pools and event loops of numerical code working", async () => {
      const code = `import asyncio, multiprocessing, subprocess
from concurrent.futures import ThreadPoolExecutor
import numpy, pandas, matplotlib.pyplot as plt
context = multiprocessing.get_context("fork")
with context.Pool(2) as pool: print(pool.map(abs, [-1, -2]))
with ThreadPoolExecutor(4) as pool: print(sum(pool.map(abs, range(-4, 0))))
print(subprocess.run(["node", "-p", "6 * 7"], capture_output=True, text=True).stdout.strip())
print(numpy.linalg.inv(numpy.eye(100)).sum(), pandas.DataFrame({"a": [1, 2]}).a.sum())
plt.plot([1, 2]); plt.savefig("plot.png"); plt.close()
async def child():
    process = await asyncio.create_subprocess_exec("echo", "child", stdout=-1)
    return (await process.communicate())[0]
print((await child()).decode().strip())`;
      const ran = await run(session, code, { timeout: 60_000 });
      expect(ran.stderr).toBe("");
      expect(ran.stdout).toBe("[1, 2]\n10\n42\n100.0 3\nchild\n");
      expect(ran.files).toContain("plot.png");
    });

    it("should run nothing that another program planted, and import what it installed", async () => {
      const plant = `import os, sys
site = os.path.expanduser("~/.local/lib/python%d.%d/site-packages" % sys.version_info[:2])
os.makedirs(site, exist_ok=True)
for name in ("usercustomize.py", "sitecustomize.py"): open(site + "/" + name, "w").write("open('/tmp/ran', 'a').write('x')")
open(site + "/x.pth", "w").write("import os; open('/tmp/ran', 'a').write('x')")
open(site + "/installed.py", "w").write("value = 42")
for name in (".bashrc", ".profile", ".bash_profile"): open(name, "w").write("echo x >>/tmp/ran")`;
      await run(session, plant);
      await run(session, "while True: pass", { timeout: 300 });
      expect((await run(session, "import installed; print(installed.value)")).stdout).toBe("42\n");
      await run(session, "console.log(1)", { language: "javascript" });
      expect(await bash("cat /tmp/ran 2>/dev/null; echo none")).toBe("none\n");
      await using own = await kit.open("fresh");
      await run(own, plant);
      expect((await run(own, "import installed; print(installed.value)")).stdout).toBe("42\n");
      expect((await run(own, "cat /tmp/ran 2>/dev/null; echo none", { language: "bash" })).stdout).toBe("none\n");
    });

    it("should take no word of code for the end of its cell", async () => {
      const told =
        "for n in {3..255}; do printf '0\\0' >&$n; printf junk >&$n; done 2>/dev/null; sleep 0.2; echo after; (exit 5)";
      const bashEnd = await run(session, told, { language: "bash" });
      expect([bashEnd.stdout, bashEnd.end.exitCode]).toEqual(["after\n", 5]);
      // Nor for that of the next one.
      expect((await run(session, "echo next", { language: "bash" })).end).toMatchObject({ exitCode: 0 });
      const frames = `import os, time
for number in range(100):
    data = b"0 0 %d" % number
    for fd in range(3, 260):
        try: os.write(fd, len(data).to_bytes(4, "big") + b"d" + data)
        except OSError: pass
time.sleep(0.2)
print("after")
raise SystemExit(6)`;
      const pythonEnd = await run(session, frames);
      expect([pythonEnd.stdout.slice(-6), pythonEnd.end.exitCode]).toEqual(["after\n", 6]);
    });

    it("should not take names of our errors, however they are written", async () => {
      for (const name of ["SLUICE_SANDBOX_LOST", "sluice_x", "_SLUICE_Y"]) {
        const { end } = await run(session, `class ${name}(Exception): pass\nraise ${name}("the container was lost")`);
        expect(end.error).toEqual(
          expect.objectContaining({ name: "Error", message: `${name}: the container was lost` }),
        );
      }
    });
  });
}
