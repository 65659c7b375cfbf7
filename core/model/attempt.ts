import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { SluiceError } from "../contract/errors.ts";
import type { Usage } from "../contract/event.ts";
import type { ModelEvent, ModelRequest } from "../contract/model.ts";
import type { Clock } from "../contract/tokens.ts";
import { estimateUsage } from "./estimate.ts";
import { finishReasonOf, PartReader } from "./part-reader.ts";
import type { ModelTimeouts } from "./remote-config.ts";
import { errorOfFailure, incomplete, isEndUntold } from "./upstream-failure.ts";
import { Watchdog } from "./watchdog.ts";

export interface AttemptContext {
  readonly source: string;
  readonly clock: Clock;
  readonly timeouts: ModelTimeouts;
  /** The clock's time at which the first attempt began. */
  readonly began: number;
  readonly secrets: readonly string[];
  readonly request: ModelRequest;
  readonly firstToken: () => void;
  readonly emit: (event: ModelEvent) => void;
}

export type AttemptResult = { readonly finish: ModelEvent } | AttemptFailure;

export interface AttemptFailure {
  readonly finish?: undefined;
  readonly error: SluiceError;
  /** Whether text had been passed on, so that trying again would repeat it. */
  readonly started: boolean;
}

/** A request in the AI SDK's words. */
export type StreamCall = LanguageModelV4CallOptions;

/** A piece of an answer in the AI SDK's words. */
export type StreamPart = LanguageModelV4StreamPart;

/** The part of an AI SDK model that is used. */
export type StreamingModel = Pick<LanguageModelV4, "doStream">;

type FinishPart = Extract<StreamPart, { type: "finish" }>;

/** Milliseconds that a stream is given to close by itself after its end, so that its socket can be used again. */
const drainTime = 250;

/** One request upstream, from its beginning to `finish`. Whatever ends it, its socket is closed or free afterwards. */
export async function attempt(
  language: StreamingModel,
  call: StreamCall,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const upstream = new AbortController();
  const reader = new PartReader();
  const watchdog = new Watchdog(context.clock, context.timeouts, context.source, context.began);
  const state: StreamState = { responded: false };
  const cancel = () => upstream.abort(cancelledError(context.source));
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  void watchdog.watch((error) => upstream.abort(error));
  try {
    const finish = await stream(language, { ...call, abortSignal: upstream.signal }, context, {
      reader,
      watchdog,
      state,
      upstream,
    });
    return { finish };
  } catch (failure) {
    const error = upstream.signal.aborted
      ? (upstream.signal.reason as SluiceError)
      : errorOfFailure(failure, { source: context.source, secrets: context.secrets, responded: state.responded });
    upstream.abort(error);
    return { error, started: reader.started };
  } finally {
    watchdog.stop();
    signal.removeEventListener("abort", cancel);
  }
}

interface StreamState {
  responded: boolean;
}

interface StreamParts {
  readonly reader: PartReader;
  readonly watchdog: Watchdog;
  readonly state: StreamState;
  readonly upstream: AbortController;
}

async function stream(
  language: StreamingModel,
  call: StreamCall,
  context: AttemptContext,
  { reader, watchdog, state, upstream }: StreamParts,
): Promise<ModelEvent> {
  const begun = Promise.resolve(language.doStream(call));
  const result = await orAborted(begun, upstream.signal);
  state.responded = true;
  const parts = result.stream.getReader();
  const untold = () =>
    incomplete(context.source, reader.started ? undefined : result.response?.headers?.["content-type"]);
  // A read that waits ends at once; without it a provider that heeds no signal would hold it.
  upstream.signal.addEventListener("abort", () => void parts.cancel(upstream.signal.reason).catch(() => {}), {
    once: true,
  });
  for (;;) {
    const { done, value } = await parts.read();
    upstream.signal.throwIfAborted();
    if (done || (value.type === "error" && isEndUntold(value.error))) throw untold();
    if (value.type === "error") throw value.error;
    if (value.type === "finish") {
      const event = finishEvent(value, reader, context);
      if (!event) throw untold();
      void drain(parts, upstream, context.clock);
      return event;
    }
    const event = reader.read(value);
    if (event === undefined && value.type !== "tool-input-delta") continue;
    watchdog.token();
    context.firstToken();
    if (event) context.emit(event);
  }
}

function finishEvent(part: FinishPart, reader: PartReader, context: AttemptContext): ModelEvent | undefined {
  const reason = finishReasonOf(part);
  if (reason === undefined) return undefined;
  // Some servers have a reason of their own for the end of a call.
  const called = reader.called && (reason === "other" || reason === "stop");
  return { type: "finish", reason: called ? "tool" : reason, usage: usageOf(part, reader, context.request) };
}

function usageOf(part: FinishPart, reader: PartReader, request: ModelRequest): Usage {
  const inputTokens = part.usage.inputTokens.total;
  const outputTokens = part.usage.outputTokens.total;
  const estimate = estimateUsage(request, reader.characters);
  // Some servers send a usage of zeros; a prompt of no tokens does not exist.
  if (!inputTokens || outputTokens === undefined) return estimate;
  return { inputTokens, outputTokens };
}

async function drain(
  parts: ReadableStreamDefaultReader<StreamPart>,
  upstream: AbortController,
  clock: Clock,
): Promise<void> {
  const ended = new AbortController();
  const rest = (async () => {
    while (!(await parts.read()).done);
  })();
  const late = clock.sleep(drainTime, ended.signal).then(() => upstream.abort());
  await Promise.race([rest, late]).catch(() => {});
  ended.abort("drained");
  await late.catch(() => {});
}

/** `promise`, unless `signal` aborts first; what it still yields then is thrown away. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function cancelledError(source: string): SluiceError {
  return new SluiceError("SLUICE_RUN_CANCELLED", `${source}: the request was cancelled.`);
}
