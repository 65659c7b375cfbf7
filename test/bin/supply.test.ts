import { describe, expect, it } from "vitest";
import { mayBundle } from "../../bin/supply.ts";

describe("licences of what is bundled", () => {
  it.each([
    ["MIT", true],
    ["(MPL-2.0 OR Apache-2.0)", true],
    ["(MIT AND Zlib)", false],
    ["MIT AND GPL-3.0", false],
    ["(MIT AND ISC)", true],
    ["GPL-3.0", false],
    ["", false],
  ])("should say whether %s may be", (expression, may) => {
    expect(mayBundle(expression)).toBe(may);
  });
});
