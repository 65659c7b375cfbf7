import { SluiceError } from "../contract/errors.ts";

/** Where a host is, and how a client connects to it. */
export interface ClientOptions {
  /** Address of the host, such as `ws://127.0.0.1:8000`; `http:` is taken for `ws:`. */
  readonly url: string;
  /** Bearer token, or a one-time ticket. Sent in the first frame, where a refusal can be told from a fault. */
  readonly token?: string;
  /** This client's own name; runs it opened stay its own under the same name. Default: a random one. */
  readonly client?: string;
  /** Attempts in a row that may fail before the client gives up. Default 10. */
  readonly maxRetries?: number;
  /** Before the first new attempt, doubled for each further one up to 30 s, with jitter. Default `2s`. */
  readonly retryDelay?: number | string;
  /** For connecting, and for the answer to a message. Default `30s`. */
  readonly timeout?: number | string;
  /** Messages that may wait while there is no connection. Default 256. */
  readonly queue?: number;
  /** Tells what happens on the connection: to the function given, or with `true` on `debug$`. Default false. */
  readonly debug?: boolean | ((line: string) => void);
  /** Headers of the upgrade, for proxies. Node only. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The options in use; times are milliseconds. */
export interface ClientSettings {
  readonly url: string;
  readonly token: string | undefined;
  readonly client: string;
  readonly maxRetries: number;
  readonly retryDelay: number;
  readonly timeout: number;
  readonly queue: number;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

/** @throws SluiceError SLUICE_USAGE for an address or a duration that is none */
export function settingsOf(options: ClientOptions): ClientSettings {
  return {
    url: wireUrl(options.url),
    token: options.token,
    client: options.client ?? `client-${globalThis.crypto.randomUUID()}`,
    maxRetries: options.maxRetries ?? 10,
    retryDelay: milliseconds("retryDelay", options.retryDelay ?? "2s"),
    timeout: milliseconds("timeout", options.timeout ?? "30s"),
    queue: options.queue ?? 256,
    headers: options.headers,
  };
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function milliseconds(name: string, value: number | string): number {
  if (typeof value === "number" && value >= 0) return value;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(value));
  const unit = units[match?.[2] ?? ""];
  if (unit !== undefined) return Number(match?.[1]) * unit;
  throw new SluiceError("SLUICE_USAGE", `${name}: ${JSON.stringify(value)} is not a duration`, {
    cure: "Give milliseconds as a number, or a text such as 2s.",
  });
}

function wireUrl(url: string): string {
  const wire = url.replace(/^http/, "ws");
  if (/^wss?:\/\/[^/]+/.test(wire) && URL.canParse(wire)) return wire;
  throw new SluiceError("SLUICE_USAGE", `${JSON.stringify(url)} is not the address of a host`, {
    cure: "Give an address such as ws://127.0.0.1:8000.",
  });
}
