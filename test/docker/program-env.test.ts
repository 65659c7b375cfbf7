import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

const odd = "two\nlines 'and' \"quotes\" $HOME `x` \\ \u00e9\u{1f600}";
const env = { GREETING: "hello", ODD: odd, EMPTY: "", PATH_LIKE: "/a:/b" };
const shown = `hello|${odd}||/a:/b\n`;

const readers: readonly (readonly [language: string, code: string])[] = [
  ["python", "import os; e = os.environ; print(e['GREETING'], e['ODD'], e['EMPTY'], e['PATH_LIKE'], sep='|')"],
  ["javascript", "{ const e = process.env; console.log([e.GREETING, e.ODD, e.EMPTY, e.PATH_LIKE].join('|')); }"],
  ["bash", 'printf "%s|%s|%s|%s\\n" "$GREETING" "$ODD" "$EMPTY" "$PATH_LIKE"'],
];
const perl = ["perl", 'print join("|", @ENV{qw(GREETING ODD EMPTY PATH_LIKE)}), "\\n"'] as const;
const children: readonly (readonly [language: string, code: string])[] = [
  ["python", "import subprocess; subprocess.run(['sh', '-c', 'echo $GREETING'])"],
  ["javascript", "process.stdout.write(require('child_process').execSync('echo $GREETING'))"],
  ["bash", "sh -c 'echo $GREETING'"],
];

describe("variables of a program", () => {
  it.each([...readers, perl])("should be its environment: %s", async (language, code) => {
    await using session = await kit.open("fresh");
    expect(await run(session, code, { language, env })).toMatchObject({ stdout: shown, stderr: "" });
    // The next program of the same container has none of them.
    const next = await run(session, "print('GREETING' in __import__('os').environ)");
    expect(next.stdout).toBe("False\n");
  });

  it("should be what its interpreter looks at when it starts", async () => {
    await using session = await kit.open("fresh");
    const python = await run(session, "import sys\nprint('/elsewhere' in sys.path)", {
      env: { PYTHONPATH: "/elsewhere" },
    });
    expect(python.stdout).toBe("True\n");
    const node = { language: "javascript", env: { NODE_OPTIONS: "--title=mine" } };
    expect((await run(session, "console.log(process.title)", node)).stdout).toBe("mine\n");
    expect((await run(session, "import os; print(os.environ['PATH'])", { env: { PATH: "/nowhere" } })).stdout).toBe(
      "/nowhere\n",
    );
  });
});

describe("variables that Python heeds while it starts and compiles", () => {
  it.each([
    ["PYTHONOPTIMIZE", "2", "def f(): 'words'\nassert False\nprint(__debug__, f.__doc__)\n5", "False None\n", 0],
    ["PYTHONWARNINGS", "ignore", "print(len('\\d'))", "2\n", 0],
    ["PYTHONWARNINGS", "error", "print(len('\\d'))", "", 1],
    ["PYTHONSAFEPATH", "1", "import os, sys\nprint(os.getcwd() in sys.path)", "False\n", 0],
    ["PYTHONNOUSERSITE", "1", "import site\nprint(site.ENABLE_USER_SITE)", "False\n", 0],
  ])("should do to a program what they do to `python3 FILE`: %s=%s", async (name, value, code, stdout, exitCode) => {
    await using session = await kit.open("fresh");
    const ran = await run(session, code, { env: { [name]: value } });
    expect(ran).toMatchObject({ stdout, stderr: exitCode ? expect.stringMatching(/^SyntaxError: /m) : "" });
    expect(ran.end.exitCode).toBe(exitCode);
    expect(ran.results.map(({ data }) => data["text/plain"])).toEqual(value === "2" ? ["5"] : []);
  });
});

describe("variables of a cell", () => {
  it.each(readers)("should be set before it, stay, and be replaced: %s", async (language, code) => {
    await using session = await kit.open();
    const cell = (text: string, more = {}) => run(session, text, { language, ...more });
    await cell(language === "bash" ? ":" : "1");
    expect(await cell(code, { env })).toMatchObject({ stdout: shown, stderr: "" });
    expect(await cell(code)).toMatchObject({ stdout: shown, stderr: "" });
    expect((await cell(code, { env: { GREETING: "bye" } })).stdout).toBe(shown.replace("hello", "bye"));
  });

  it.each(children)("should reach what it starts: %s", async (language, code) => {
    await using session = await kit.open();
    expect((await run(session, code, { language, env })).stdout).toBe("hello\n");
  });

  it("should be there for the other languages of the session, those that begin later included", async () => {
    await using session = await kit.open();
    await run(session, "1", { env });
    for (const [language, code] of readers) expect((await run(session, code, { language })).stdout).toBe(shown);
    expect((await run(session, 'print "$ENV{GREETING}\\n"', { language: "perl" })).stdout).toBe("hello\n");
    // A bash that begins anew has them as well.
    await run(session, "exit 3", { language: "bash" });
    expect((await run(session, "echo $GREETING", { language: "bash" })).stdout).toBe("hello\n");
  });

  it("should leave alone what a cell has set by itself meanwhile", async () => {
    await using session = await kit.open();
    const bash = (text: string, more = {}) => run(session, text, { language: "bash", ...more });
    await bash("GREETING=mine", { env });
    expect((await bash("echo $GREETING", { env })).stdout).toBe("mine\n");
    await bash("readonly FIXED=1");
    const after = await bash("echo $FIXED $OTHER $?", { env: { FIXED: "2", OTHER: "3" } });
    expect(after).toMatchObject({ stdout: "1 3 0\n", stderr: "" });
  });
});
