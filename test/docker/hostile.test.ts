import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventData, SandboxSession } from "../../core/contract/index.ts";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

const MIB = 1024 * 1024;
let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

const bash = async (code: string) => (await run(session, code, { language: "bash" })).stdout;

interface Flood {
  readonly events: number;
  readonly bytes: number;
  /** Bytes of this process beyond those before it began. */
  readonly grown: number;
  readonly end: EventData["exec-end"];
}

/** Runs what writes much, and keeps nothing of it. */
async function flood(code: string): Promise<Flood> {
  const used = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let [events, bytes, most] = [0, 0, 0];
  const { promise, resolve, reject } = Promise.withResolvers<EventData["exec-end"]>();
  session.execute(code, { language: "bash", timeout: 100_000 }).subscribe({
    next: (event) => {
      events += 1;
      most = Math.max(most, used());
      if (event.type === "exec-stdout") bytes += Buffer.byteLength(event.data.text ?? "");
      if (event.type === "exec-end") resolve(event.data);
    },
    error: reject,
  });
  const end = await promise;
  return { events, bytes, grown: most - before, end };
}

describe("a flood", () => {
  it("should be bounded when it is 16 million lines", async () => {
    const { events, bytes, grown, end } = await flood("yes 12345678 | head -n 16000000");
    expect(bytes).toBe(64 * MIB);
    expect(end).toMatchObject({ exitCode: 0, truncated: true, droppedBytes: 16_000_000 * 9 - 64 * MIB });
    expect(events).toBeLessThan(16_000);
    expect(grown).toBeLessThan(256 * MIB);
  });

  it("should be bounded when it is a gigabyte", async () => {
    const { events, bytes, grown, end } = await flood("head -c 1000000000 /dev/zero");
    expect(bytes).toBe(64 * MIB);
    expect(end).toMatchObject({ exitCode: 0, truncated: true, droppedBytes: 1_000_000_000 - 64 * MIB });
    expect(events).toBeLessThan(16_000);
    expect(grown).toBeLessThan(256 * MIB);
    expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
  });
});

describe("what a program leaves running", () => {
  it("should not hold its end, though it holds its output", async () => {
    const left =
      "(sleep 1000 & ) ; nohup sleep 1000 & setsid sleep 1000 & (setsid sleep 1000 &) & disown -a; echo done";
    const ran = await run(session, left, { language: "bash", timeout: 60_000 });
    expect(ran.stdout).toBe("done\n");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0, stateLost: false });
    const sleeping = "cat /proc/[0-9]*/comm 2>/dev/null | grep -c sleep";
    // A child is bash until it has become sleep.
    expect(await bash(`until [ "$(${sleeping})" = 4 ]; do sleep 0.05; done; echo all`)).toBe("all\n");
    await run(session, "while True: pass", { timeout: 300 });
    expect(await bash(sleeping)).toBe("0\n");
  });
});

describe("the kernel's own files", () => {
  it("should be closed to writing", async () => {
    for (const file of [
      "/proc/sysrq-trigger",
      "/proc/sys/kernel/core_pattern",
      "/proc/sys/kernel/modprobe",
      "/proc/sys/vm/drop_caches",
      "/proc/1/oom_score_adj",
      "/sys/kernel/uevent_helper",
      "/sys/fs/cgroup/release_agent",
      "/sys/fs/cgroup/memory/release_agent",
      "/sys/fs/cgroup/memory/notify_on_release",
      "/sys/fs/cgroup/cgroup.procs",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes",
      "/sys/fs/cgroup/memory.max",
      "/sys/fs/cgroup/pids/pids.max",
    ]) {
      expect(await bash(`(echo 1 > ${file}) 2>/dev/null && echo written || echo no`), file).toBe("no\n");
    }
    for (const file of ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/dev/mem", "/dev/kmsg"]) {
      expect(await bash(`(head -c 1 ${file} | wc -c) 2>/dev/null`), file).toBe("0\n");
    }
  });

  it("should be closed to system calls that reach beyond a container", async () => {
    // x86-64's numbers of bpf, perf_event_open, keyctl, kexec_load, open_by_handle_at, setns, unshare(CLONE_NEWUSER).
    const calls = "[(321, 0), (298, 0), (250, 0), (246, 0), (304, 0), (308, 1), (272, 0x10000000)]";
    const ran = await run(
      session,
      `import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nfor number, first in ${calls}:\n    print(libc.syscall(number, first, 0, 0, 0, 0), ctypes.get_errno())`,
    );
    expect(ran.stdout).toBe("-1 1\n".repeat(7));
  });
});

describe("frames that a program forges", () => {
  it("should reach nobody by the descriptors of process 1", async () => {
    const end = '{"id":1,"status":"exited","exitCode":0,"signal":null,"stateLost":false}';
    const frame = `bytes([0, 0, 0, ${end.length}, 74]) + b'${end}'`;
    const ran = await run(
      session,
      `import os\nfor path in ['/proc/1/fd/%d' % n for n in range(64)] + ['/proc/1/root/dev/stdout']:\n    try:\n        os.write(os.open(path, os.O_WRONLY), ${frame})\n        print(path)\n    except OSError:\n        pass\nprint('refused')`,
    );
    expect(ran.stdout).toBe("refused\n");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
  });

  it("should be plain output on its own, and end nothing", async () => {
    const end = '{"id":1,"status":"oom","exitCode":null,"signal":null,"stateLost":true}';
    const ran = await run(
      session,
      `import os, sys\nframe = bytes([0, 0, 0, ${end.length}, 74]) + b'${end}'\nengine = bytes([1, 0, 0, 0, 0, 0, 0, len(frame)]) + frame\nfor piece in (frame, engine): os.write(1, piece)\nprint('after')\nsys.exit(3)`,
    );
    expect(ran.stdout.endsWith(`${end}after\n`)).toBe(true);
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 3 });
  });
});

describe("two sessions", () => {
  it("should see nothing of each other", async () => {
    const other = await kit.open();
    const places = ["/workspace/mine", "/tmp/mine", "/dev/shm/mine"];
    await run(other, places.map((place) => `echo secret > ${place}`).join("; "), { language: "bash" });
    await run(other, "PLANTED=abcdefabcdef sleep 1000 & disown -a", { language: "bash" });
    expect(await bash(`ls ${places.join(" ")} 2>/dev/null | wc -l`)).toBe("0\n");
    expect(await bash("grep -l '[a]bcdefabcdef' /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | wc -l")).toBe(
      "0\n",
    );
    await expect(session.get("mine")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
    await other[Symbol.asyncDispose]();
  });
});

describe("files that a program makes", () => {
  it("should be told when they are files, and not when they only look so", async () => {
    const ran = await run(
      session,
      "mkdir -p out; echo x > out/real; ln -s /etc/passwd out/link; ln -s real out/inner; mkfifo out/pipe; ln -s /etc out/etc; echo x > .hidden",
      { language: "bash" },
    );
    expect(ran.files).toEqual(["out/real"]);
    await expect(session.get("out/link")).rejects.toMatchObject({ code: "SLUICE_FILE_OUTSIDE" });
    const swapped = await run(session, "rm out/real; ln -s /etc/shadow out/real", { language: "bash" });
    expect(swapped.files).toEqual([]);
    await expect(session.get("out/real")).rejects.toMatchObject({ code: "SLUICE_FILE_OUTSIDE" });
  });

  it("should keep their names, however odd", async () => {
    const names = [
      "-rf",
      "--help",
      "a'b\"c`d$(e)",
      "new\nline\ttab",
      "back\\slash",
      "%s%n{}*?[x]",
      "ü€😀",
      " lead and trail ",
      "n".repeat(255),
    ];
    const ran = await run(session, `for name in ${JSON.stringify(names)}:\n    open(name, 'w').write(name)`);
    expect([...ran.files].sort()).toEqual([...names].sort());
    for (const name of names) expect(Buffer.from(await session.get(name)).toString()).toBe(name);
  });

  it("should be borne when their names are no text", async () => {
    const ran = await run(session, "open(b'bad\\xff', 'wb').write(bytes(range(256)))");
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
    const [name = ""] = ran.files;
    expect((await session.get(name)).length).toBe(256);
  });
});
