import { expect, it } from "vitest";
import { playAll } from "../red-team/play.ts";

/** The long form is `npm run redteam`. */
it("should give nothing to whoever plays a known way around the walls", { timeout: 300_000 }, async () => {
  const lines: string[] = [];
  const { attacks, tried, gained } = await playAll({ short: true }, (line) => lines.push(line));
  expect(gained, lines.join("\n")).toBe(0);
  expect(attacks).toBeGreaterThan(25);
  expect(tried).toBeGreaterThan(2_000);
});
