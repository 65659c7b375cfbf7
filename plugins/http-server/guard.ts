import type { IncomingMessage } from "node:http";

export interface GuardRules {
  /** Port as bound. */
  readonly port: number;
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /** Whether the address's own origin is let in: because pages are served here, or because the mount says so. */
  readonly ownOrigin: boolean;
}

/** The rules for a mount, or for what no mount serves. */
export type GuardRulesOf = (mount?: {
  readonly origins?: readonly string[];
  readonly ownOrigin?: boolean;
}) => GuardRules;

/**
 * Says why a request may not pass, or nothing when it may.
 *
 * `Host` must name this server: a page whose name was rebound to 127.0.0.1 carries its own name there. `Origin` is sent
 * by browsers alone, and must be on the list, as browsers write it.
 */
export function refusal(request: IncomingMessage, rules: GuardRules): string | undefined {
  const host = request.headers.host?.toLowerCase();
  if (host === undefined || host === "") return "the Host header is missing";
  if (!hostAllowed(host, request, rules)) return `the Host header ${JSON.stringify(host)} is not of this server`;
  const { origin } = request.headers;
  if (origin === undefined || rules.origins.some((allowed) => written(allowed) === origin)) return undefined;
  if (rules.ownOrigin && origin.toLowerCase() === `http://${host}`) return undefined;
  return `the origin ${JSON.stringify(origin)} is not allowed`;
}

/** An origin as browsers write it: in small letters, without the port that its scheme has anyway. */
function written(origin: string): string {
  return /^https?:/i.test(origin) && URL.canParse(origin) ? new URL(origin).origin : origin;
}

function hostAllowed(host: string, request: IncomingMessage, rules: GuardRules): boolean {
  if (rules.hosts.some((allowed) => allowed.toLowerCase() === host)) return true;
  const local = request.socket.localAddress?.replace(/^::ffff:/, "");
  const names = ["127.0.0.1", "localhost", "[::1]"];
  if (local !== undefined) names.push(local.includes(":") ? `[${local}]` : local);
  return names.some((name) => host === `${name}:${rules.port}` || (rules.port === 80 && host === name));
}
