import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { floods, tunnelFlood } from "./flood-kinds.ts";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let quiet: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox({ network: { allow: ["nowhere.invalid"] } }, true, undefined, {
    resolve: () => Promise.reject(new Error("no such name")),
  });
  quiet = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

describe("a flood of what an interpreter may say", () => {
  it.each(Object.keys(floods))("should be bounded, told, and alone when it is %s", async (kind) => {
    const { code, language = "python", events, truncated } = floods[kind] ?? { code: "", events: 0, truncated: false };
    await using session = await kit.open();
    let count = 0;
    const ran = run(session, code, {
      language,
      onEvent: (event) => {
        count += 1;
        // As a host does where nobody is there to answer.
        if (event.type === "input-request") session.input(null).catch(() => undefined);
      },
    });
    const beside = run(quiet, "6 * 7");
    expect((await beside).end.status).toBe("exited");
    const { end } = await ran;
    expect(count).toBeLessThanOrEqual(events);
    expect(end.truncated ?? false).toBe(truncated);
    expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
  });

  it("should be bounded when it is connections that open and close", async () => {
    await using session = await kit.open();
    const { stdout, end } = await run(session, tunnelFlood);
    expect(end.status).toBe("exited");
    expect(Number(stdout)).toBeGreaterThan(0);
    expect((await run(quiet, "6 * 7")).end.exitCode).toBe(0);
  });
});
