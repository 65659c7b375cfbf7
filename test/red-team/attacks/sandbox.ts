import { type Attack, each } from "../attack.ts";
import { planted, roleTokens } from "../ground.ts";

const head = `import os, socket, ctypes, errno, subprocess, glob, signal
libc = ctypes.CDLL(None, use_errno=True)
`;

/** Each prints GAINED when it got something. */
const tries: Readonly<Record<string, string>> = {
  "the supervisor's memory and environment": `for name in ("environ", "mem", "maps", "cwd", "root", "fd", "exe"):
    try:
        path = f"/proc/1/{name}"
        got = os.listdir(path) if name == "fd" else os.readlink(path) if name in ("cwd", "root", "exe") else open(path, "rb").read(10)
        print("GAINED", name, got)
    except OSError: pass`,
  "signals and tracing of process 1": `for number in (9, 15, 19):
    try: os.kill(1, number); print("GAINED", number)
    except PermissionError: pass
if libc.ptrace(16, 1, 0, 0) == 0: print("GAINED ptrace")`,
  "the engine's socket": `for root, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(root, f) not in ("/proc", "/sys")]
    for f in files:
        if "docker" in f and f.endswith(".sock") or "containerd" in f: print("GAINED", root, f)`,
  "the network": `for family, address in ((socket.AF_INET, ("169.254.169.254", 80)), (socket.AF_INET, ("172.17.0.1", 22)), (socket.AF_INET, ("8.8.8.8", 53))):
    try:
        s = socket.socket(family); s.settimeout(1); s.connect(address); print("GAINED", address)
    except OSError: pass
try: print("GAINED", socket.getaddrinfo("example.org", 80))
except OSError: pass`,
  "this machine's loopback and its host": `for port in (PORT, 2375, 2376, 22):
    try: socket.create_connection(("127.0.0.1", port), 1); print("GAINED", port)
    except OSError: pass`,
  "new namespaces and mounts": `for flag in (0x10000000, 0x00020000, 0x40000000):
    if libc.unshare(flag) == 0: print("GAINED", hex(flag))
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, 0) == 0: print("GAINED mount")`,
  "other sessions": `me = os.getuid()
for pid in (p for p in os.listdir("/proc") if p.isdigit()):
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
        if owner not in (me, 0): print("GAINED", pid, owner)
    except OSError: pass
for folder in ("/tmp", "/home", "/root", "/var", "/workspace", os.getcwd()):
    for root, folders, files in os.walk(folder):
        if "private.txt" in files: print("GAINED", root)`,
  "rights of root": `os.makedirs("/tmp/r", exist_ok=True)
status = open("/proc/self/status").read()
for line in status.splitlines():
    if line.startswith(("CapEff", "CapPrm", "CapAmb", "CapInh")) and int(line.split()[1], 16): print("GAINED", line)
for path in ("/bin/su", "/usr/bin/passwd", "/usr/bin/mount"):
    if os.path.exists(path) and os.stat(path).st_mode & 0o6000: print("GAINED setuid", path)
try: os.setuid(0); print("GAINED root")
except OSError: pass`,
  "what the kernel offers to root": `for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper", "/proc/sys/vm/drop_caches", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/release_agent"):
    try: open(path, "w").write("x"); print("GAINED", path)
    except OSError: pass
for path in ("/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda"):
    try: open(path, "rb").read(1); print("GAINED", path)
    except OSError: pass`,
  "sockets of odd families": `for family in (16, 17, 31, 38, 40, 44):
    try:
        s = socket.socket(family, 3 if family in (16, 17) else 1, 15 if family == 16 else 0); print("GAINED", family)
    except OSError: pass`,
  "queues without a bound": `made = 0
libc.mq_open.restype = ctypes.c_int
for i in range(400):
    q = libc.mq_open(f"/q{i}".encode(), 0o102, 0o600, 0)
    if q >= 0: made += 1
if made > 300: print("GAINED queues", made)`,
  "shared memory of the system without a bound": `libc.shmat.restype = ctypes.c_void_p
for i in range(40):
    at = libc.shmat(libc.shmget(0, 1 << 26, 0o1600), 0, 0)
    if at not in (None, 2**64 - 1): ctypes.memset(at, 1, 1 << 26)
    if i == 39: print("GAINED shm")`,
  "/dev/shm without a bound": `try:
    with open("/dev/shm/x", "wb") as f:
        for i in range(600): f.write(b"x" * (1 << 20))
    print("GAINED /dev/shm")
except OSError: pass`,
  "the end of its own cell, forged": `import sys
for fd in range(3, 260):
    for line in (b'{"t":"end","exitCode":0}\\n', b'e\\x00\\x00\\x00\\x14{"status":"exited"}'):
        try: os.write(fd, line)
        except OSError: pass
raise SystemExit(7)`,
};

/** What takes running cells away from the shell; each is followed by a cell that must run, or fail in words. */
const sabotage = [
  "ip.run_cell = None",
  "ip.run_cell = lambda *a, **k: None",
  "ip.run_code = ip.run_ast_nodes = None",
  "ip.events = None",
  "ip.transform_cell = lambda *a: ''",
  "type(ip).execute = lambda *a: (0, None, False)",
  "import sys; sys.modules.clear()",
  "import sys; sys.addaudithook(lambda *a: 1/0)",
  "import builtins; vars(builtins).clear()",
  "import os; os.closerange(3, 4096)",
];

export const sandbox: readonly Attack[] = [
  {
    ...{
      finding: 6,
      as: "code in the sandbox",
      over: "sandbox",
      what: "process 1 in the moment in which it stops all",
    },
    play: async (ground) => {
      const talk = await ground.wire(roleTokens.run, "hammer");
      const tries = `import os, subprocess, sys, time
code = """
import os
while True:
    for number in (0, 2, 17):
        try: os.kill(1, number); open('reached', 'a').write('x')
        except PermissionError: pass
"""
for _ in range(3): subprocess.Popen([sys.executable, "-c", code])
time.sleep(0.3)`;
      await talk.code(tries, "hammer");
      for (let turn = 0; turn < 60; turn += 1) await talk.code("time.sleep(0.01)", "hammer");
      const said = await talk.code("print('GAINED' if os.path.exists('reached') else 'nothing')", "hammer");
      const gained = /"text":"GAINED/.test(said) || !said.includes("nothing");
      return { tried: 60, gained: gained ? [said.slice(-300)] : [] };
    },
  },
  {
    ...{ finding: 6, as: "code in the sandbox", over: "sandbox", what: "a session in which no cell runs any more" },
    long: true,
    play: async (ground) => {
      const talk = await ground.wire(roleTokens.run, "saboteur");
      let number = 0;
      return each(sabotage, async (code) => {
        number += 1;
        const session = `sabotage-${number}`;
        await talk.code(`ip = get_ipython()\n${code}`, session);
        const probe = () => talk.code("print(40 + 2)", session);
        const first = await probe();
        if (first.includes('"text":"42')) return undefined;
        if (first.includes('"status":"ok"')) return `a cell that did not run is told to have gone well: ${code}`;
        return (await probe()).includes('"text":"42') ? undefined : `no cell runs after ${code}`;
      });
    },
  },
  {
    ...{ finding: 6, as: "code in the sandbox", over: "sandbox", what: "this machine, process 1, the network, others" },
    play: async (ground) => {
      const talk = await ground.wire(roleTokens.run, "inside");
      return each(Object.entries(tries), async ([, code]) => {
        const said = await talk.code(head + code.replace("PORT", String(ground.port)));
        if (code.includes("SystemExit(7)")) return said.includes('"exitCode":7') ? undefined : said.slice(-300);
        if (!said.includes('"run-end"')) return `no end: ${said.slice(-200)}`;
        const told = said.split("\n").filter((line) => line.includes('"exec-stdout"'));
        return told.some((line) => line.includes("GAINED")) ? told.join("").slice(0, 300) : undefined;
      });
    },
  },
  {
    ...{ finding: 6, as: "code in the sandbox", over: "sandbox", what: "the next interpreter, and what stays behind" },
    play: async (ground) => {
      const talk = await ground.wire(roleTokens.run, "planter");
      const plant = `import os, site, subprocess
for name in ("sitecustomize.py", "usercustomize.py", ".bashrc", ".profile", ".pythonrc"):
    for folder in (os.getcwd(), os.path.expanduser("~"), "/tmp"):
        try: open(os.path.join(folder, name), "w").write("print('GAINED')\\n" if name.endswith("py") else "echo GAINED\\n")
        except OSError: pass
subprocess.Popen(["setsid", "sh", "-c", "sleep 2; echo GAINED > late.txt; sleep 300"])
import time; time.sleep(100)`;
      await talk.ask({
        t: "open",
        flow: "run",
        input: { code: plant, language: "python" },
        session: "plant",
        budget: { time: 1500 },
      });
      const next = "import os, time\ntime.sleep(3)\nprint(os.path.exists('late.txt'), sorted(os.listdir('.')))";
      const said = await talk.code(next, "plant");
      return { tried: 15, gained: /GAINED/.test(said) ? [said.slice(0, 300)] : [] };
    },
  },
  {
    ...{ finding: 8, as: "code in the sandbox", over: "sluice verify", what: "all the cases of `sluice verify`" },
    long: true,
    play: async ({ place }) => {
      const env = { OPENAI_API_KEY: planted.key, PLANTED_ENV: planted.env };
      const { stdout } = await place.run(["verify", "--json"], { env });
      const verdicts = stdout.split("\n").filter((line) => line.includes('"verdict"'));
      const failed = verdicts.filter((line) => line.includes('"status":"fail"'));
      return { tried: verdicts.length, gained: verdicts.length < 100 ? ["it did not come to its end"] : failed };
    },
  },
];
