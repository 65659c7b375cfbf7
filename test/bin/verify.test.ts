import { of, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import { Surroundings } from "../../bin/verify/surroundings.ts";
import { cases, type Verdict, verify } from "../../bin/verify/verify.ts";
import { type ExecEvent, type Sandbox, type SandboxSession, SluiceError } from "../../core/contract/index.ts";

type Answer = (code: string) => readonly ExecEvent[];

const ended = (exitCode: number): ExecEvent => ({
  type: "exec-end",
  data: { status: "exited", exitCode, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 } as never,
});
const said = (text: string): ExecEvent => ({ type: "exec-stdout", data: { text, offset: 0 } });
const limits = { cpus: 1, memory: 1024, pids: 10, network: "none", runtime: "runc" };

interface Fake {
  readonly sandbox: Sandbox;
  /** The programs that it was given. */
  readonly ran: string[];
}

/** A sandbox whose programs end as told; it hands out every file, and never lets go of a session. */
function fakeOf(answer: Answer): Fake {
  const ran: string[] = [];
  const session = {
    id: "held",
    limits,
    closed: Promise.resolve(),
    execute: (code: string) => {
      ran.push(code);
      return of(...answer(code));
    },
    get: async () => new Uint8Array(),
    put: async () => undefined,
    list: async () => [],
    [Symbol.asyncDispose]: async () => undefined,
  };
  const sandbox = {
    open: async () => session as unknown as SandboxSession,
    list: async () => [{ id: "held" } as never],
  } as unknown as Sandbox;
  return { sandbox, ran };
}

async function verdictsOf(sandbox: Sandbox): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const { signal } = new AbortController();
  for await (const verdict of verify(sandbox, { network: "none", output: 10 }, signal, { patience: 10 }))
    verdicts.push(verdict);
  return verdicts;
}

/** What probes of the gate see, of which one is another. */
const seenAtGate = (other: Readonly<Record<number, unknown>>): string => {
  const { namespaces, supervisor } = new Surroundings().given(limits as never, {});
  const apart = Object.fromEntries(Object.keys(namespaces as object).map((name) => [name, `${name}:[1]`]));
  const seen = { 1: apart, 2: [], 3: [true, supervisor, true], ...other };
  return Object.entries(seen)
    .map(([id, value]) => `@${id} ${JSON.stringify({ seen: value })}\n`)
    .join("");
};
const isGate = (code: string) => code.includes("def probe_1():");

describe("sluice verify", () => {
  it("should have a case for every number that is promised, each with a cure", () => {
    const ids = cases.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(110);
    expect(cases.filter(({ cure, name }) => cure === "" || name === "")).toEqual([]);
  });

  it.each([
    ["shares a namespace", { 1: new Surroundings().given(limits as never, {})["namespaces"] }],
    ["has this machine's root", { 2: ["/"] }],
    ["has another process 1", { 3: [false, "", true] }],
    ["runs code as root", { 3: [true, new Surroundings().given(limits as never, {})["supervisor"], false] }],
  ])("should try nothing where the sandbox %s", async (_, other) => {
    const { sandbox, ran } = fakeOf((code) => [said(isGate(code) ? seenAtGate(other) : ""), ended(0)]);
    const verdicts = await verdictsOf(sandbox);
    const tried = verdicts.filter(({ group, id }) => group !== "gate" && id !== 120);
    expect(verdicts.filter(({ group, status }) => group === "gate" && status === "fail")).toHaveLength(1);
    expect(new Set(tried.map(({ status }) => status))).toEqual(new Set(["skip"]));
    expect(tried[0]?.detail).toContain("not tried");
    // The gate's own look, and nothing else.
    expect(ran).toHaveLength(1);
    expect(ran[0]).not.toMatch(/unshare\(|"mount"/);
  });

  it("should pass no case of a sandbox that holds nothing, once it is past the gate", async () => {
    const { sandbox } = fakeOf((code) => [said(isGate(code) ? seenAtGate({}) : "breach\n"), ended(0)]);
    const verdicts = await verdictsOf(sandbox);
    expect(verdicts).toHaveLength(cases.length);
    const passed = verdicts.filter(({ group, status }) => group !== "gate" && status === "pass");
    expect(passed.map(({ id, name }) => `${id} ${name}`)).toEqual([]);
  });

  it("should pass no look whose answer is done, empty or of another shape", async () => {
    for (const seen of ["done", null, [], {}, 0, [["done"]], { own: "done" }]) {
      const all = cases.map(({ id }) => `@${id} ${JSON.stringify({ seen })}\n`).join("");
      const { sandbox } = fakeOf((code) => [said(isGate(code) ? seenAtGate({}) : all), ended(0)]);
      const looks = new Set(cases.filter(({ group, probe }) => group !== "gate" && probe).map(({ id }) => id));
      const passed = (await verdictsOf(sandbox)).filter(({ id, status }) => looks.has(id) && status === "pass");
      // An empty list is what these look for, with nothing found.
      const mayBe = JSON.stringify(seen) === "[]" ? [50, 53] : [];
      expect(passed.map(({ id }) => id).filter((id) => !mayBe.includes(id))).toEqual([]);
    }
  });

  it("should fail with what the sandbox says when it does not open or execute", async () => {
    const closed = new SluiceError("SLUICE_SANDBOX_CLOSED", "nobody answers at /nowhere");
    const unopened = { open: () => Promise.reject(closed) } as unknown as Sandbox;
    const verdicts = await verdictsOf(unopened);
    expect(verdicts.filter(({ id, status }) => id !== 120 && status !== "fail")).toEqual([]);
    expect(verdicts[0]?.detail).toBe("nobody answers at /nowhere");
    const broken = fakeOf(() => []).sandbox;
    const session = await broken.open({ session: "", mode: "cell" }, new AbortController().signal);
    session.execute = () => throwError(() => closed);
    const others = await verdictsOf({ ...broken, open: async () => session });
    expect(others.filter(({ id, status }) => id !== 120 && status === "pass")).toEqual([]);
  });

  it("should leave neither its mark nor its title behind", async () => {
    const { title } = process;
    await verdictsOf(fakeOf(() => [ended(0)]).sandbox);
    expect([process.title, process.env["SLUICE_MARK"]]).toEqual([title, undefined]);
  });
});
