import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { SluiceError } from "../../contract/errors.ts";
import type { Fetch } from "./fetch.ts";

/** A request in the AI SDK's words. */
export type StreamCall = LanguageModelV4CallOptions;

/** A request as it goes over HTTP, by POST. */
export interface BuiltRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes a provider's request of a call. */
export type BuildRequest = (call: StreamCall) => Promise<BuiltRequest>;

/** What the AI SDK's model would have sent. Thrown past the AI SDK, which passes on what it does not know. */
class RequestCapture implements BuiltRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;

  constructor(url: string, { headers, body }: RequestInit) {
    this.url = url;
    this.headers =
      headers instanceof Headers ? Object.fromEntries(headers) : ((headers ?? {}) as Record<string, string>);
    this.body = typeof body === "string" ? body : "";
  }
}

const capture: Fetch = (input, init = {}) => Promise.reject(new RequestCapture(String(input), init));

/**
 * Requests are built by the AI SDK, which knows each provider's interface, and stop where they would be sent: we send them
 * and read the answers ourselves. See docs/decisions/0068.
 */
export function requestsOf(model: (fetch: Fetch) => Pick<LanguageModelV4, "doStream">): BuildRequest {
  const language = model(capture);
  return async (call) => {
    try {
      await language.doStream(call);
    } catch (thrown) {
      if (thrown instanceof RequestCapture) return thrown;
      throw thrown;
    }
    throw new SluiceError("SLUICE_INTERNAL", "the AI SDK answered without a request");
  };
}
