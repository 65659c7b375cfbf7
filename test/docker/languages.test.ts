import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/index.ts";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

describe("a session's languages", () => {
  it("should print exactly what a Python program prints", async () => {
    const { stdout, stderr, end, events } = await run(session, "print('Hello, World!')");
    expect(stdout).toBe("Hello, World!\n");
    expect(stderr).toBe("");
    expect(end).toMatchObject({ status: "exited", exitCode: 0, signal: null, stateLost: false });
    expect(events[0]).toMatchObject({ type: "exec-start", data: { language: "python", container: session.id } });
  });

  it("should say hello in JavaScript and in bash", async () => {
    expect((await run(session, "console.log('Hello, World!')", { language: "javascript" })).stdout).toBe(
      "Hello, World!\n",
    );
    expect((await run(session, "echo 'Hello, World!'", { language: "bash" })).stdout).toBe("Hello, World!\n");
  });
});
