/** `sluicebox`: a host for programs that run flows by themselves. Plugins import `sluicebox/contract` and `sluicebox/kit`. */

export { ConfigError } from "./config/config-error.ts";
export type { CloseOptions, Host } from "./host/host.ts";
export { type CreateHostOptions, createHost } from "./host.ts";
