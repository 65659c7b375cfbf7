import { SluiceError } from "../../contract/errors.ts";
import type { ModelEvent, ModelRequest } from "../../contract/model.ts";
import type { Clock } from "../../contract/tokens.ts";
import { orAborted } from "../timing/wait.ts";
import type { AnswerFormat } from "./answer/format.ts";
import { readAnswer } from "./answer/read-answer.ts";
import { AnswerReading } from "./answer/reading.ts";
import type { Fetch } from "./fetch.ts";
import type { ModelTimeouts } from "./remote-config.ts";
import type { BuiltRequest } from "./request-builder.ts";
import { errorOfBody, errorOfFailure, errorOfResponse, mask } from "./upstream-failure.ts";
import { AnswerWatchdog } from "./watchdog.ts";

export interface AttemptContext {
  readonly source: string;
  readonly clock: Clock;
  readonly timeouts: ModelTimeouts;
  /** The clock's time at which the first attempt began. */
  readonly began: number;
  readonly secrets: readonly string[];
  readonly request: ModelRequest;
  readonly format: AnswerFormat;
  readonly fetch: Fetch;
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

/** One request upstream, from its beginning to `finish`. Whatever ends it, its socket is closed or free afterwards. */
export async function attempt(
  request: BuiltRequest,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { source, secrets } = context;
  const upstream = new AbortController();
  const watchdog = new AnswerWatchdog(context.clock, context.timeouts, source, context.began);
  const cancel = () => upstream.abort(cancelledError(source));
  if (signal.aborted) cancel();
  else signal.addEventListener("abort", cancel, { once: true });
  void watchdog.watch((error) => upstream.abort(error));
  const errors = {
    source,
    ofBody: (value: unknown) => errorOfBody(value, { source, secrets }),
    mask: (text: string) => mask(text, secrets),
  };
  let responded = false;
  const reading = new AnswerReading(errors, context.emit);
  try {
    const init = { method: "POST", headers: request.headers, body: request.body, signal: upstream.signal };
    const response = await orAborted(context.fetch(request.url, init), upstream.signal);
    responded = true;
    if (!response.ok) throw await orAborted(errorOfResponse(response, context), upstream.signal);
    await readAnswer(response, reading, {
      format: context.format,
      errors,
      upstream,
      clock: context.clock,
      token: () => {
        watchdog.token();
        context.firstToken();
      },
    });
    return { finish: reading.end(context.request) };
  } catch (failure) {
    const error = upstream.signal.aborted
      ? (upstream.signal.reason as SluiceError)
      : errorOfFailure(failure, { source, secrets, responded });
    upstream.abort(error);
    return { error, started: reading.started };
  } finally {
    watchdog.stop();
    signal.removeEventListener("abort", cancel);
  }
}

function cancelledError(source: string): SluiceError {
  return new SluiceError("SLUICE_RUN_CANCELLED", `${source}: the request was cancelled.`);
}
