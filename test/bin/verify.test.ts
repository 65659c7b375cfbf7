import { of, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { cases, type Verdict, verify } from "../../bin/verify/verify.ts";
import { type ExecEvent, type Sandbox, type SandboxSession, SluiceError } from "../../core/index.ts";

type Answer = (code: string) => readonly ExecEvent[];

const ended = (exitCode: number): ExecEvent => ({
  type: "exec-end",
  data: { status: "exited", exitCode, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 } as never,
});
const said = (text: string): ExecEvent => ({ type: "exec-stdout", data: { text, offset: 0 } });

/** A sandbox whose programs end as told; it hands out every file, and never lets go of a session. */
function sandboxOf(answer: Answer): Sandbox {
  const session = {
    id: "held",
    limits: { cpus: 1, memory: 1024, pids: 10, network: "none", runtime: "runc" },
    closed: Promise.resolve(),
    execute: (code: string) => of(...answer(code)),
    get: async () => new Uint8Array(),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return {
    open: async () => session as unknown as SandboxSession,
    list: async () => [{ id: "held" } as never],
  } as unknown as Sandbox;
}

async function verdictsOf(sandbox: Sandbox): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for await (const verdict of verify(sandbox, { network: "none", output: 10 }, new AbortController().signal, 10))
    verdicts.push(verdict);
  return verdicts;
}

describe("sluice verify", () => {
  it("should fail every case of a sandbox that holds nothing", async () => {
    // Says of each attempt that it was not refused; of everything else something that nobody expects.
    const holdsNothing: Answer = (code) => {
      const attempts = [...code.matchAll(/\n {4}print\("(.*)"\)\nexcept OSError/g)].map(([, name]) => `${name}\n`);
      return [said(attempts.length > 0 ? attempts.join("") : "breach\n"), ended(0)];
    };
    const verdicts = await verdictsOf(sandboxOf(holdsNothing));
    expect(verdicts.filter(({ status }) => status !== "fail")).toEqual([]);
    expect(verdicts).toHaveLength(cases.length);
    expect(verdicts.map(({ detail }) => detail)).toContainEqual(expect.stringContaining("traced process 1"));
  });

  it("should fail a case whose attempt shows nothing, since its program broke", async () => {
    const verdicts = await verdictsOf(sandboxOf(() => [ended(1)]));
    expect(verdicts.filter(({ status }) => status === "pass")).toEqual([]);
  });

  it("should fail with what the sandbox says when it does not open or execute", async () => {
    const closed = new SluiceError("SLUICE_SANDBOX_CLOSED", "nobody answers at /nowhere");
    const unopened = { open: () => Promise.reject(closed) } as unknown as Sandbox;
    expect(new Set((await verdictsOf(unopened)).map(({ status, detail }) => `${status} ${detail}`))).toEqual(
      new Set(["fail nobody answers at /nowhere"]),
    );
    const broken = sandboxOf(() => []);
    const session = await broken.open({ session: "", mode: "cell" }, new AbortController().signal);
    session.execute = () => throwError(() => closed);
    const verdicts = await verdictsOf({ ...broken, open: async () => session });
    expect(verdicts.filter(({ status }) => status === "pass")).toEqual([]);
  });

  it("should leave neither its mark nor its title behind", async () => {
    const { title } = process;
    await verdictsOf(sandboxOf(() => [ended(0)]));
    expect([process.title, process.env["SLUICE_MARK"]]).toEqual([title, undefined]);
  });
});
