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
