import { spawn } from "node:child_process";
import { Observable } from "rxjs";
import { describe, expect, it } from "vitest";
import { traces } from "../../bin/verify/surroundings.ts";
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
    const before = traces();
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
    expect(traces().mounts).toBe(before.mounts);
  });
});
