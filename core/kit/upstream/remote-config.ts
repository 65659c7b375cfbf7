import type { TokenPrice } from "./price.ts";

/** What every model behind HTTP can be told. Durations are milliseconds. */
export interface RemoteModelConfig {
  readonly model: string;
  readonly apiKey?: string;
  readonly baseURL: string;
  readonly temperature?: number;
  /** Most tokens of one answer; the provider's own bound when absent. */
  readonly maxTokens?: number;
  readonly seed?: number;
  readonly reasoning?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh";
  /** Whether the model can be shown pictures. */
  readonly vision?: boolean;
  /** Added to the host's instructions. */
  readonly system?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the tool `execute` is offered where a sandbox follows the model. */
  readonly tools: "auto" | "never";
  /** What becomes of tool calls that stand in the text. */
  readonly textCalls?: "run" | "tell";
  /** Passed to the AI SDK's provider as they are. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** US dollars for a million tokens; the table of public prices when absent. */
  readonly price?: TokenPrice;
  readonly timeouts: ModelTimeouts;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  /** No limits when absent. */
  readonly limits?: LimitPolicy;
}

/** What an account allows; 0 is no limit. */
export interface LimitPolicy {
  /** Requests at once. */
  readonly concurrent: number;
  readonly requestsPerMinute: number;
}

/** Milliseconds that a model may take for each part of an answer. */
export interface ModelTimeouts {
  /** Until the connection stands, TLS included. */
  readonly connect: number;
  /** From the request to the first token. */
  readonly firstToken: number;
  /** Between two tokens; comments and pings that keep a connection alive do not count. */
  readonly idle: number;
  /** The whole answer, retries and their pauses included. */
  readonly total: number;
}

/** How often, and after which pauses, a request is made again. */
export interface RetryPolicy {
  /** Requests in all; 1 does not retry. */
  readonly attempts: number;
  /** Pause before the second request, doubled for each further one, less a random part of up to a half. */
  readonly backoff: number;
  /** A provider that asks to wait longer than this is given up at once, so that a fallback can answer. */
  readonly longest: number;
}

/** After how many failures no request is made for a while. */
export interface BreakerPolicy {
  /** Answers failed in a row after which the model is left alone; 0 never does. */
  readonly failures: number;
  /** How long it is left alone; then one request is let through to try. */
  readonly pause: number;
}
