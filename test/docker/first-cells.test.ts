import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { run, startSandbox } from "./sandbox-kit.ts";

it("should leave no trace of what a pooled container did before the first cell", async () => {
  await using pooled = await startSandbox({ pool: 1 });
  await expect.poll(() => pooled.statuses.some(({ status }) => status === "pooled"), { timeout: 200_000 }).toBe(true);
  await using cold = await startSandbox();
  const cells = {
    python:
      "import linecache\nprint(sorted(globals()), In, Out, get_ipython().execution_count, [one for one in linecache.cache if 'cell' in one])\nraise KeyError('first')",
    javascript:
      "console.log(Object.getOwnPropertyNames(globalThis).sort().join().replace(/sluice_\\w+/, ''), process.exitCode)\nnull.first",
  };
  const waited = await pooled.open();
  const fresh = await cold.open();
  for (const [language, code] of Object.entries(cells)) {
    const [warm, usual] = [await run(waited, code, { language }), await run(fresh, code, { language })];
    expect([warm.stdout, warm.stderr]).toEqual([usual.stdout, usual.stderr]);
    expect(warm.stderr).toContain("first");
    expect(warm.stderr).not.toContain("part 2");
  }
});

it("should hand out no container whose interpreters are not ready yet", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sluice-slow-node-"));
  const slow = path.join(folder, "node");
  writeFileSync(slow, '#!/bin/sh\nsleep 4\nexec /usr/local/bin/node "$@"\n');
  chmodSync(folder, 0o755);
  chmodSync(slow, 0o755);
  try {
    await using pooled = await startSandbox({ pool: 1 }, true, undefined, {
      weaken: (create) => ({
        ...create,
        HostConfig: { ...create.HostConfig, Binds: [`${slow}:/usr/local/sbin/node:ro`] },
      }),
    });
    await expect.poll(() => pooled.statuses.some(({ status }) => status === "pooled"), { timeout: 200_000 }).toBe(true);
    const session = await pooled.open();
    // Bash is ready long before: it sees what became of the others.
    const seen = await run(session, "readlink /proc/[0-9]*/exe | sort", { language: "bash" });
    expect(seen.stdout).toContain("/usr/local/bin/node");
    expect((await run(session, "console.log(1 + 1)", { language: "javascript" })).stdout).toBe("2\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
