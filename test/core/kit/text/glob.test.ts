import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventFilter } from "../../../../core/client/host-events.ts";
import { eventSelector } from "../../../../core/journal/select.ts";
import { matchesGlob } from "../../../../core/kit/text/glob.ts";

/** The same by a regular expression, as these were matched before. */
function expected(glob: string, text: string): boolean {
  const source = glob
    .replace(/[\\^$+.()|[\]{}?]/g, (found) => (found === "?" ? "." : `\\${found}`))
    .replaceAll(/\*+/g, ".*");
  return new RegExp(`^${source}$`, "s").test(text);
}

describe("globs", () => {
  it("should mean what they say", () => {
    const glob = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?", "\n"), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", ".", "?", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(glob, text, (each, name) => {
        expect(matchesGlob(each, name)).toBe(expected(each, name));
      }),
      { numRuns: 5_000 },
    );
  });

  it("should be matched in no time, however many stars they have", () => {
    const glob = `${"a*".repeat(400)}b`;
    const event = { type: "log", source: "a".repeat(500), data: { level: "info", message: "" } } as never;
    const began = process.cpuUsage();
    expect(eventFilter({ sources: [glob] })(event)).toBe(false);
    expect(eventSelector([glob])(event)).toBe(false);
    const { user } = process.cpuUsage(began);
    expect(user).toBeLessThan(1_000_000);
  });
});
