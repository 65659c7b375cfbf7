export * from "./estimate.ts";
export * from "./upstream-error.ts";
