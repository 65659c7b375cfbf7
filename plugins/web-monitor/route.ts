import type { IncomingMessage, ServerResponse } from "node:http";
import { type ClientHost, type HostReporter, type Method, SluiceError } from "../../core/contract/index.ts";
import type { Person } from "./logins.ts";
import type { ModelStats } from "./model-stats.ts";
import type { RunStarts } from "./run-starts.ts";
import type { SampleFile } from "./sample-file.ts";

/** What a route is given. */
export interface Call {
  /** The host as far as the person may use it. */
  readonly host: ClientHost;
  readonly stats: ModelStats;
  readonly samples: SampleFile;
  /** A link with which anybody may read that run alone. */
  readonly share: (run: string, host: ClientHost) => { readonly link: string; readonly expires: string };
  readonly starts: RunStarts;
  readonly reporter: HostReporter;
  readonly person: Person;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** What the path's placeholder stands for, decoded. */
  readonly name: string;
  /** The body as JSON; an empty object without one. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** Names the person in audits. */
  readonly origin: string;
}

export interface Route {
  readonly method: "GET" | "POST";
  /** `*` stands for one segment. */
  readonly path: string;
  /** What the host's table of authority calls it. */
  readonly needs: Method;
  /** The answer as JSON; undefined when the route has answered by itself. */
  readonly handle: (call: Call) => unknown;
}

/** @throws SluiceError SLUICE_WIRE_PROTOCOL */
export function textIn(body: Readonly<Record<string, unknown>>, key: string): string {
  const value = body[key];
  if (typeof value === "string") return value;
  throw new SluiceError("SLUICE_WIRE_PROTOCOL", `the body has no text ${key}`);
}
