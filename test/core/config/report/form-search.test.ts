import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormSearch } from "../../../../core/config/report/form-search.ts";
import { SecretMask } from "../../../../core/config/report/mask.ts";

/** Few letters, so that words overlap, repeat and share their blocks. */
const letters = fc.constantFrom("a", "b", "é", "日");
const word = (minLength: number, maxLength: number) =>
  fc.array(letters, { minLength, maxLength }).map((list) => list.join(""));

describe("the search for any of many words", () => {
  it("should find what an exact search finds, and nothing else", () => {
    const words = fc.array(fc.oneof(word(4, 8), word(12, 20), word(300, 310)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(words, word(0, 400), fc.nat(), fc.nat(), fc.boolean(), (list, filler, which, where, planted) => {
        const at = where % (filler.length + 1);
        const text = planted ? filler.slice(0, at) + list[which % list.length] + filler.slice(at) : filler;
        expect(new FormSearch(list).finds(text)).toBe(list.some((each) => text.includes(each)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("should mask long texts as a replacement of each secret would", () => {
    const secrets = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9]{20,30}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(secrets, fc.array(fc.nat(), { maxLength: 4 }), (list, places) => {
        let text = "nothing to hide here. ".repeat(200);
        for (const [index, place] of places.entries()) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + list[index % list.length] + text.slice(at);
        }
        const said = new SecretMask(list).text(text);
        for (const each of list) expect(said).not.toContain(each);
        if (places.length === 0) expect(said).toBe(text);
      }),
    );
  });
});
