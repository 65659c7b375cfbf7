/** A client of Open Interpreter's protocol, for the plugins that speak to its servers. */
export * from "./answer.ts";
export { LmcConnection, type LmcConnectionOptions } from "./connection.ts";
