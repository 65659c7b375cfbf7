import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, type RunOptions, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

async function program(code: string, options: RunOptions = {}) {
  await using session = await kit.open("fresh");
  return await run(session, code, options);
}

async function* bytes(...pieces: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

const rows: readonly (readonly [what: string, code: string, options: RunOptions, stdout: string])[] = [
  [
    "Python with its file and arguments",
    "import sys\nprint(__file__, sys.argv, sys.path[0], __name__)",
    { file: "tool.py", args: ["a", "b c", ""] },
    "/workspace/tool.py ['tool.py', 'a', 'b c', ''] /workspace __main__\n",
  ],
  ["Python without a name", "import os\nprint(__file__, os.listdir())", {}, "/workspace/.program.py ['.program.py']\n"],
  [
    "Python at the bottom of its stack",
    "import inspect, sys\nprint(len(inspect.stack()), inspect.getsource(sys.modules['__main__']).count('inspect'))",
    {},
    "1 4\n",
  ],
  ["Python that shows values by itself", "exec(compile('6 * 7', 'mine', 'single'))", {}, "42\n"],
  [
    "Python that spawns",
    "import multiprocessing as mp\ndef sq(x): return x * x\nif __name__ == '__main__':\n    for how in ('spawn', 'forkserver', 'fork'):\n        with mp.get_context(how).Pool(2) as pool: print(how, pool.map(sq, range(3)))",
    { file: "pool.py" },
    "spawn [0, 1, 4]\nforkserver [0, 1, 4]\nfork [0, 1, 4]\n",
  ],
  [
    "Python that imports what lies beside it, in a folder",
    "import pathlib\npathlib.Path('src/beside.py').write_text('v = 7')\nimport beside\nprint(beside.v)",
    { file: "src/main.py" },
    "7\n",
  ],
  [
    "a name that begins with a dash",
    "import sys\nprint(sys.argv)",
    { file: "-c.py", args: ["-h"] },
    "['./-c.py', '-h']\n",
  ],
  [
    "JavaScript with its file and arguments",
    "console.log(require.main === module, __filename, process.argv.slice(1), process.execArgv)",
    { language: "javascript", file: "tool.js", args: ["a b"] },
    "true /workspace/tool.js [ '/workspace/tool.js', 'a b' ] []\n",
  ],
  [
    "a JavaScript module",
    "import fs from 'node:fs';\nexport const x = 1;\nconsole.log(import.meta.url, await 2, typeof fs.readFileSync)",
    { language: "javascript", file: "tool.mjs" },
    "file:///workspace/tool.mjs 2 function\n",
  ],
  [
    "bash with its file and arguments",
    'echo "$0" "${BASH_SOURCE[0]}" $# "$2"',
    { language: "bash", file: "tool.sh", args: ["1", "two words"] },
    "tool.sh tool.sh 2 two words\n",
  ],
];

const readers: readonly (readonly [what: string, language: string, code: string, stdout: string])[] = [
  ["sys.stdin", "python", "import sys\nprint([line for line in sys.stdin])", "['a\\n', 'b']\n"],
  ["input()", "python", "print(input(), input())\ntry: input()\nexcept EOFError: print('end')", "a b\nend\n"],
  [
    "a thread",
    "python",
    "import threading\nt = threading.Thread(target=lambda: print(input()))\nt.start(); t.join()",
    "a\n",
  ],
  ["a child", "python", "import subprocess\nprint(subprocess.run(['cat'], capture_output=True).stdout)", "b'a\\nb'\n"],
  ["readFileSync", "javascript", "console.log(JSON.stringify(require('fs').readFileSync(0, 'utf8')))", '"a\\nb"\n'],
  [
    "readline",
    "javascript",
    "const rl = require('readline').createInterface({ input: process.stdin });\nrl.on('line', (l) => console.log(l)).on('close', () => console.log('end'))",
    "a\nb\nend\n",
  ],
  ["read", "bash", 'read x; echo "$x"; cat', "a\nb"],
];

describe("a program", () => {
  it.each(rows)("should be %s", async (_, code, options, stdout) => {
    const ran = await program(code, options);
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toBe(stdout);
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
    // Neither its own file nor one of ours is a file that it made.
    expect(ran.files.filter((path) => path !== "src/beside.py")).toEqual([]);
  });

  it("should be run as it lies there where it is among the files", async () => {
    await using session = await kit.open("fresh");
    const content = Buffer.from("# -*- coding: latin-1 -*-\nprint('\xe9')\n", "latin1");
    await session.put([{ path: "old.py", content }]);
    const ran = await run(session, "never", { file: "old.py", placed: true });
    expect(ran).toMatchObject({ stdout: "\u00e9\n", stderr: "" });
  });

  it("should run what was put beside it and can be run", async () => {
    await using session = await kit.open("fresh");
    const head = Buffer.from(`#!/bin/sh\necho $((6 * 7))\n#${"x".repeat(300_000)}`);
    await session.put([
      { path: "bin/tool", content: head },
      { path: "data.txt", content: Buffer.from("#1") },
    ]);
    const ran = await run(session, "./bin/tool; stat -c '%a %n' bin/tool data.txt", { language: "bash" });
    expect(ran).toMatchObject({ stdout: "42\n755 bin/tool\n644 data.txt\n", stderr: "", files: [] });
  });

  it("should not write over a file of the user's where it has no name", async () => {
    await using session = await kit.open("fresh");
    await session.put([{ path: ".program.py", content: Buffer.from("mine") }]);
    const ran = await run(session, "print(__file__, open('.program.py').read())");
    expect(ran.stdout).toBe("/workspace/.program-2.py mine\n");
  });

  it("should be refused outside of the workspace", async () => {
    await expect(program("1", { file: "../x.py" })).rejects.toMatchObject({ code: "SLUICE_FILE_OUTSIDE" });
  });

  it.for([
    ["a.ts", "const x: number = 5;\nconsole.log(x)", "5\n"],
    ["a.mts", "export const x: number = await 6;\nconsole.log(x)", "6\n"],
    ["a.cts", "const fs: typeof import('fs') = require('fs');\nconsole.log(typeof fs.readFileSync)", "function\n"],
  ])("should run TypeScript by Node's own type stripping: %s", async ([file = "", code = "", stdout = ""]) => {
    const ran = await program(code, { language: "typescript", file });
    expect(ran).toMatchObject({ stdout, stderr: "", end: { exitCode: 0 } });
  });

  it("should leave it to Node to refuse what cannot be stripped", async () => {
    const ran = await program("enum A { B }\nconsole.log(A.B)", { language: "typescript", file: "a.ts" });
    expect(ran.end.exitCode).toBe(1);
    expect(ran.stderr).toContain("ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX");
  });

  it("should tell last values and await at the top level, with or without a name", async () => {
    for (const options of [{}, { file: "a.py" }]) {
      const ran = await program("import asyncio\nawait asyncio.sleep(0)\n[1, 2]", options);
      expect(ran.results.map(({ data }) => data["text/plain"])).toEqual(["[1, 2]"]);
      expect((await program("5;", options)).results).toEqual([]);
    }
  });

  it.for([
    ["raises", "class V:\n    def __repr__(self): raise ValueError"],
    ["asks to exit", "class V:\n    _repr_html_ = property(lambda self: exit(3))"],
    ["is no text", "class V:\n    def __repr__(self): return 5"],
    ["is for another's eyes", "import sys\nsys.displayhook = print\nclass V: pass"],
  ])("should tell a last value whose description %s, and end as without it", async ([, code = ""]) => {
    const ran = await program(`${code}\nV()`);
    expect(ran).toMatchObject({ stdout: "", stderr: "", end: { status: "exited", exitCode: 0 } });
    expect(ran.results.map(({ data }) => data["text/plain"])).toEqual([
      expect.stringContaining("<__main__.V object at"),
    ]);
  });
});

it.for([
  [
    "an error that it has shown itself",
    "python",
    "import sys\ntry: 1 / 0\nexcept ZeroDivisionError: sys.excepthook(*sys.exc_info())",
  ],
  ["what is no error, given to its hook", "python", "import sys\nsys.excepthook(1, '1', 1)"],
  [
    "an error that a listener has heard",
    "javascript",
    "process.on('uncaughtException', (error) => console.log(error.message));\nsetTimeout(() => { throw new Error('heard') });",
  ],
] as const)("should fail of nothing where a program ends well after %s", async ([, language, code]) => {
  const ran = await program(code, { language });
  expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
  expect(ran.end.error).toBeUndefined();
  expect(ran.stderr).not.toContain("/opt/sluice");
});

it("should show the figures of a program, at show() and at its end", async () => {
  const { results } = await program(
    "from matplotlib import pyplot\npyplot.plot([1])\npyplot.show()\npyplot.plot([2]);",
    { timeout: 100_000 },
  );
  expect(results.map(({ data }) => "image/png" in data)).toEqual([true, true]);
});

describe("a program's standard input", () => {
  it.each(readers)("should reach %s of %s byte for byte, with its end", async (_, language, code, stdout) => {
    const ran = await program(code, { language, stdin: bytes("a", "\nb") });
    expect(ran.stdout).toBe(stdout);
    expect(ran.end.exitCode).toBe(0);
  });

  it("should be at its end at once where there is none", async () => {
    expect((await program("import sys\nprint(repr(sys.stdin.read()))")).stdout).toBe("''\n");
    expect((await program("input('? ')")).stderr).toContain("EOFError");
  });

  it("should be bytes, many, and read no faster than the program reads", async () => {
    let sent = 0;
    async function* many(): AsyncIterable<Uint8Array> {
      for (let piece = 0; piece < 64; piece += 1) {
        sent += 1;
        yield Buffer.alloc(65_536, piece);
      }
    }
    const slow = signalWhen((event) => event.type === "exec-stdout");
    const code = "import sys, time\nprint('go')\ntime.sleep(1)\nprint(sum(sys.stdin.buffer.read()) % 1000007)";
    const running = program(code, { stdin: many(), onEvent: slow.onEvent });
    await slow.seen;
    await sleep(300);
    expect(sent).toBeLessThan(16);
    const expected = (65_536 * ((63 * 64) / 2)) % 1_000_007;
    expect((await running).stdout).toBe(`go\n${expected}\n`);
  });

  it("should end the program where its source fails", async () => {
    async function* failing(): AsyncIterable<Uint8Array> {
      yield Buffer.from("a");
      throw new Error("the disk is gone");
    }
    const { end } = await program("import sys\nprint(len(sys.stdin.read()))", { stdin: failing() });
    expect(end).toMatchObject({ status: "killed", error: { message: expect.stringContaining("the disk is gone") } });
  });

  it("should ask whoever is there, line by line", async () => {
    await using session = await kit.open("fresh");
    const answers = ["one", "two", null];
    const ran = await run(session, "import sys\nprint(input('? '), sys.stdin.read())", {
      interactive: true,
      onEvent: (event) => {
        if (event.type === "input-request") void session.input(answers.shift() ?? null);
      },
    });
    expect(ran.stdout).toBe("one two\n\n");
  });

  it("should ask nobody for what the program reads from elsewhere, and show none of our frames", async () => {
    await using session = await kit.open("fresh");
    const code =
      "import io, sys\nown, sys.stdin = sys.stdin, io.StringIO('held\\n')\nprint(input())\nsys.stdin = own\ninput()";
    const asked: unknown[] = [];
    const ran = await run(session, code, {
      interactive: true,
      onEvent: (event) => {
        if (event.type === "input-request") void session.input(null).then(() => asked.push(event.data));
      },
    });
    expect(ran.stdout).toBe("held\n");
    expect(asked).toHaveLength(1);
    expect(ran.stderr).toMatch(
      /^Traceback.*\n {2}File "\S+\.program\.py", line 5, in <module>\n.*\n.*\nEOFError: .*\n$/,
    );
  });
});

describe("what a program printed", () => {
  it.each([
    ["SIGKILL", "import os\nprint('begun', end='')\nos.kill(os.getpid(), 9)"],
    ["_exit", "import os\nprint('begun', end='')\nos._exit(1)"],
    ["a crash", "import ctypes\nprint('begun', end='')\nctypes.string_at(0)"],
    ["a time-out", "import time\nprint('begun', end='')\ntime.sleep(60)"],
  ])("should be there after %s", async (_, code) => {
    expect((await program(code, { timeout: 6000 })).stdout).toBe("begun");
  });

  it("should be there before a result that came after it, and count its files", async () => {
    const ran = await program("for i in range(3000): open(f'f{i}', 'w').close()\nprint('one', 'two')\n3");
    expect(ran.events.map(({ type }) => type).slice(1, 3)).toEqual(["exec-stdout", "exec-result"]);
    expect(ran.files).toHaveLength(3000);
    expect(ran.end.truncated).toBeUndefined();
  });
});
