import type { Usage } from "../../contract/event.ts";

/** US dollars for a million tokens, as written in a profile. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

/** Where a model is served: the provider's id in the table of prices, or the address its requests go to. */
export interface PricedModel {
  readonly model: string;
  readonly provider?: string;
  readonly baseURL?: string;
}

/** US dollars, or null where nobody knows the price. Cached input is counted like any other, so it is an upper bound. */
export type PriceOf = (usage: Usage, model: PricedModel) => number | null;

let table: Promise<PriceOf> | undefined;

/** The table of public prices of `@pydantic/genai-prices`, read at first use. */
export function loadPrices(): Promise<PriceOf> {
  table ??= import("@pydantic/genai-prices").then(
    ({ calcPrice }): PriceOf =>
      (usage, { model, provider, baseURL }) => {
        const where = provider === undefined ? { providerApiUrl: baseURL } : { providerId: provider };
        const tokens = { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens };
        // Without a provider the table would guess one by the model's name, and a local model would cost money.
        if (provider === undefined && baseURL === undefined) return null;
        return calcPrice(tokens, model, where)?.total_price ?? null;
      },
  );
  return table;
}

/** What a number of tokens costs. */
export function priceOfTokens(usage: Usage, price: TokenPrice): number {
  return (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1_000_000;
}
