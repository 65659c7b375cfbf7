import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { verify } from "../../bin/verify/verify.ts";
import { getWhileSwapped, run, startSandbox } from "./sandbox-kit.ts";

const { Runtimes } = (await new Docker().info()) as {
  Runtimes?: Readonly<Record<string, { readonly runtimeArgs?: readonly string[] }>>;
};
const isRegistered = Runtimes?.["runsc"] !== undefined;

describe.skipIf(!isRegistered)("under gVisor (skipped where the engine has no runtime runsc)", () => {
  it("should run programs, keep their state, and tell their ends", async () => {
    await using kit = await startSandbox({ runtime: "runsc", timeout: 60_000 });
    const session = await kit.open();
    expect(session.limits.runtime).toBe("runsc");
    expect((await run(session, "x = 41\nprint('Hello, World!')")).stdout).toBe("Hello, World!\n");
    expect((await run(session, "x + 1")).results[0]?.data["text/plain"]).toBe("42");
    expect((await run(session, "import sys; sys.exit(3)")).end).toMatchObject({ status: "exited", exitCode: 3 });
    expect((await run(session, "echo $((6 * 7))", { language: "bash" })).stdout).toBe("42\n");
    // gVisor's kernel, not the host's.
    expect((await run(session, "dmesg | head -n 1", { language: "bash" })).stdout).toContain("gVisor");
  });

  it("should end what takes too long, with all it started", async () => {
    await using kit = await startSandbox({ runtime: "runsc" });
    const session = await kit.open();
    const code = "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '1000'])\nprint('ready')\nwhile True: pass";
    const ran = await run(session, code, { timeout: 5_000 });
    expect(ran.end).toMatchObject({ status: "timeout", exitCode: null, stateLost: true });
    expect((await run(session, "cat /proc/[0-9]*/comm | grep -c sleep", { language: "bash" })).stdout).toBe("0\n");
    expect((await run(session, "print('again')")).stdout).toBe("again\n");
  });

  it.for([
    ["a command", "sleep 1000"],
    ["commands in a pipe", "sleep 1000 | cat"],
    ["a subshell", "(x=1; sleep 1000)"],
    ["input", "read x < <(sleep 1000)"],
    ["built-in commands", "while :; do :; done"],
  ])("should take one interrupt in a cell of bash, and keep its state: %s", async ([, code]) => {
    await using kit = await startSandbox({ runtime: "runsc", preload: [] });
    const session = await kit.open();
    for (const round of [1, 2, 3]) {
      const { promise: begun, resolve } = Promise.withResolvers<void>();
      const running = run(session, `count=${round}; echo go; ${code}`, {
        language: "bash",
        timeout: 60_000,
        onEvent: (event) => event.type === "exec-stdout" && resolve(),
      });
      await begun;
      await session.interrupt();
      expect((await running).end).toMatchObject({ status: "signalled", signal: "SIGINT", stateLost: false });
      expect((await run(session, "echo $count", { language: "bash" })).stdout).toBe(`${round}\n`);
    }
  });

  it("should move files, and reach nothing", async () => {
    await using kit = await startSandbox({ runtime: "runsc" });
    const session = await kit.open();
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256));
    await session.put([{ path: "deep/in.bin", content }]);
    const ran = await run(session, "import shutil; shutil.copy('deep/in.bin', 'out.bin');", { timeout: 30_000 });
    expect(ran.files).toEqual(["out.bin"]);
    expect(Buffer.from(await session.get("out.bin")).equals(content)).toBe(true);
    const out = "import socket\ntry: socket.create_connection(('8.8.8.8', 53), 2)\nexcept OSError: print('no')";
    expect((await run(session, out)).stdout).toBe("no\n");
  });

  it("should follow no link, not even one that is swapped while it reads", async () => {
    await using kit = await startSandbox({ runtime: "runsc" });
    const session = await kit.open();
    const links =
      "ln -s /etc/passwd link; ln -s /etc dir; mkdir real swap; echo in >real/file; ln -s real inner; echo safe >swap/passwd";
    await run(session, links, { language: "bash" });
    for (const path of ["link", "dir/passwd", "inner/file"])
      await expect(session.get(path)).rejects.toMatchObject({ code: "SLUICE_FILE_OUTSIDE" });
    await expect(session.put([{ path: "dir/x", content: new Uint8Array(1) }])).rejects.toMatchObject({
      code: "SLUICE_FILE_OUTSIDE",
    });
    const texts = await getWhileSwapped(session);
    expect(texts.filter((text) => text !== "safe\n" && text !== "refused")).toEqual([]);
  });

  it("should hold what `sluice verify` proves, but for limits where it is registered without them", {
    timeout: 600_000,
  }, async () => {
    const config = { memory: 128 * 1024 * 1024, pids: 40, output: 1024 * 1024 };
    await using kit = await startSandbox({ runtime: "runsc", ...config });
    const failed: string[] = [];
    const skipped: number[] = [];
    for await (const { id, status, detail } of verify(
      kit.sandbox,
      { ...config, pids: 40 },
      new AbortController().signal,
    )) {
      if (status === "fail") failed.push(`${id}: ${detail}`);
      if (status === "skip") skipped.push(id);
    }
    expect(failed).toEqual([]);
    // What its own kernel answers is not told by an engine's list, and its limits not by a cgroup; each with the reason.
    expect(skipped).toEqual(expect.arrayContaining([7, 13, 38, 39, 47, 70, 87]));
    expect(skipped).not.toEqual(expect.arrayContaining([4]));
  });

  it("should hold an allow-list too", async () => {
    await using kit = await startSandbox({ runtime: "runsc", network: { allow: ["a.test"] } });
    const session = await kit.open();
    const code =
      "import urllib.request, urllib.error\ntry: urllib.request.urlopen('http://b.test/')\nexcept urllib.error.HTTPError as error: print(error.code)";
    expect((await run(session, code)).stdout).toBe("403\n");
  });
});

describe("a runtime that the engine does not have", () => {
  it("should be named, and not be replaced by another", async () => {
    await using kit = await startSandbox({ runtime: "kata-that-is-not-there" });
    await expect(kit.open()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_RUNTIME_MISSING",
      message: expect.stringContaining("kata-that-is-not-there"),
      cure: expect.stringContaining("register"),
      exitCode: 69,
    });
  });
});
