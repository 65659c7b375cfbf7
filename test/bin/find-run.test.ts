import { describe, expect, it } from "vitest";
import type { HostConnection } from "../../bin/host/connection.ts";
import { findRun } from "../../bin/host/find-run.ts";

const runs = ["r_1m8jbjyarjheg6a54jb", "r_1m8jbjvg8pgvghebh50", "r_1m8jb997fzyyafhea1b"];
const connection = { runs: async () => runs.map((run) => ({ run })) } as unknown as HostConnection;

describe("a run that is named on the command line", () => {
  it.each([
    ["last", runs[0]],
    [runs[1], runs[1]],
    ["r_1m8jbjv", runs[1]],
    ["1m8jb99", runs[2]],
    ["r_0000000000000000000", "r_0000000000000000000"],
  ])("should be found as %s", async (said, expected) => {
    expect(await findRun(connection, String(said))).toBe(expected);
  });

  it("should not be guessed where several begin so", async () => {
    await expect(findRun(connection, "r_1m8jbj")).rejects.toMatchObject({
      code: "SLUICE_USAGE",
      message: expect.stringContaining(`2 runs: ${runs[0]}, ${runs[1]}`),
    });
  });

  it("should be missing where none begins so", async () => {
    await expect(findRun(connection, "zzz")).rejects.toMatchObject({ code: "SLUICE_RUN_NOT_FOUND" });
  });
});
