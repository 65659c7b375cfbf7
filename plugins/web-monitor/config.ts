import type { Role } from "../../core/index.ts";

/** The options as received: units coerced, defaults filled in. */
export interface WebMonitorConfig {
  readonly listen: string;
  readonly path: string;
  readonly role: Role;
  /** Milliseconds. */
  readonly link: number;
  /** Milliseconds. */
  readonly session: number;
  readonly metrics: "token" | "open" | "off";
}
