import { describe, expect, it } from "vitest";
import { textOf } from "../../bin/licence-text.ts";
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

describe("the text of a licence", () => {
  const bare = { name: "split-ca", license: "ISC", licenseText: "\n" };
  it("should be what the package brings along, else that of the licence that it names, with its author", () => {
    expect(textOf({ ...bare, licenseText: "Mine.\n" })).toBe("Mine.");
    expect(textOf(bare)).toMatch(/text of ISC\.\n\nCopyright \(c\) Charles Bushong\n\nPermission to use/);
    expect(textOf({ ...bare, license: "Apache-2.0" })).toContain("TERMS AND CONDITIONS FOR USE");
  });

  it("should end the build where nobody has it", () => {
    expect(() => textOf({ ...bare, license: "BlueOak-1.0.0" })).toThrow(/split-ca has no text/);
  });
});
