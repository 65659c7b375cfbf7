import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Case, itEach } from "./python-cells-kit.ts";
import { type Kit, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

const alive = { code: "print('alive')", stdout: "alive\n" };
const TAKEN =
  "for name in ['print', 'open', 'len', 'isinstance', 'compile', 'exec', 'str', 'repr', 'input', 'getattr', 'hasattr']";
const INPUT = "def f(q):\n    try: q.put(input('child? '))\n    except EOFError: q.put('EOF')\n";

/** What code may do to its own interpreter; the state of the session is kept. */
const kept: readonly Case[] = [
  [
    "go on after a cell that fails and is not counted",
    { code: "kept = 1" },
    { code: "%env A=1\nprint('paste')\n1/0", exit: 1, stdout: /paste\n/, stderr: /ZeroDivisionError/ },
    { code: "get_ipython().execution_count -= 1\nraise KeyError('back')", exit: 1, stderr: /KeyError: 'back'\n$/ },
    { code: "get_ipython().run_cell('get_ipython().execution_count -= 2', store_history=True)\n1/0", exit: 1 },
    { code: "kept", shown: ["1"] },
  ],
  [
    "go on where the code stops the loop that cells share",
    { code: "import asyncio\nasyncio.get_running_loop().stop()" },
    { code: "await asyncio.sleep(0.01, 'after')", shown: ["'after'"] },
    { code: "asyncio.get_running_loop().stop()\nawait asyncio.sleep(0.01, 'inside')", shown: ["'inside'"] },
    { code: "await asyncio.sleep(0)\nraise RuntimeError('stopped before')", exit: 1, stderr: /stopped before\n$/ },
  ],
  [
    "tell a warning of IPython as IPython's",
    {
      code: "class Bad:\n    def visit(self, node): raise ValueError('no')\nget_ipython().ast_transformers.append(Bad())",
    },
    { code: "1", shown: ["1"], stderr: /IPython\/core\/interactiveshell\.py:\d+: UserWarning: AST transformer/ },
  ],
  [
    "deliver what C code printed, and a line that is not finished",
    { code: "import ctypes; libc = ctypes.CDLL(None)\n_ = libc.puts(b'from C')", stdout: "from C\n" },
    { code: "libc.printf(b'%s', b'2' * 200000);", stdout: /^2{200000}$/ },
    { code: "print('begun', end='')", stdout: "begun" },
    { code: "import faulthandler\nfaulthandler.enable()" },
  ],
  [
    "not use names that code may take",
    {
      code: `import builtins\nsaved, put = dict(vars(builtins)), setattr\n${TAKEN}: put(builtins, name, None)`,
    },
    { code: "1 + 1", shown: ["2"] },
    { code: "1 / 0", exit: 1, stderr: /^Traceback[\s\S]*ZeroDivisionError: division by zero\n$/ },
    { code: "%time 3", shown: ["3"], stdout: /Wall/ },
    { code: "raise SystemExit(3)", exit: 3 },
    {
      code: `${TAKEN}: put(builtins, name, saved[name])`,
    },
    alive,
    { code: "del __builtins__" },
    { code: "sum([1, 2])", shown: ["3"] },
    { code: "__builtins__ = {}\ndisplay = json = sys = os = In = Out = exit = quit = None" },
    { code: "len([1])", shown: ["1"] },
    { code: "import sys\nsys.excepthook = lambda *a: print('mine')\nsys.displayhook = lambda v: print('mine')" },
    { code: "7", shown: ["7"] },
    { code: "sys.excepthook = sys.displayhook = sys.breakpointhook = None" },
    { code: "8", shown: ["8"] },
    { code: "1 / 0", exit: 1, stderr: /ZeroDivisionError/ },
    alive,
  ],
  [
    "tell an error where the code has replaced what telling it takes",
    { code: "import sys, traceback, linecache, ast\nkept = dict(sys.modules)\nsys.modules.clear()" },
    { code: "1/0", exit: 1, stderr: /ZeroDivisionError: division by zero\n$/ },
    { code: "sys.modules.update(kept)" },
    { code: "taken = ast.parse, linecache.getlines, linecache.checkcache\nast.parse = linecache.getlines = None" },
    { code: "1/0", exit: 1, stderr: /ZeroDivisionError: division by zero\n$/ },
    { code: "linecache.checkcache = None\nraise KeyError('k')", exit: 1, stderr: /KeyError: 'k'\n$/ },
    { code: "ast.parse, linecache.getlines, linecache.checkcache = taken" },
    { code: "taken, traceback.walk_tb = traceback.walk_tb, None" },
    { code: "raise ValueError('v')", exit: 1, stderr: /ValueError: v\n$/ },
    { code: "traceback.walk_tb = taken" },
    alive,
  ],
  [
    "not import the modules that lie in the workspace",
    {
      code: "for name in ['json', 'random', 'traceback', 'tokenize', 'asyncio', 'ast', 'linecache', 'pprint', 'timeit', 'subprocess', 'cProfile']:\n    open(name + '.py', 'w').write('raise SystemExit(9)')",
    },
    { code: "1/0", exit: 1, stderr: /ZeroDivisionError/ },
    { code: "{'a': list(range(100))}", shown: [/^\{'a': \[0,/] },
    { code: "%timeit -n1 -r1 1", stdout: /loop/ },
    { code: "!echo sub; rm *.py", stdout: "sub\n" },
    { code: "from IPython.display import JSON; JSON({'a': 1})", shown: [/JSON/] },
    { code: "open('mine.py', 'w').write('v = 1\\n');\nimport mine\nmine.v", shown: ["1"] },
  ],
  [
    "run cells in a folder that is gone, or shut",
    { code: "import os\nos.makedirs('gone'); os.chdir('gone'); os.rmdir('/workspace/gone')" },
    alive,
    { code: "1/0", exit: 1, stderr: /ZeroDivisionError/ },
    { code: "!echo shell", stdout: /shell\n$/, stderr: /^(sh: .*)?/ },
    { code: "import json, decimal, csv\n%cd /workspace\nprint(os.getcwd())", stdout: /\/workspace\n$/ },
    { code: "mask = os.umask(0o777); os.chmod('.', 0)" },
    alive,
    { code: "os.chmod('/workspace', 0o755); os.umask(mask);" },
  ],
  [
    "work without free descriptors",
    {
      code: "import resource\nsoft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\nresource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))\nprint('low')",
      stdout: "low\n",
    },
    alive,
    { code: "await __import__('asyncio').sleep(0)" },
    { code: "resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))" },
  ],
  [
    "end recursion without end",
    {
      code: "import sys\nlimit = sys.getrecursionlimit()\ndef f(n): return f(n + 1)\nf(0)",
      exit: 1,
      stderr: /RecursionError/,
    },
    { code: "sys.setrecursionlimit(100_000)\nf(0)", exit: 1, stderr: /Previous line repeated[\s\S]*RecursionError/ },
    { code: "sys.setrecursionlimit(limit)" },
  ],
  [
    "give a child of the code the end of file, and nothing else of the session",
    {
      code: `import multiprocessing as mp\n${INPUT}ctx = mp.get_context('fork')\nq = ctx.Queue()\np = ctx.Process(target=f, args=(q,)); p.start()\nprint(q.get(timeout=8)); p.join()`,
      stdout: "child? EOF\n",
    },
    {
      code: "import os, sys\nif os.fork() == 0:\n    try: input('x')\n    except EOFError: print('EOF')\n    os._exit(0)\nos.wait();",
      stdout: "xEOF\n",
    },
    {
      code: "import threading\nt = threading.Thread(target=lambda: (__import__('time').sleep(0.1), print('late')))\nt.start()\nprint('now')",
      stdout: "now\n",
    },
    { code: "t.join()", stdout: "late\n" },
    alive,
  ],
  [
    "leave nothing of IPython in the home folder, and start no thread",
    {
      code: "import os, threading\nprint(sorted(n for n in os.listdir(os.path.expanduser('~')) if n.startswith('.')), threading.active_count(), os.path.exists('/tmp/.ipython'))",
      stdout: "[] 1 False\n",
    },
  ],
];

describe("code that is at odds with its interpreter", () => {
  itEach(kept, () => session);

  it("should end a cell whose view takes for ever at its time limit", async () => {
    const own = await kit.open();
    const { end } = await run(own, "class R:\n    def __repr__(self):\n        while True: pass\nR()", {
      timeout: 1500,
    });
    expect(end).toMatchObject({ status: "timeout", stateLost: true });
    expect((await run(own, "print('alive')")).stdout).toBe("alive\n");
  });

  it("should go on with a new interpreter where the old one lost its pipes", async () => {
    const own = await kit.open();
    const shut = await run(own, "import os\nprint('before')\nos.closerange(3, 4096)\nprint('after')");
    expect(shut.stdout).toBe("before\nafter\n");
    expect(shut.end).toMatchObject({ status: "exited", exitCode: 0, stateLost: true });
    const next = await run(own, "print('next')");
    expect(next.stdout).toBe("next\n");
  });

  it("should not let a thread that asks take the next cell", async () => {
    const own = await kit.open();
    const code =
      "import threading\ndef ask():\n    try: print(input('? '))\n    except EOFError: print('EOF')\nt = threading.Thread(target=ask); t.start()\nimport time; time.sleep(0.2)";
    const { onEvent, seen } = signalWhen(({ type }) => type === "input-request");
    const running = run(own, code, { onEvent });
    await seen;
    expect((await running).end.exitCode).toBe(0);
    const next = await run(own, "t.join(); print('mine')");
    expect(next.stdout).toBe("EOF\nmine\n");
  });

  it.each([
    ["ip.run_cell = None", 1],
    ["ip.run_cell = lambda *a, **k: None", 1],
    ["def f(*a, **k): raise SystemExit(0)\nip.run_cell = f", 1],
    ["def f(*a, **k): raise KeyboardInterrupt\nip.run_cell = f", 2],
    ["type(ip).run_cell = property(lambda self: 1/0)", 1],
    ["ip.events = None", 1],
    ["ip.events.trigger = None", 1],
    ["ip._run_cell = lambda *a, **k: None", 0],
    ["type(ip).run_ast_nodes = None", 0],
    ["async def f(*a, **k): return False\nip.run_ast_nodes = f", 0],
    ["async def f(*a, **k): return True\nip.run_code = f", 0],
    ["ip.transform_cell = lambda *a: ''", 0],
    ["type(ip).execute = lambda *a: (0, None, False)", 0],
    ["ip.showtraceback = ip.showsyntaxerror = None", 0],
    ["import sys\nsys.addaudithook(lambda *a: 1/0)", 1],
  ])("should run cells, or begin anew and say so, after %j", async (code, most) => {
    const own = await kit.open();
    await run(own, `ip = get_ipython()\n${code}`);
    let failed = 0;
    for (let { stdout, stderr, end } = await run(own, "print(40 + 2)"); ; failed += 1) {
      if (stdout === "42\n") break;
      expect(failed, stderr).toBeLessThan(most);
      expect(end.exitCode, stderr).not.toBe(0);
      // The last one before it goes on tells that the state is lost.
      if (failed === most - 1) expect(end).toMatchObject({ status: "exited", exitCode: 1, stateLost: true });
      ({ stdout, stderr, end } = await run(own, "print(40 + 2)"));
    }
    await own[Symbol.asyncDispose]();
  });

  it("should hear who wraps what runs cells, and goes on", async () => {
    const own = await kit.open();
    await run(
      own,
      "ip = get_ipython()\ncells, old = [], ip.run_cell\ndef f(c, **k):\n    cells.append(c)\n    return old(c, **k)\nip.run_cell = f",
    );
    await run(own, "1");
    expect((await run(own, "print(len(cells))")).stdout).toBe("2\n");
    await own[Symbol.asyncDispose]();
  });

  it("should draw other random numbers in each interpreter", async () => {
    const own = await kit.open();
    const code =
      "import numpy, random, uuid, tempfile\nprint(numpy.random.randint(1 << 30), random.randrange(1 << 30), uuid.uuid4(), uuid.uuid1().node, tempfile.mktemp())\nimport os; os._exit(0)";
    const seen = new Set<string>();
    for (let round = 0; round < 3; round += 1)
      for (const word of (await run(own, code)).stdout.split(/\s+/)) seen.add(word);
    // Each number once, and the empty word at the end of a line.
    expect(seen.size).toBe(16);
  });
});
