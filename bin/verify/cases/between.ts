import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxSession } from "../../../core/contract/index.ts";
import { type Case, expectThat, run, shown } from "../ground.ts";

const group = "supervisor";
const cure = "Run the sandbox image as it is built: `sluice sandbox build --force`.";
/** Milliseconds in which what runs would have been seen to run. */
const WATCHED = 400;

/** Whether a file of the workspace grows while no code was asked for. */
async function grows(session: SandboxSession, path: string): Promise<boolean> {
  const before = (await session.get(path)).length;
  await sleep(WATCHED);
  return (await session.get(path)).length > before;
}

/** Files that an interpreter might run by itself: each leaves a mark. */
const plants = `import os, subprocess, sys
mark = "/tmp/.verify-planted"
site = ".local/lib/python%d.%d/site-packages" % sys.version_info[:2]
python = "open('/tmp/.verify-planted', 'a').write('python ')\\n"
files = {
    site + "/usercustomize.py": python, site + "/sitecustomize.py": python, site + "/planted.pth": "import os; " + python,
    "usercustomize.py": python, "sitecustomize.py": python, "json.py": python, "ast.py": python, "linecache.py": python,
    "IPython.py": python, "ctypes.py": python,
    ".ipython/profile_default/startup/00.py": python, ".ipython/profile_default/ipython_config.py": python,
    ".ipython/ipython_config.py": python, ".jupyter/jupyter_config.py": python, "ipython_config.py": python,
    ".pythonrc.py": python, ".node_modules/vm/index.js": "", ".inputrc": "", ".noderc": "",
    "node_modules/node:util/index.js": "", "util.js": "", ".node_repl_history": "",
}
for name in (".bashrc", ".profile", ".bash_profile", ".bash_login", ".bash_logout", ".bash_env"):
    files[name] = "echo bash >> " + mark + "\\n"
for name in ("inspector", "vm", "fs", "net", "path", "module", "evaluator.cjs", "imports.cjs"):
    files["node_modules/%s/index.js" % name] = "require('node:fs').appendFileSync('%s', 'node ')" % mark
for name, held in files.items():
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w") as file: file.write(held)
subprocess.run([sys.executable, "-c", "0"], env={**os.environ, "PYTHONNOUSERSITE": ""}, check=False)
print(os.path.exists(mark))
if os.path.exists(mark): os.unlink(mark)
`;

export const between: readonly Case[] = [
  {
    id: 74,
    group,
    name: "a cell that goes on after its end is frozen",
    cure,
    async prove({ open }) {
      await using session = await open();
      const code = `import threading, time\ndef go():\n    with open("ticks", "a", 0x1) as file:\n        while True:\n            file.write("x\\n")\n            time.sleep(0.01)\nthreading.Thread(target=go, daemon=True).start()\ntime.sleep(0.1)`;
      await run(session, "python", code);
      expectThat(!(await grows(session, "ticks")), "a thread ran between two cells");
      // It is not lost: with the next cell it goes on.
      const { stdout } = await run(
        session,
        "python",
        `import os\nbefore = os.path.getsize("ticks")\ntime.sleep(0.3)\nprint(os.path.getsize("ticks") > before)`,
      );
      expectThat(stdout === "True\n", `with the next cell it did not go on: ${shown(stdout)}`);
    },
  },
  {
    id: 83,
    group,
    name: "nothing planted runs in the next interpreter",
    cure,
    async prove({ open }) {
      await using session = await open();
      const planted = await run(session, "python", plants);
      expectThat(planted.stdout === "True\n", `what was planted would not run anywhere: ${shown(planted)}`);
      // A time-out ends every interpreter, so that the next cells have new ones.
      await run(session, "bash", "sleep 30", { timeout: 300 });
      const look = "cat /tmp/.verify-planted 2>/dev/null; true";
      for (const [language, code] of [
        ["python", "print(1)"],
        ["javascript", "console.log(1)"],
        ["bash", "echo 1"],
      ] as const) {
        const ran = await run(session, language, code);
        expectThat(ran.stdout === "1\n", `${language} answered ${shown(ran.stdout)} ${shown(ran.stderr)}`);
        const { stdout } = await run(session, "bash", look);
        expectThat(stdout === "", `with ${language} there ran: ${stdout}`);
      }
    },
  },
  {
    id: 84,
    group,
    name: "nothing survives a time-out",
    cure,
    async prove({ open }) {
      await using session = await open();
      const code = `import ctypes, os, signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
libc = ctypes.CDLL(None)
libc.shmget(0x5157, 4096, 0o1600)
open("/dev/shm/verify", "w").write("x")
try: libc.mq_open(b"/verify", os.O_CREAT | os.O_RDWR, 0o600, None)
except AttributeError: pass
for words in (["setsid", "sleep", "98764"], ["nohup", "sleep", "98764"], ["sh", "-c", "(sleep 98764 &) &"]):
    subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def seen():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if b"sleep\\0" + b"98764" in open("/proc/%s/cmdline" % pid, "rb").read(): yield pid
        except OSError: pass
most = 0
while True:
    count = len(list(seen()))
    if count > most: print(count, flush=True)
    most = max(most, count)`;
      const { end, stdout } = await run(session, "python", code, { timeout: 10_000 });
      expectThat(end.status === "timeout", `it ended with ${end.status}`);
      expectThat(
        Number(stdout.trim().split("\n").at(-1)) > 0,
        "its processes were not seen while they ran, so that nothing is shown",
      );
      const look = `cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep [9]8764'; ls /dev/shm /dev/mqueue | grep -c verify; tail -n +2 /proc/sysvipc/shm | wc -l; true`;
      const left = await run(session, "bash", look);
      expectThat(
        left.stdout === "0\n0\n0\n",
        `processes, files and segments that are left: ${left.stdout.trim().split("\n").join(", ")}`,
      );
    },
  },
  {
    id: 85,
    group,
    name: "nothing runs between two executions",
    cure,
    async prove({ open }) {
      await using session = await open();
      await run(
        session,
        "bash",
        "setsid bash -c 'while :; do echo x >>ticks; sleep 0.01; done' >/dev/null 2>&1 & sleep 0.3; disown -a",
      );
      expectThat(!(await grows(session, "ticks")), "a detached process ran between two executions");
      const { stdout } = await run(session, "bash", "echo alive");
      expectThat(stdout === "alive\n", `the next execution answered ${shown(stdout)}`);
    },
  },
  {
    id: 86,
    alone: true,
    group,
    name: "with /tmp full, code runs or fails, and is not told to have run",
    cure,
    async prove({ open }) {
      await using session = await open("fresh");
      await run(session, "bash", "head -c 100000000000 /dev/zero >/tmp/.verify-full 2>/dev/null; true");
      for (const [language, code] of [
        ["python", "print('ran')"],
        ["javascript", "console.log('ran')"],
        ["bash", "echo ran"],
      ] as const) {
        const ran = await run(session, language, code).catch(() => undefined);
        const honest = ran === undefined || ran.stdout === "ran\n" || ran.end.exitCode !== 0;
        expectThat(honest, `${language} was told to have exited with 0, and had printed ${shown(ran?.stdout)}`);
      }
    },
  },
];
