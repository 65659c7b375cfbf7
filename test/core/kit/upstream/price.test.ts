import { describe, expect, it } from "vitest";
import { loadPrices, priceOfTokens } from "../../../../core/kit/upstream/price.ts";

const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000 };

describe("prices", () => {
  it("should know public prices by provider, and by the address of one", async () => {
    const priceOf = await loadPrices();
    const known = priceOf(usage, { model: "gpt-4o-mini", provider: "openai" });
    expect(known).toBeGreaterThan(0);
    expect(priceOf(usage, { model: "gpt-4o-mini", baseURL: "https://api.openai.com/v1" })).toBe(known);
  });

  it("should call an unknown price unknown, never nothing", async () => {
    const priceOf = await loadPrices();
    expect(priceOf(usage, { model: "no-such-model", provider: "openai" })).toBeNull();
    expect(priceOf(usage, { model: "gpt-4o-mini", baseURL: "http://127.0.0.1:8080/v1" })).toBeNull();
    expect(priceOf(usage, { model: "gpt-4o-mini" })).toBeNull();
  });

  it("should reckon with the profile's price", () => {
    expect(priceOfTokens({ inputTokens: 500_000, outputTokens: 250_000 }, { input: 2, output: 8 })).toBe(3);
  });
});
