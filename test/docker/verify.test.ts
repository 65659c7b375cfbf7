import { expect, it } from "vitest";
import { type Verdict, verify } from "../../bin/verify/verify.ts";
import { startSandbox } from "./sandbox-kit.ts";

it("should fail a sandbox that has the network it should not have, and in nothing else", async () => {
  const limits = { memory: 256 * 1024 * 1024, output: 1024 * 1024 };
  await using kit = await startSandbox({ ...limits, network: "open" });
  const failed: Verdict[] = [];
  const promised = { ...limits, network: "none" };
  for await (const verdict of verify(kit.sandbox, promised, new AbortController().signal))
    if (verdict.status !== "pass") failed.push(verdict);
  expect(failed).toEqual([
    expect.objectContaining({ status: "fail", detail: expect.stringMatching(/^not refused: has a route/) }),
  ]);
});
