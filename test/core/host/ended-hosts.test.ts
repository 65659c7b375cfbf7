import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "ended-host.fixture.ts");

describe("a host that has ended", () => {
  // Nothing else limits these calls but `callTimeout`, which is five minutes.
  it.each([
    ["sink", "write hangs"],
    ["sink", "flush hangs"],
    ["sandbox", "open hangs"],
    ["sandbox", "put hangs"],
  ])(
    "should not keep its process for a %s whose call never returns: %s",
    async (kind, how) => {
      const { stdout } = await promisify(execFile)(process.execPath, [script, kind, how], { timeout: 120_000 });
      expect(stdout).toBe("closed\n");
    },
    150_000,
  );
});
