import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, type RunOptions, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

async function once(code: string, options: RunOptions = {}) {
  const session = await kit.open("fresh");
  try {
    return await run(session, code, options);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

describe("a fresh program", () => {
  it("should finish its threads and exit handlers before its end", async () => {
    const ran = await once(
      "import atexit, threading\natexit.register(lambda: print('at exit'))\nthreading.Timer(0.2, lambda: print('thread')).start()\nprint('main')\n6 * 7",
    );
    expect(ran.stdout).toBe("main\nthread\nat exit\n");
    expect(ran.results[0]?.data["text/plain"]).toBe("42");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0, stateLost: false });
  });

  it("should show by the shell of IPython that a program has made itself", async () => {
    const made = "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.instance()\n";
    const used =
      "from IPython.display import display\nfrom IPython.utils.capture import capture_output\nwith capture_output() as got:\n    display(1)\nprint([one.data for one in got.outputs])";
    const ran = await once(made + used);
    expect(ran.stdout).toBe("[{'text/plain': '1'}]\n");
    expect(ran.results).toEqual([]);
  });

  it("should give the operating system's exit codes", async () => {
    const end = async (code: string) => (await once(code)).end;
    expect(await end("import sys; sys.exit(3)")).toMatchObject({ status: "exited", exitCode: 3, stateLost: false });
    expect((await end("import sys; sys.exit(256)")).exitCode).toBe(0);
    expect((await end("import sys; sys.exit(-1)")).exitCode).toBe(255);
    expect(await end("import os; os.kill(os.getpid(), 9)")).toMatchObject({ status: "signalled", signal: "SIGKILL" });
    const failed = await once("import atexit\natexit.register(print, 'bye')\n1 / 0");
    expect(failed.stdout).toBe("bye\n");
    expect(failed.end).toMatchObject({ exitCode: 1, error: { name: "ZeroDivisionError", line: 3 } });
    expect(failed.stderr).not.toContain("sluice");
  });

  it("should wait for timers of JavaScript and end by itself", async () => {
    const ran = await once("setTimeout(() => console.log('later'), 100); console.log('now')", {
      language: "javascript",
    });
    expect(ran.stdout).toBe("now\nlater\n");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
    const failed = await once("setTimeout(() => { throw new Error('late') }, 10)", { language: "javascript" });
    expect(failed.end.exitCode).toBe(1);
    expect(failed.stderr).toContain("late");
    expect((await once("process.exit(4)", { language: "javascript" })).end.exitCode).toBe(4);
    expect((await once("await nothing()", { language: "javascript" })).end).toMatchObject({
      exitCode: 1,
      error: { name: "ReferenceError" },
    });
  });

  it("should be a plain bash", async () => {
    const ran = await once("echo $0; set -e; false; echo not", { language: "bash" });
    expect(ran.stdout).toBe(".program.sh\n");
    expect(ran.end).toMatchObject({ exitCode: 1, stateLost: false });
    const long = `# ${"x".repeat(300_000)}\necho long`;
    expect((await once(long, { language: "bash" })).stdout).toBe("long\n");
  });

  it("should end with its program, whatever that left running", async () => {
    const left = "(sleep 1000 &) ; nohup sleep 1000 & setsid sleep 1000 & echo done";
    const ran = await once(left, { language: "bash" });
    expect(ran.stdout).toBe("done\n");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
  });

  it("should be killed by the signal that it does not handle", async () => {
    const session = await kit.open("fresh");
    const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
    const running = run(session, "print('go')\nimport time\ntime.sleep(60)", { onEvent });
    await seen;
    await session.interrupt();
    const { end, stderr } = await running;
    expect(end).toMatchObject({ status: "signalled", signal: "SIGINT", exitCode: null });
    expect(stderr).toContain("KeyboardInterrupt");
    await session[Symbol.asyncDispose]();
  });
});
