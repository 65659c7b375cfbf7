import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, ownOwner, run, startSandbox } from "./sandbox-kit.ts";

const never = () => new AbortController().signal;
let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
});

afterAll(() => kit[Symbol.asyncDispose]());

describe("a pool", () => {
  it("should hold preloaded containers, give each to one session, and be filled again", async () => {
    const pooled = await startSandbox({ pool: 1 });
    const filled = async (count: number) => {
      while (pooled.statuses.filter(({ status }) => status === "pooled").length < count) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await filled(1);
    const first = await pooled.open();
    const ran = await run(
      first,
      "import sys\n[name in sys.modules for name in ('pandas', 'numpy', 'IPython', 'matplotlib')]",
    );
    expect(ran.results[0]?.data["text/plain"]).toBe("[True, True, True, True]");
    expect((await run(first, "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()")).results).toHaveLength(1);
    expect((await run(first, "open('/dev/stdout', 'w').write('x');")).stdout).toBe("x");
    await run(first, "while True: pass", { timeout: 300 });
    // A user of the session's own, in a process that was forked again.
    expect((await run(first, "import os, sys; print(os.getuid(), 'pandas' in sys.modules)")).stdout).toMatch(
      /^4[01]\d{3} True\n$/,
    );
    await filled(2);
    const second = await pooled.open("fresh");
    expect(second.id).not.toBe(first.id);
    const fresh = await run(
      second,
      "import atexit; atexit.register(print, 'bye'); print('hi'); import sys; sys.exit(4)",
    );
    expect(fresh.stdout).toBe("hi\nbye\n");
    expect(fresh.end).toMatchObject({ status: "exited", exitCode: 4 });
    await filled(3);
    await pooled[Symbol.asyncDispose]();
    // Of this process alone: other hosts on the machine have pools of their own.
    const { host } = ownOwner();
    const left = (await kit.sandbox.list(never())).filter(
      ({ owner, session }) => owner === host && session === undefined,
    );
    expect(left).toEqual([]);
  });

  it("should not be filled by a host that serves nobody", async () => {
    await using single = await startSandbox({ pool: 2 }, false);
    await run(await single.open(), "1");
    expect(single.statuses.map(({ status }) => status)).toEqual(["open"]);
  });
});

describe("what is missing", () => {
  it("should be named when the engine is down", async () => {
    await expect(startSandbox({ docker: { host: "unix:///nowhere/docker.sock" } })).rejects.toMatchObject({
      code: "SLUICE_DOCKER_UNAVAILABLE",
      message: expect.stringContaining("/nowhere/docker.sock"),
      exitCode: 69,
    });
  });

  it("should be named when the base image cannot be had", async () => {
    await using other = await startSandbox({ image: "no-such-image.invalid/none:1" });
    await expect(other.open()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_IMAGE_MISSING",
      message: expect.stringContaining("no-such-image.invalid/none:1"),
    });
  });

  it("should show the last lines of a build that fails, and leave the old image", async () => {
    await using other = await startSandbox({ packages: ["no-such-package-at-all"] });
    const steps: string[] = [];
    const building = other.sandbox.prepare({ onProgress: ({ step }) => void steps.push(step) }, never());
    await expect(building).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_BUILD_FAILED",
      message: expect.stringContaining("Unable to locate package no-such-package-at-all"),
    });
    expect(steps.some((step) => /^Step \d+\/\d+/.test(step))).toBe(true);
    expect((await run(await kit.open(), "print('old')")).stdout).toBe("old\n");
  });
});

describe("the base image", () => {
  it("should be left alone when it is there", async () => {
    const steps: string[] = [];
    await kit.sandbox.base({ onProgress: ({ step }) => void steps.push(step) }, never());
    expect(steps).toEqual(["debian:trixie-slim is there"]);
  });
});

describe("another image", () => {
  it("should get the supervisor on top, and python3 where it lacks it", async () => {
    await using other = await startSandbox({
      image: "debian:trixie-slim",
      packages: { apt: ["cowsay"], pip: [], npm: [] },
    });
    const session = await other.open();
    expect((await run(session, "print('Hello, World!')")).stdout).toBe("Hello, World!\n");
    expect((await run(session, "/usr/games/cowsay moo", { language: "bash" })).stdout).toContain("moo");
    await expect(run(session, "1", { language: "javascript" })).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_LANGUAGE",
    });
  });
});
