import { describe, expect, it } from "vitest";
import { searchWords } from "../../../../core/kit/index.ts";

describe("the words of a search", () => {
  it.each([
    ["two words", ["two", "words"]],
    ['"two words" Three', ["two words", "three"]],
    ['say "a  b"', ["say", "a  b"]],
    ['a"b c"d', ['a"b', 'c"d']],
    ['"open end', ['"open', "end"]],
    ['print("x")', ['print("x")']],
    ['""', ['""']],
    ["数据 分析", ["数据", "分析"]],
    ["  ", []],
  ])("should be found in %j", (text, words) => {
    expect(searchWords(text)).toEqual(words);
  });
});
