/** The public door of Sluicebox: what plugins, the command line and programs import. */

export * from "./access.ts";
export * from "./config/validator.ts";
export * from "./contract/index.ts";
export * from "./model/index.ts";
