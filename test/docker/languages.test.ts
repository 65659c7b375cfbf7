import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Kit, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

const python = (code: string) => run(session, code);
const javascript = (code: string) => run(session, code, { language: "javascript" });
const bash = (code: string) => run(session, code, { language: "bash" });

/** The text of every value shown. */
const shown = (ran: Awaited<ReturnType<typeof run>>) => ran.results.map(({ data }) => data["text/plain"]);

describe("Python in a session", () => {
  it("should print exactly what the program prints", async () => {
    const { stdout, stderr, end, events } = await python("print('Hello, World!')");
    expect(stdout).toBe("Hello, World!\n");
    expect(stderr).toBe("");
    expect(end).toMatchObject({ status: "exited", exitCode: 0, signal: null, stateLost: false });
    expect(end.wallMs).toBeGreaterThan(0);
    expect(end.peakBytes).toBeGreaterThan(1_000_000);
    expect(events[0]).toMatchObject({ type: "exec-start", data: { language: "python", container: session.id } });
  });

  it("should keep variables, and show the last value without printing it", async () => {
    await python("x = 20\ny = [x]");
    const ran = await python("x + 22");
    expect(shown(ran)).toEqual(["42"]);
    expect(ran.stdout).toBe("");
    expect(shown(await python("_ + 1"))).toEqual(["43"]);
    expect(shown(await python("x;"))).toEqual([]);
    expect(shown(await python("None"))).toEqual([]);
  });

  it("should keep its state over sys.exit, and give the operating system's codes", async () => {
    const code = async (argument: string) => (await python(`import sys; kept = 1; sys.exit(${argument})`)).end;
    expect(await code("3")).toMatchObject({ status: "exited", exitCode: 3, stateLost: false });
    expect((await code("256")).exitCode).toBe(0);
    expect((await code("-1")).exitCode).toBe(255);
    expect((await code("None")).exitCode).toBe(0);
    const told = await python("sys.exit('no more')");
    expect(told.end.exitCode).toBe(1);
    expect(told.stderr).toBe("no more\n");
    expect(shown(await python("kept"))).toEqual(["1"]);
  });

  it("should show tracebacks with source lines and without its own frames", async () => {
    const ran = await python("def f():\n    return 1 / 0\n\nf()");
    expect(ran.stderr).toContain("return 1 / 0");
    expect(ran.stderr).toContain("ZeroDivisionError: division by zero");
    expect(ran.stderr).not.toContain("sluice");
    expect(ran.end).toMatchObject({
      exitCode: 1,
      error: { name: "ZeroDivisionError", message: "division by zero", line: 2 },
    });
    const syntax = await python("x = (1,\nfor");
    expect(syntax.end).toMatchObject({ exitCode: 1, error: { name: "SyntaxError", line: 1 } });
    expect(syntax.stderr).not.toContain("sluice");
  });

  it("should await at the top level", async () => {
    expect(shown(await python("import asyncio\nawait asyncio.sleep(0.01)\n'awake'"))).toEqual(["'awake'"]);
  });

  it("should answer input() and getpass, and give the end of file", async () => {
    const answers = ["Ada", null, "hush"];
    const asked: unknown[] = [];
    const ran = await run(
      session,
      "name = input('name? ')\ntry:\n    input()\nexcept EOFError:\n    print('eof')\nimport getpass\nprint(name, getpass.getpass())",
      {
        onEvent: (event) => {
          if (event.type !== "input-request") return;
          asked.push(event.data);
          void session.input(answers.shift() ?? null);
        },
      },
    );
    expect(ran.stdout).toBe("eof\nAda hush\n");
    expect(asked).toMatchObject([{ prompt: "name? " }, { prompt: "" }, { prompt: "Password: ", secret: true }]);
    expect((await python("import sys; print(repr(sys.stdin.read()))")).stdout).toBe("''\n");
  });

  it("should show pictures and tables, and IPython's magics", async () => {
    const figure = await python("import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('t');");
    const [picture] = figure.results;
    const png = Buffer.from(String(picture?.data["image/png"]), "base64");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect((await python("plt.plot([1]); plt.show()")).results).toHaveLength(1);
    const table = await python("import pandas as pd\npd.DataFrame({'a': [1, 2]})");
    expect(String(table.results[0]?.data["text/html"])).toContain("<table");
    expect((await python("!echo from the shell")).stdout).toBe("from the shell\n");
    expect((await python("%time 6 * 7")).stdout).toContain("Wall time");
    const html = await python("from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))");
    expect(html.results[0]?.data["text/html"]).toBe("<b>bold</b>");
  });

  it("should tell which files appeared", async () => {
    const ran = await python(
      "import os\nos.makedirs('out')\nopen('out/data.csv', 'w').write('a,b')\nopen('.hidden', 'w');",
    );
    expect(ran.files).toEqual(["out/data.csv"]);
    expect(await session.list()).toContainEqual({ path: "out/data.csv", size: 3, mime: "text/csv" });
    expect((await python("1")).files).toEqual([]);
  });

  it("should interrupt and keep state", async () => {
    await python("kept = 'yes'\nimport time");
    const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
    const running = run(session, "print('go')\ntime.sleep(60)", { onEvent });
    await seen;
    expect(await session.interrupt()).toBe(true);
    expect((await running).end).toMatchObject({
      status: "signalled",
      signal: "SIGINT",
      exitCode: null,
      stateLost: false,
    });
    expect(shown(await python("kept"))).toEqual(["'yes'"]);
    expect(await session.interrupt()).toBe(false);
  });

  it("should interrupt code whose interpreter is only just starting", async () => {
    await using own = await kit.open();
    const { seen, onEvent } = signalWhen((event) => event.type === "exec-start");
    const running = run(own, "import time\ntime.sleep(60)", { onEvent });
    await seen;
    await own.interrupt();
    const { end, stderr } = await running;
    expect(stderr).toContain("KeyboardInterrupt");
    expect(end).toMatchObject({ status: "signalled", signal: "SIGINT", stateLost: false });
  });

  it("should see an end that no interpreter tells of", async () => {
    const own = await kit.open();
    await run(own, "x = 1");
    expect((await run(own, "import os; os._exit(7)")).end).toMatchObject({
      status: "exited",
      exitCode: 7,
      stateLost: true,
    });
    expect((await run(own, "x")).end.error?.name).toBe("NameError");
    expect((await run(own, "import os; os.abort()")).end).toMatchObject({ status: "signalled", signal: "SIGABRT" });
    const fault = await run(own, "import ctypes; ctypes.string_at(0)");
    expect(fault.end).toMatchObject({ status: "signalled", signal: "SIGSEGV", exitCode: null, stateLost: true });
    await own[Symbol.asyncDispose]();
  });

  it("should bear empty code, a byte order mark and CRLF", async () => {
    expect((await python("")).end).toMatchObject({ status: "exited", exitCode: 0 });
    expect((await python("\uFEFFprint(1)\r\nprint(2)\r\n")).stdout).toBe("1\n2\n");
    expect((await bash("\uFEFFecho 1\r\necho 2\r\n")).stdout).toBe("1\n2\n");
  });

  it("should deliver what was written before the end, before the end", async () => {
    for (let round = 0; round < 20; round += 1) {
      const { stdout } = await python("import sys\nsys.stdout.write('x' * 200_000 + 'end')");
      expect(stdout.length).toBe(200_003);
      expect(stdout.endsWith("end")).toBe(true);
    }
  });
});

describe("JavaScript in a session", () => {
  it("should keep variables, declare them again, and show values", async () => {
    expect((await javascript("let a = 1; console.log('Hello, World!'); a + 1")).stdout).toBe("Hello, World!\n");
    expect(shown(await javascript("let a = 20; const b = a; b * 2"))).toEqual(["40"]);
    expect(shown(await javascript("await Promise.resolve({ a })"))).toEqual(["{ a: 20 }"]);
  });

  it("should import and require", async () => {
    expect(
      shown(await javascript("import path, { join } from 'node:path';\njoin('a', path.basename('/x/b'))")),
    ).toEqual(["'a/b'"]);
    expect(shown(await javascript("(await import('node:os')).EOL === require('os').EOL"))).toEqual(["true"]);
    expect(shown(await javascript("const text = `import('x')`; text // import y from 'z'"))).toEqual([
      "\"import('x')\"",
    ]);
  });

  it("should keep its state over process.exit and errors", async () => {
    await javascript("var kept = 5");
    expect((await javascript("process.exit(3)")).end).toMatchObject({
      status: "exited",
      exitCode: 3,
      stateLost: false,
    });
    const failed = await javascript("\nnull.x");
    expect(failed.end).toMatchObject({ exitCode: 1, error: { name: "TypeError", line: 2 } });
    expect(failed.stderr).toContain("Cannot read properties of null");
    expect(failed.stderr).not.toContain("sluice");
    expect((await javascript("let = ;")).end.error?.name).toBe("SyntaxError");
    expect(shown(await javascript("kept"))).toEqual(["5"]);
  });

  it("should interrupt busy and waiting code alike", async () => {
    for (const code of [
      "console.log('go'); while (true) {}",
      "console.log('go'); await new Promise(() => setTimeout(() => {}, 60000))",
    ]) {
      const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
      const running = run(session, code, { language: "javascript", onEvent });
      await seen;
      await session.interrupt();
      expect((await running).end).toMatchObject({ status: "signalled", signal: "SIGINT", stateLost: false });
    }
    expect(shown(await javascript("kept"))).toEqual(["5"]);
  });
});

describe("bash in a session", () => {
  it("should keep variables, functions and the folder", async () => {
    expect((await bash("x=5; f() { echo \"<$1>\"; }; mkdir -p sub; cd sub; echo 'Hello, World!'")).stdout).toBe(
      "Hello, World!\n",
    );
    expect((await bash("f $x; pwd; cd ..")).stdout).toBe("<5>\n/workspace/sub\n");
    expect((await bash("false")).end).toMatchObject({ status: "exited", exitCode: 1, stateLost: false });
  });

  it("should start anew after exit, and say so", async () => {
    const ran = await bash("trap 'echo bye' EXIT; echo $x; exit 3");
    expect(ran.stdout).toBe("5\nbye\n");
    expect(ran.stderr).toBe("");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 3, stateLost: true });
    expect((await bash("echo [$x]")).stdout).toBe("[]\n");
  });

  it("should tell errors, and have no input", async () => {
    const ran = await bash("if then");
    expect(ran.end.exitCode).toBe(2);
    expect(ran.stderr).toContain("syntax error");
    expect((await bash("read line; echo $?; nope 2>&1")).stdout).toContain("1\n");
    expect((await bash("nope")).end.exitCode).toBe(127);
  });

  it("should interrupt and keep state", async () => {
    await bash("y=7");
    const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
    const running = run(session, "for i in 1 2 3; do echo $i; sleep 60; done", { language: "bash", onEvent });
    await seen;
    await session.interrupt();
    expect((await running).end).toMatchObject({ status: "signalled", signal: "SIGINT", stateLost: false });
    expect((await bash("echo $y")).stdout).toBe("7\n");
  });
});

describe("languages", () => {
  it("should share the workspace", async () => {
    await python("open('shared.txt', 'w').write('from python')");
    expect((await bash("cat shared.txt")).stdout).toBe("from python");
    expect((await javascript("require('fs').readFileSync('shared.txt', 'utf8')")).results[0]?.data["text/plain"]).toBe(
      "'from python'",
    );
  });

  it("should run any program of the image once, and leave the session's state alone", async () => {
    await python("still = 1");
    expect((await run(session, "print 'perl ', 6 * 7;", { language: "perl" })).stdout).toBe("perl 42");
    expect(shown(await python("still"))).toEqual(["1"]);
    for (const alias of ["py", "python3"])
      expect((await run(session, "print(still)", { language: alias })).stdout).toBe("1\n");
    expect((await run(session, "console.log(kept)", { language: "js" })).stdout).toBe("5\n");
    expect((await run(session, "echo $y", { language: "shell" })).stdout).toBe("7\n");
  });

  it("should refuse a language that the image does not have", async () => {
    await expect(run(session, "x", { language: "cobol" })).rejects.toMatchObject({ code: "SLUICE_SANDBOX_LANGUAGE" });
    await expect(run(session, "x", { language: "../bin/sh" })).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_LANGUAGE",
    });
    expect((await python("1")).end.exitCode).toBe(0);
  });

  it("should run one after the other what is asked for at once", async () => {
    const all = await Promise.all([1, 2, 3].map((n) => python(`import time; time.sleep(0.05); print(${n})`)));
    expect(all.map(({ stdout }) => stdout)).toEqual(["1\n", "2\n", "3\n"]);
  });
});
