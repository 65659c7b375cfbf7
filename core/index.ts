/** `sluicebox`: a host for programs that run flows by themselves. Plugins import `sluicebox/contract` and `sluicebox/kit`. */

export { ConfigError } from "./config/report/config-error.ts";
export { createHost } from "./host/create-host.ts";
export type { CloseOptions, Host } from "./host/host.ts";
export type { CreateHostOptions } from "./host/host-options.ts";
