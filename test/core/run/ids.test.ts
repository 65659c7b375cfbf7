import { describe, expect, it } from "vitest";
import { createId } from "../../../core/run/ids.ts";

describe("ids", () => {
  // More of them than there is chance for at once.
  const ids = Array.from({ length: 5_000 }, () => createId("r"));

  it("should have a prefix, nine characters of time and ten of chance", () => {
    expect(ids.filter((id) => !/^r_[0-9a-hjkmnp-tv-z]{19}$/.test(id))).toEqual([]);
  });

  it("should sort as they were made", () => {
    expect(ids.toSorted()).toEqual(ids);
  });

  it("should never take the same chance twice", () => {
    const chances = ids.map((id) => id.slice(-10));
    expect(new Set(chances).size).toBe(ids.length);
  });

  it("should use every character, each about as often as the others", () => {
    const counts = new Map<string, number>();
    for (const id of ids)
      for (const character of id.slice(-10)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(32);
    // 50,000 characters are 1,562 of each; 390 off is ten standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 50_000 / 32)).toBeLessThan(390);
  });
});
