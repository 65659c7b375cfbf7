import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

interface Row {
  readonly what: string;
  /** Leaves something behind that goes off within a second, when no cell runs. */
  readonly before: string;
  readonly next: string;
  readonly out: string | RegExp;
  readonly err?: RegExp;
  readonly lost: boolean;
}

const python = { next: "print('x' in globals())", out: "False\n", lost: true } as const;
const kept = { ...python, out: "True\n", lost: false } as const;
const handled = (how: string, number = "SIGALRM") =>
  `import signal\nx = 1\n_ = signal.signal(signal.${number}, ${how})`;
const LATE = "def late(*_): raise TimeoutError('late')\n";
const rows: readonly Row[] = [
  { ...python, what: "an alarm", before: "import signal\nx = 1\n_ = signal.alarm(1)" },
  {
    ...python,
    what: "an interval timer",
    before: "import signal\nx = 1\n_ = signal.setitimer(signal.ITIMER_REAL, 0.4)",
  },
  {
    ...python,
    what: "an alarm that is no handler's any more",
    before: `${handled("print")}\n_ = signal.signal(signal.SIGALRM, signal.SIG_DFL)\n_ = signal.alarm(1)`,
  },
  {
    ...kept,
    what: "an alarm with a handler",
    before: `${handled("lambda *_: print('ding')")}\n_ = signal.alarm(1)`,
    out: "ding\nTrue\n",
  },
  {
    ...kept,
    what: "an alarm whose handler raises",
    before: `${LATE}${handled("late")}\n_ = signal.alarm(1)`,
    err: /^Traceback[\s\S]*TimeoutError: late\n$/,
  },
  {
    ...kept,
    what: "an alarm whose handler exits",
    before: `import sys\n${handled("lambda *_: sys.exit(3)")}\n_ = signal.alarm(1)`,
  },
  { ...kept, what: "an alarm that nobody hears", before: `${handled("signal.SIG_IGN")}\n_ = signal.alarm(1)` },
  { ...kept, what: "a handler for being continued", before: `${LATE}${handled("late", "SIGCONT")}` },
  {
    ...kept,
    what: "a timer that goes off again and again",
    before: `${handled("lambda *_: None")}\n_ = signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)`,
  },
  {
    ...kept,
    what: "a handler of an event loop",
    before:
      "import asyncio, signal\nx = 1\nasyncio.get_running_loop().add_signal_handler(signal.SIGALRM, print, 'ding')\n_ = signal.alarm(1)",
    next: "await asyncio.sleep(0.1)\nprint('x' in globals())",
    out: "ding\nTrue\n",
  },
];

describe("What a cell left behind", () => {
  it.for(rows)("is not the next cell's: $what", async ({ before, next, out, err, lost }) => {
    await using session = await kit.open();
    await run(session, before);
    await sleep(1200);
    const after = await run(session, next);
    expect(after.stdout).toMatch(typeof out === "string" ? new RegExp(`^${out}$`) : out);
    expect(after.stderr).toMatch(err ?? /^$/);
    expect(after.end).toMatchObject({ status: "exited", exitCode: 0, stateLost: lost });
    const more = await run(session, "print('alive')");
    expect(more).toMatchObject({ stdout: "alive\n", stderr: "", end: { exitCode: 0, stateLost: false } });
  });

  it("stands still, and is there after longer than a stop may take", async () => {
    await using session = await kit.open();
    // Its first thread, to which the kernel gives a stop, is late: it does not stand still when it is looked at first.
    const late = `import hashlib, os, threading
def busy():
    while True: hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000)
for _ in range(8): threading.Thread(target=busy, daemon=True).start()
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while True: pass`;
    const left = `import subprocess, sys, threading, time
child = subprocess.Popen([sys.executable, "-c", ${JSON.stringify(late)}])
time.sleep(1)
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
before = ticks`;
    await run(session, left);
    // Five seconds after it was stopped, process 1 ends whatever does not stand still.
    await sleep(5500);
    const { stdout, end } = await run(session, "print(ticks - before < 1000)");
    expect({ stdout, ...end }).toMatchObject({ stdout: "True\n", exitCode: 0, stateLost: false });
    // The five seconds begin with each stop, and not with the first one of the session.
    const after = await run(session, "print(child.poll())");
    expect({ stdout: after.stdout, ...after.end }).toMatchObject({ stdout: "None\n", stateLost: false });
  });

  it("is not seen to run, however late its first thread is to stop", async () => {
    await using session = await kit.open();
    // The kernel gives a stop to the first thread, which is the last here to get a processor. The others run until then.
    const code = `import hashlib, os, threading, time
def busy():
    while True: hashlib.pbkdf2_hmac("sha256", b"", b"", 100_000)
def go():
    with open("ticks", "a", 1) as file:
        while True:
            file.write("x\\n")
            time.sleep(0.001)
for each in (*[busy] * 8, go): threading.Thread(target=each, daemon=True).start()
time.sleep(0.3)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
sum(range(100_000))`;
    await run(session, code);
    const length = async () => (await session.get("ticks")).length;
    const before = await length();
    await sleep(300);
    expect(await length()).toBe(before);
  });

  it("may also end the cell that runs", async () => {
    await using session = await kit.open();
    await run(session, "import signal\n_ = signal.alarm(1)");
    const { end } = await run(session, "import time\ntime.sleep(5)");
    expect(end).toMatchObject({ status: "signalled", signal: "SIGALRM", stateLost: true });
  });
});
