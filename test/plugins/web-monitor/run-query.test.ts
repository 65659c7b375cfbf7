import { describe, expect, it } from "vitest";
import { parseRunQuery } from "../../../plugins/web-monitor/page/lib/run-query.ts";

describe("a search of runs", () => {
  it("should be read into what the host looks for", () => {
    const { search, problem } = parseRunQuery('flow:run Status:FAILED cost:>=$0.5 "two  words" a:b model:gpt last');
    expect(search).toEqual({
      flow: "run",
      status: "failed",
      minCost: 0.5,
      model: "gpt",
      search: '"two  words" a:b last',
    });
    expect(problem).toBeUndefined();
  });

  it.each([
    ['session:"my work" x', { session: "my work", search: "x" }],
    ['Session:"日本 🙂" status:"ok"', { session: "日本 🙂", status: "ok" }],
    ['session:a"b', { session: 'a"b' }],
    ['session:"open', { session: '"open' }],
    ['a:"two words"', { search: 'a:"two words"' }],
  ])("should take what stands in quotes as one name: %s", (text, search) => {
    expect(parseRunQuery(text)).toEqual({ search });
  });

  it.each(["status:nonsense", "cost:<1", "cost:abc", "after:nonsense", "before:2026-13-45"])(
    "should not look for %s as if it were a word, but say so",
    (term) => {
      expect(parseRunQuery(`word ${term}`)).toEqual({ search: { search: "word" }, problem: term });
    },
  );
});
