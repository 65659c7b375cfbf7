import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { bytesOf, type Kit, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

const MIB = 1024 * 1024;
let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox({ memory: 256 * MIB, output: 8 * MIB, pids: 64 });
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

/** The user's processes that are left, as the container itself sees them: this bash alone. */
async function leftOver(): Promise<string> {
  const code =
    "for p in /proc/[0-9]*; do [ -O $p ] && [ ${p#/proc/} != $$ ] && tr '\\0' ' ' < $p/cmdline; done 2>/dev/null; true";
  return (await run(session, code, { language: "bash" })).stdout;
}

describe("limits", () => {
  it("should end an endless program at its time-out, with nothing left of it", async () => {
    await run(session, "x = 1");
    const { end } = await run(session, "while True: pass", { timeout: 500 });
    expect(end).toMatchObject({ status: "timeout", exitCode: null, stateLost: true });
    expect((await run(session, "x")).end.error?.name).toBe("NameError");
  });

  it("should end what ignores signals and hides from its parent", async () => {
    const code = [
      "import os, signal, subprocess, time",
      "signal.signal(signal.SIGINT, signal.SIG_IGN)",
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
      "subprocess.Popen(['setsid', 'sleep', '1000'])",
      "subprocess.Popen('nohup sleep 1001 >/dev/null 2>&1 & (sleep 1002 &)', shell=True)",
      "if os.fork() == 0:",
      "    os.setsid()",
      "    if os.fork() == 0:",
      "        signal.pause()",
      "    os._exit(0)",
      "print('ready')",
      "time.sleep(1000)",
    ].join("\n");
    const ran = await run(session, code, { timeout: 5_000 });
    expect(ran.stdout).toBe("ready\n");
    expect(ran.end.status).toBe("timeout");
    expect(await leftOver()).toBe("");
  });

  it("should outlive a fork bomb and a thread bomb", async () => {
    const bomb = await run(session, ":(){ :|:& };:; sleep 1000", { language: "bash", timeout: 1_500 });
    expect(bomb.end).toMatchObject({ status: "timeout", stateLost: true });
    const threads = await run(
      session,
      "import threading, time\nfor _ in range(500): threading.Thread(target=time.sleep, args=(1000,)).start()",
      { timeout: 6_000 },
    );
    expect(threads.stderr).toContain("can't start new thread");
    await run(session, "import os; os._exit(0)");
    expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
  });

  it("should tell a memory bomb", async () => {
    const { end } = await run(session, "x = []\nwhile True: x.append(bytearray(10_000_000))");
    expect(end).toMatchObject({ status: "oom", signal: "SIGKILL", exitCode: null, stateLost: true });
    expect(end.peakBytes).toBeGreaterThan(200 * MIB);
    expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
  });

  it("should bound files without harm", async () => {
    const ran = await run(
      session,
      "try:\n    file = open('big', 'wb')\n    while True: file.write(b'x' * 1_000_000)\nexcept OSError as error:\n    print(error.errno)",
    );
    expect(ran.stdout).toBe("28\n");
    const all = await run(session, "fallocate -l 1G huge; echo $?; rm -f huge big", { language: "bash" });
    expect(all.stdout).toMatch(/^(1|153)\n$/);
  });

  it("should bound output, say how much was dropped, and let the program finish", async () => {
    const ran = await run(session, "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end >&2", {
      language: "bash",
    });
    const kept = bytesOf(ran.events, "exec-stdout").length + bytesOf(ran.events, "exec-stderr").length;
    expect(kept).toBe(8 * MIB);
    expect(ran.end).toMatchObject({ exitCode: 0, truncated: true, droppedBytes: 100_000_005 - 8 * MIB });
    for (const event of ran.events) {
      if (event.type === "exec-stdout") expect(Buffer.byteLength(event.data.text ?? "")).toBeLessThanOrEqual(65_536);
    }
    const endless = await run(session, "yes", { language: "bash", timeout: 700 });
    expect(endless.end).toMatchObject({ status: "timeout", truncated: true });
  });

  it("should keep bytes as they are, text as text, and offsets by the byte", async () => {
    const text = await run(
      session,
      "import sys, time\nfor b in 'aé€😀'.encode():\n    sys.stdout.buffer.write(bytes([b])); sys.stdout.flush(); time.sleep(0.01)",
    );
    expect(text.stdout).toBe("aé€😀");
    for (const event of text.events) {
      if (event.type === "exec-stdout") expect(event.data.base64).toBeUndefined();
    }
    const binary = await run(session, "import sys\n_ = sys.stdout.buffer.write(bytes(range(256)) * 1000)");
    expect(bytesOf(binary.events, "exec-stdout")).toEqual(
      Buffer.from(Array.from({ length: 256_000 }, (_, i) => i % 256)),
    );
    let offset = 0;
    for (const event of binary.events) {
      if (event.type !== "exec-stdout") continue;
      expect(event.data.offset).toBe(offset);
      offset +=
        event.data.base64 === undefined
          ? Buffer.byteLength(event.data.text ?? "")
          : Buffer.from(event.data.base64, "base64").length;
    }
    expect(offset).toBe(256_000);
  });

  it("should make few events of many small lines", async () => {
    const ran = await run(session, "for i in range(200_000): print(i)");
    expect(ran.stdout.split("\n")).toHaveLength(200_001);
    expect(ran.events.length).toBeLessThan(2_000);
  });

  it("should stop everything when nobody listens any more", async () => {
    const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
    const subscription = session
      .execute("echo go; setsid sleep 1000 & sleep 1000", { language: "bash" })
      .subscribe({ next: onEvent });
    await seen;
    subscription.unsubscribe();
    expect(await leftOver()).toBe("");
  });

  it("should say killed when it is stopped by its signal", async () => {
    const stop = new AbortController();
    const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
    const running = run(session, "print('go')\nwhile True: pass", { onEvent, signal: stop.signal });
    await seen;
    stop.abort();
    expect((await running).end).toMatchObject({ status: "killed", exitCode: null, stateLost: true });
    expect((await run(session, "1", { signal: AbortSignal.abort() })).end.status).toBe("killed");
  });

  it("should pause the program while its output cannot be taken, and lose nothing", async () => {
    let release = () => {};
    let held = 0;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = run(session, "import sys\nfor _ in range(400): sys.stdout.write('y' * 10_000)", {
      pressure: () => {
        held += 1;
        return held === 1 ? gate : undefined;
      },
    });
    const first = await Promise.race([
      running.then(() => "ended"),
      new Promise((resolve) => setTimeout(resolve, 300, "held")),
    ]);
    expect(first).toBe("held");
    release();
    expect((await running).stdout.length).toBe(4_000_000);
  });

  it("should turn a missing core dump, a closed stdout and a zombie into plain ends", async () => {
    expect((await run(session, "ulimit -c", { language: "bash" })).stdout).toBe("0\n");
    expect((await run(session, "import os\nos.close(1)\nos.close(2)")).end.status).toBe("exited");
    await run(session, "import os; os._exit(0)");
    expect(
      (await run(session, "for i in 1 2 3; do (sleep 0.01 &) ; done; sleep 0.1; echo ok", { language: "bash" })).stdout,
    ).toBe("ok\n");
  });
});
