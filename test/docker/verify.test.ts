import { describe, expect, it } from "vitest";
import { type Verdict, verify } from "../../bin/verify/verify.ts";
import { defaults, startSandbox } from "./sandbox-kit.ts";

const signal = () => new AbortController().signal;
const limits = { memory: 256 * 1024 * 1024, output: 1024 * 1024 };

async function failures(verdicts: AsyncIterable<Verdict>): Promise<string[]> {
  const found: string[] = [];
  for await (const { id, status, detail } of verdicts) if (status === "fail") found.push(`${id}: ${detail}`);
  return found;
}

/** All cases with the default sandbox are `test/e2e/cli-verify.test.ts`. */
describe("sluice verify", { timeout: 400_000 }, () => {
  it("should hold for an allow-list", async () => {
    const network = { allow: ["a.test:443", "b.test"] };
    await using kit = await startSandbox({ ...limits, network });
    const promised = { ...defaults, ...limits, network };
    const only = [46, 60, 61, 64, 67, 68, 109, 110, 111, 112, 113, 114, 115, 116, 117];
    const others: number[] = [];
    for await (const { id, status } of verify(kit.sandbox, promised, signal(), { only }))
      if (status !== "pass") others.push(id);
    expect(others).toEqual([114]);
  });

  it("should fail a sandbox that has the network it should not have, and in nothing else", async () => {
    await using kit = await startSandbox({ ...limits, network: "open" });
    const only = [4, 13, 39, 45, 46, 60, 67, 68];
    const found = await failures(verify(kit.sandbox, { ...defaults, ...limits, network: "none" }, signal(), { only }));
    expect(found.filter((text) => !text.startsWith("67: "))).toEqual([
      expect.stringMatching(/^46: there is a network/),
      expect.stringMatching(/^68: /),
    ]);
  });
});
