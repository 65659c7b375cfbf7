import { spawn } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Observable } from "rxjs";
import { describe, expect, it } from "vitest";
import { mountsOf } from "../../bin/verify/traces.ts";
import { cases, type Verdict, verify } from "../../bin/verify/verify.ts";
import type { ExecEvent, Sandbox, SandboxSession } from "../../core/contract/index.ts";

/** A sandbox that isolates nothing: what it is given runs here, as whoever runs the tests. */
function bareProcesses(): { sandbox: Sandbox; programs: string[] } {
  const programs: string[] = [];
  const execute = (code: string) =>
    new Observable<ExecEvent>((subscriber) => {
      programs.push(code);
      const child = spawn("python3", ["-c", code], { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.on("data", (data: Buffer) =>
        subscriber.next({ type: "exec-stdout", data: { text: String(data), offset: 0 } }),
      );
      child.on("close", (exitCode) => {
        const data = { status: "exited", exitCode, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };
        subscriber.next({ type: "exec-end", data: data as never });
        subscriber.complete();
      });
    });
  const session = {
    id: "bare",
    limits: { cpus: 1, memory: 1 << 30, pids: 100, network: "none", runtime: "runc" },
    closed: Promise.resolve(),
    execute,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return { sandbox: { open: async () => session as unknown as SandboxSession } as unknown as Sandbox, programs };
}

describe("sluice verify on a sandbox that isolates nothing", () => {
  it("should be stopped at the gate, and have tried nothing", async () => {
    const { sandbox, programs } = bareProcesses();
    const verdicts: Verdict[] = [];
    for await (const verdict of verify(sandbox, { network: "none" }, new AbortController().signal))
      verdicts.push(verdict);

    const gate = verdicts.filter(({ group }) => group === "gate");
    expect(gate.map(({ status }) => status)).toEqual(["fail", "fail", "fail"]);
    expect(gate[0]?.detail).toMatch(/shares with this machine: pid, mnt, net, ipc, uts, cgroup/);
    expect(gate[1]?.detail).toContain(`["/"`);
    const rest = verdicts.filter(({ group, id }) => group !== "gate" && id !== 120);
    expect(rest).toHaveLength(cases.length - 4);
    expect(new Set(rest.map(({ status }) => status))).toEqual(new Set(["skip"]));

    // One look ran, and of the gate alone: no call of the kernel's, no device, no file of its own.
    expect(programs).toHaveLength(1);
    const looks = (programs[0] ?? "").slice((programs[0] ?? "").indexOf("GIVEN ="));
    expect(looks).not.toMatch(/call\(|mknod|open\([^)]*"w"|fork|kill|mount\(/);
  });

  it("should blame nobody else's file, nor a process that was there before", async () => {
    const others: string[] = [];
    const before = spawn("sleep", ["1000"]);
    const { sandbox } = bareProcesses();
    const open: Sandbox["open"] = async (...given) => {
      others.push(mkdtempSync(join(tmpdir(), "sluice-verify-")));
      before.kill();
      return sandbox.open(...given);
    };
    const verdicts: Verdict[] = [];
    const { signal } = new AbortController();
    try {
      for await (const verdict of verify({ ...sandbox, open }, { network: "none" }, signal, { patience: 50 }))
        verdicts.push(verdict);
    } finally {
      for (const folder of others) rmdirSync(folder);
    }
    expect(others).not.toEqual([]);
    expect(verdicts.at(-1)).toMatchObject({ id: 120, status: "pass" });
  });

  it("should name a process of its own that is left", async () => {
    const { sandbox } = bareProcesses();
    const left: ReturnType<typeof spawn>[] = [];
    const open: Sandbox["open"] = async (...given) => {
      left.push(spawn("sleep", ["1000"]));
      return sandbox.open(...given);
    };
    const verdicts: Verdict[] = [];
    const { signal } = new AbortController();
    try {
      for await (const verdict of verify({ ...sandbox, open }, { network: "none" }, signal, { patience: 50 }))
        verdicts.push(verdict);
    } finally {
      for (const child of left) child.kill();
    }
    const { status, detail } = verdicts.at(-1) ?? {};
    expect([status, detail]).toEqual(["fail", `there still are processes: ["${left[0]?.pid}"]`]);
  });
});

describe("mounts that verify has left", () => {
  const own = ["sluice-0123456789ab", "sluice-verify-AbCdEf", "f00d".repeat(16)];
  const line = (root: string, point: string) => `36 35 98:0 ${root} ${point} rw,noatime master:1 - ext4 /dev/root rw`;
  it.each([
    ["one that others made", line("/", "/mnt/disk"), 0],
    ["one of another container", line("/", `/var/lib/docker/containers/${"beef".repeat(16)}/mounts/shm`), 0],
    ["one of another verify", line("/", "/tmp/sluice-verify-GhIjKl/x"), 0],
    ["one whose name begins alike", line("/", "/tmp/sluice-verify-AbCdEfG"), 0],
    ["one of its own container", line("/", `/var/lib/docker/containers/${"f00d".repeat(16)}/mounts/shm`), 1],
    ["one within its folder", line("/", "/tmp/sluice-verify-AbCdEf/here"), 1],
    ["one of its folder elsewhere", line("/tmp/sluice-verify-AbCdEf", "/mnt"), 1],
    ["one that is deleted", line("/tmp/sluice-0123456789ab//deleted", "/mnt"), 1],
    ["a line that is cut off", "36 35", 0],
  ])("should be found by their names: %s", (_, mountinfo, found) => {
    expect(mountsOf(own, `${line("/", "/")}\n${mountinfo}\n`)).toHaveLength(found);
  });
});
