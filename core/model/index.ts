export { type Catalogue, joinURL, readOpenAIList } from "./catalogue.ts";
export * from "./estimate.ts";
export * from "./remote-config.ts";
export * from "./remote-model.ts";
export * from "./upstream-error.ts";
export { type Fetch, UpstreamHttp } from "./upstream-http.ts";
