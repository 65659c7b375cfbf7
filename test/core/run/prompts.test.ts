import { describe, expect, it } from "vitest";
import { Prompts } from "../../../core/run/prompts.ts";

const prompt = (size: number) => ({
  system: "s",
  messages: [{ role: "user" as const, text: "x".repeat(size - 1), pictures: 0 }],
});

describe("prompts of a run", () => {
  it("should keep the last ones within their bound, and nothing of one that is larger", () => {
    const prompts = new Prompts();
    for (const seq of [1, 2, 3]) prompts.add(seq, prompt(100_000));
    expect([1, 2, 3, 4].map((seq) => prompts.of(seq) !== undefined)).toEqual([false, true, true, false]);
    prompts.add(4, prompt(250_001));
    expect([2, 3, 4].map((seq) => prompts.of(seq))).toEqual([undefined, undefined, undefined]);
    prompts.add(5, prompt(250_000));
    expect(prompts.of(5)?.messages[0]?.text.length).toBe(249_999);
  });
});
