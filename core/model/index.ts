export { answering } from "./answering.ts";
export type { StreamCall, StreamingModel, StreamPart } from "./attempt.ts";
export { type Catalogue, joinURL, readOpenAIList } from "./catalogue.ts";
export * from "./estimate.ts";
export { type PricedModel, type PriceOf, priceOfTokens, type TokenPrice } from "./price.ts";
export * from "./remote-config.ts";
export * from "./remote-model.ts";
export * from "./upstream-error.ts";
export { type Fetch, UpstreamHttp } from "./upstream-http.ts";
