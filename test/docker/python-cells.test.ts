import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Case, itEach, transformed } from "./python-cells-kit.ts";
import { type Kit, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

const MAIN = "import asyncio, sys\nasync def m(n):\n    await asyncio.sleep(0.01)\n    print('m', n)\n    return n\n";
const TICK =
  "import asyncio\nasync def tick(n):\n    for i in range(n):\n        print(i); await asyncio.sleep(0.02)\n";

const cases: readonly Case[] = [
  ["transform a text as IPython does", { code: transformed, shown: ["[]"] }],
  [
    "tell that IPython runs the cell, and count as it does",
    {
      code: "%reset -f\nn = get_ipython().execution_count\nn",
      shown: [/^\d+$/],
      check: ({ events, results }) => {
        expect(events[0]).toMatchObject({ type: "exec-start", data: { shell: "ipython" } });
        expect(String(results[0]?.executionCount)).toBe(results[0]?.data["text/plain"]);
      },
    },
    { code: "In[n][-1], Out[n] == n, _ == (In[n][-1], True) or _ == n", shown: ["('n', True, True)"] },
  ],
  [
    "show last values, silence them with a semicolon, and bear comments behind",
    { code: "6 * 7  # the answer", shown: ["42"] },
    { code: "_ + 1\n# no more", shown: ["43"] },
    { code: "print(_, __)", stdout: "43 42\n" },
    { code: "1;  # silent", shown: [] },
    { code: "None", shown: [] },
    { code: "x = 5", shown: [] },
  ],
  [
    "not fail of an error that the code shows itself",
    { code: "import sys\ntry: 1/0\nexcept Exception: sys.excepthook(*sys.exc_info())", stderr: /^Trace.*\n.*line 2/ },
    { code: "sys.excepthook(1, '1', 1)", stderr: /TypeError: print_exception/ },
  ],
  [
    "leave valid Python alone, and take prompts off what is not",
    { code: "s = '''\n...\n>>> x\n'''\nprint(repr(s))", stdout: "'\\n...\\n>>> x\\n'\n" },
    { code: ">>> def f():\n...     return 4\n>>> f()", shown: ["4"] },
    { code: "In [1]: 5", shown: ["5"] },
  ],
  [
    "give handles of displays, and update them by name",
    {
      code: "h = display('a', display_id=True)\nh.update('b')",
      shown: ["'a'", "'b'"],
      check: ({ results: [first, second] }) => {
        expect(first?.displayId).toBeTruthy();
        expect(second).toMatchObject({ displayId: first?.displayId, update: true });
      },
    },
    {
      code: "from IPython.display import update_display, clear_output, HTML\nupdate_display('d', display_id='x')",
      shown: ["'d'"],
    },
    { code: "for i in range(3):\n    clear_output(wait=True); print(i)", stdout: "0\n1\n2\n" },
    { code: "HTML('<b>x</b>')", check: ({ results }) => expect(results[0]?.data["text/html"]).toBe("<b>x</b>") },
  ],
  [
    "send bundles as valid JSON, or refuse them with a reason",
    {
      code: "import numpy as np\nfrom IPython.display import JSON, display\nJSON({'n': [float('nan'), float('inf')], 's': {1}, 'b': b'x', 'a': np.arange(2), 1: 2})",
      check: ({ results }) =>
        expect(results[0]?.data["application/json"]).toEqual({ n: [null, null], s: [1], b: "eA==", a: [0, 1], "1": 2 }),
    },
    { code: "JSON({'o': object()})", exit: 1, stderr: /TypeError: a result holds object, which JSON cannot hold/ },
    { code: "a = []; a.append(a); JSON(a)", exit: 1, stderr: /ValueError: Circular reference detected/ },
    { code: "display({'image/png': b'\\x89PNG'}, raw=True)", pictures: 1 },
    { code: "'@' * 30_000_000", shown: [/^a result of \d+ bytes is too large to be shown$/] },
    { code: "list(range(3_000_000))", shown: [/^\[0,\n 1,[\s\S]*\.\.\.\]$/] },
  ],
  [
    "run magics, and fail the cell where one fails",
    { code: "open('bad.py', 'w').write('print(1)\\n1/0\\n');" },
    {
      code: "%run bad.py",
      exit: 1,
      stdout: "1\n",
      stderr: /File "\/workspace\/bad\.py", line 2[\s\S]*\nZeroDivisionError: division by zero\n$/,
    },
    { code: "%%time\n1/0", exit: 1, stderr: /ZeroDivisionError/ },
    { code: "%timeit -n1 -r1 1/0", exit: 1, stderr: /ZeroDivisionError/ },
    { code: "%%bash\necho out\nexit 3", exit: 1, stdout: "out\n", stderr: /non-zero exit status 3/ },
    { code: "%nosuchmagic", exit: 1, stderr: /^UsageError: Line magic function `%nosuchmagic` not found\.\n$/ },
    { code: "%%writefile note.txt\nhello\n", stdout: "Writing note.txt\n" },
    { code: "%time 1 + 1", shown: ["2"], stdout: /CPU times/ },
    { code: "%cd /tmp\n%pwd", stdout: "/tmp\n", shown: ["'/tmp'"] },
    { code: "%cd /workspace", stdout: "/workspace\n" },
    { code: "v = 1\n%reset -f\ntry: v\nexcept NameError: print('gone')", stdout: "gone\n" },
    { code: "len?", shown: [/Return the number of items/] },
    { code: "%rehashx" },
    { code: "%load_ext autoreload\n%autoreload 2" },
  ],
  [
    "run commands where the cell's output goes",
    { code: "!echo out; echo err >&2", stdout: "out\n", stderr: /^err\n$/ },
    { code: "!yes | head -n 1", stdout: "y\n" },
    { code: "!exit 3", shown: [] },
    { code: "_exit_code", shown: ["3"] },
    { code: "x = !echo a; echo b\nlist(x)", shown: ["['a', 'b']"] },
    { code: "%%capture c\nprint(1); display(2)\n!echo three", stdout: "", shown: [] },
    { code: "%%capture d\nprint(1)\n1 / 0", exit: 1, stdout: "", stderr: /ZeroDivisionError/ },
    {
      code: "import contextlib, io\nwith contextlib.redirect_stderr(io.StringIO()):\n    get_ipython().run_cell('1 / 0')",
      exit: 1,
      stderr: /ZeroDivisionError/,
    },
    { code: "%%script python3 --out whole\nprint('one'); print('two')" },
    { code: "whole", shown: ["'one\\ntwo\\n'"] },
    { code: "c.stdout, len(c.outputs)", shown: ["('1\\nthree\\n', 1)"] },
    {
      code: "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as s:\n    get_ipython().system('echo in')\ns.getvalue()",
      shown: ["'in\\n'"],
    },
  ],
  [
    "have one loop for all cells, and bear what scripts do",
    { code: `${MAIN}a = asyncio.get_event_loop()\nawait m(1)`, stdout: "m 1\n", shown: ["1"] },
    {
      code: "lock = asyncio.Lock(); q = asyncio.Queue()\nawait q.put(5)\nasyncio.get_running_loop() is a",
      shown: ["True"],
    },
    { code: "async with lock: print(await q.get())", stdout: "5\n" },
    { code: "asyncio.run(m(2));", stdout: "m 2\n" },
    { code: "asyncio.get_event_loop().run_until_complete(m(3));", stdout: "m 3\n" },
    { code: "with asyncio.Runner() as r: r.run(m(4))", stdout: "m 4\n" },
    {
      code: "l = asyncio.new_event_loop(); asyncio.set_event_loop(l); l.run_until_complete(m(5)); l.close()",
      stdout: "m 5\n",
    },
    { code: "await m(6)", stdout: "m 6\n", shown: ["6"] },
    { code: "async def out(): sys.exit(7)\nawait out()", exit: 7, stderr: /^$/ },
    {
      code: "async def bad(): raise LookupError('nobody')\nawait bad()",
      exit: 1,
      stderr: /"<cell \d+>", line 1, in bad\n[\s\S]*LookupError: nobody\n$/,
    },
  ],
  [
    "let tasks go on while a cell awaits, and between two cells",
    { code: `${TICK}t = asyncio.create_task(tick(3))`, stdout: "0\n", shown: [] },
    { code: "await t", stdout: "1\n2\n" },
    { code: "t = asyncio.create_task(tick(1))\nimport time; time.sleep(0.1); print('busy')", stdout: "busy\n0\n" },
    {
      code: "async def out(): await asyncio.sleep(0.01); sys.exit(4)\nt = asyncio.create_task(out())\nawait asyncio.sleep(5)",
      exit: 4,
      stderr: /^$/,
    },
    { code: "print('alive')", stdout: "alive\n" },
  ],
  [
    "run the last cell again, and list the last ones",
    { code: "print(6)", stdout: "6\n" },
    { code: "%rerun", stdout: "=== Executing: ===\nprint(6)\n=== Output: ===\n6\n" },
    { code: "print(7)", stdout: "7\n" },
    { code: "%rerun -l 1", stdout: "=== Executing: ===\nprint(7)\n=== Output: ===\n7\n" },
    { code: "%history -l 3", stdout: "%rerun\nprint(7)\n%rerun -l 1\n" },
    { code: "%history -l 500", stdout: /\nprint\(7\)\n%rerun -l 1\n%history -l 3\n$/ },
  ],
  [
    "show each figure once, at show() and at the end of the cell",
    { code: "import matplotlib.pyplot as plt\nplt.plot([1]);", pictures: 1 },
    { code: "plt.boxplot([[1, 2, 3]])", pictures: 1 },
    { code: "fig, ax = plt.subplots(); ax.plot([1]); fig", pictures: 1 },
    { code: "for i in range(2):\n    plt.plot([i]); plt.show()", pictures: 2 },
    { code: "fig, ax = plt.subplots(); ax.plot([1]); display(fig)", pictures: 1 },
    { code: "%%capture c\nplt.plot([1])", pictures: 0 },
    { code: "plt.figure(); None", pictures: 0, shown: ["<Figure size 640x480 with 0 Axes>"] },
    { code: "len(c.outputs)", shown: ["2"] },
    { code: "import matplotlib\nmatplotlib.use('Agg')\nplt.plot([1]); plt.show(); plt.close()", pictures: 1 },
    {
      code: "%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\nplt.plot([1]);",
      pictures: 0,
      shown: [/Figure/],
    },
    {
      code: "%config InlineBackend.figure_format = 'png'\n%matplotlib notebook\nplt.plot([1]);",
      pictures: 1,
      stderr: /^there is no screen for 'notebook': figures are shown inline\n$/,
    },
    { code: "import matplotlib.figure\nf = matplotlib.figure.Figure(); f.subplots().plot([1]); f", pictures: 1 },
  ],
  [
    "tell errors plainly, and name the cell",
    {
      code: "def f():\n    return 1 / 0\n\nf()",
      exit: 1,
      stderr:
        /^Traceback \(most recent call last\):\n {2}File "<cell \d+>", line 4, in <module>\n {4}f\(\)\n[\s\S]*line 2, in f\n[\s\S]*\nZeroDivisionError: division by zero\n$/,
      check: ({ end }) =>
        expect(end.error).toEqual({ name: "ZeroDivisionError", message: "division by zero", line: 2 }),
    },
    { code: "for", exit: 1, stderr: /^ {2}File "<cell \d+>", line 1\n[\s\S]*\nSyntaxError: invalid syntax\n$/ },
    // Found by the compiler behind the parser, and by another way told.
    {
      code: "x = 1\nreturn x",
      exit: 1,
      stderr: /^ {2}File "<cell \d+>", line 2\n {4}return x\n {4}\^+\nSyntaxError: 'return' outside function\n$/,
    },
    {
      code: "e = ValueError('v'); e.add_note('try the other way'); raise e",
      exit: 1,
      stderr: /ValueError: v\ntry the other way\n$/,
    },
    { code: "raise ExceptionGroup('g', [ValueError(1)])", exit: 1, stderr: /ExceptionGroup: g \(1 sub-exception\)/ },
    {
      code: "try: 1/0\nexcept Exception as e: raise KeyError('x') from e",
      exit: 1,
      stderr: /direct cause[\s\S]*KeyError: 'x'\n$/,
    },
    { code: "raise RuntimeError('bad ' + chr(0xd8ff))", exit: 1, stderr: /RuntimeError: bad \\ud8ff\n$/ },
    {
      code: "class R:\n    def __repr__(self): raise ValueError('no view')\nR()",
      exit: 1,
      stderr: /in __repr__\n[\s\S]*ValueError: no view\n$/,
    },
    { code: "%xmode Minimal\n1/0", exit: 1, stderr: /^ZeroDivisionError: division by zero\n$/, stdout: /Minimal/ },
    { code: "%xmode Plain", stdout: /Plain/ },
  ],
  [
    "end with the code of an exit, and keep the state",
    { code: "kept = 1; import sys; sys.exit(3)", exit: 3 },
    { code: "exit(4)", exit: 4 },
    { code: "quit", exit: 0 },
    { code: "sys.exit('no more')", exit: 1, stderr: /^no more\n$/ },
    { code: "open('ends.py', 'w').write('import sys; sys.exit(5)');\n%run ends.py", exit: 5 },
    { code: "raise KeyboardInterrupt", exit: 130, stderr: /KeyboardInterrupt\n$/ },
    { code: "kept", shown: ["1"] },
  ],
];

describe("a Python cell", () => {
  itEach(cases, () => session);

  it("should be interrupted while it awaits, busy or not, and keep its loop", async () => {
    await run(session, "import asyncio, time\nloop = asyncio.get_event_loop()");
    for (const wait of ["await asyncio.sleep(60)", "while True: pass"]) {
      const { onEvent, seen } = signalWhen(({ type }) => type === "exec-stdout");
      // In one statement: between two of them an interrupt finds no line of the cell.
      const code = `async def wait():\n    print('on')\n    ${wait}\nawait wait()`;
      const running = run(session, code, { onEvent });
      await seen;
      await session.interrupt();
      const { end, stderr } = await running;
      expect(end).toMatchObject({ status: "signalled", signal: "SIGINT", stateLost: false });
      expect(stderr).toMatch(/<cell \d+>[\s\S]*KeyboardInterrupt\n$/);
    }
    const { results } = await run(session, "await asyncio.sleep(0)\nasyncio.get_running_loop() is loop");
    expect(results[0]?.data["text/plain"]).toBe("True");
  });

  it("should show the same in the first cell of a container that waited with its modules", async () => {
    await using pooled = await startSandbox({ pool: 1 });
    const first = await pooled.open();
    const { results, stderr } = await run(first, "from IPython.display import HTML\nHTML('<i>y</i>')");
    expect(results.map(({ data }) => data["text/html"])).toEqual(["<i>y</i>"]);
    expect(stderr).toBe("");
  });

  it("should have all interpreters started there, and lose no state with one that had none", async () => {
    await using pooled = await startSandbox({ pool: 1 });
    await filled(pooled);
    const first = await pooled.open();
    const look =
      "import glob, os\nnames = lambda: {open(one).read().split('\\0')[0]: int(one.split('/')[2]) for one in glob.glob('/proc/[0-9]*/cmdline')}";
    await run(first, look);
    // Forked already; each is seen by its name once it is what it is to be.
    const { end: found } = await run(first, "while not {'node', 'bash'} <= set(names()): pass", { timeout: 60_000 });
    expect(found.exitCode).toBe(0);
    await run(first, "os.kill(names()['node'], 9)");
    const { stdout, end } = await run(first, "console.log(1)", { language: "javascript" });
    expect([stdout, end.stateLost]).toEqual(["1\n", false]);
  });

  it("should run cells in a container that waited without modules", async () => {
    await using bare = await startSandbox({ pool: 1, preload: [] });
    await filled(bare);
    const { stdout } = await run(await bare.open(), "%time print('on')");
    expect(stdout).toMatch(/^on\n/);
  });
});

/** Resolves when a container waits in the pool. */
async function filled(kit: Kit): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = setInterval(() => kit.statuses.some(({ status }) => status === "pooled") && resolve(), 20);
  await promise.finally(() => clearInterval(look));
}
