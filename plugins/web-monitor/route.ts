import type { IncomingMessage, ServerResponse } from "node:http";
import { type ClientHost, type HostReporter, type Method, SluiceError } from "../../core/contract/index.ts";
import type { ConversationNames } from "./conversation-names.ts";
import type { LogArchive } from "./log-archive.ts";
import type { Person } from "./logins.ts";
import type { ModelStats } from "./model-stats.ts";
import type { RunStarts } from "./run-starts.ts";
import type { SampleFile } from "./sample-file.ts";
import type { Shares } from "./shares.ts";

/** What a route is given. */
export interface Call {
  /** The host as far as the person may use it. */
  readonly host: ClientHost;
  readonly stats: ModelStats;
  readonly samples: SampleFile;
  readonly archive: LogArchive;
  readonly shares: Shares;
  readonly starts: RunStarts;
  readonly names: ConversationNames;
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
  readonly method: "GET" | "POST" | "DELETE";
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

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for what is no whole number up to `most` */
export function wholeIn(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const value = Number(query.get(name) ?? fallback);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new SluiceError("SLUICE_WIRE_PROTOCOL", `${name} must be a whole number up to ${most}`);
}
