import { type HistoryMessage, type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import { isJsonObject, parseJsonObject } from "../../core/kit/index.ts";
import { Messages, type WantedPicture } from "./messages.ts";
import { checkParameters, RefusedParameter } from "./parameters.ts";

/** The parts of a request that matter here; the rest, such as sampling, is the flow's own. */
export interface CompletionRequest {
  readonly model: string;
  readonly text: string;
  /** Pictures of the last message. */
  readonly files: readonly SandboxFile[];
  readonly history: readonly HistoryMessage[];
  /** Pictures of any message that are still to be fetched. */
  readonly wanted: readonly WantedPicture[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

const cure = "Send a chat completion request.";

type Json = Readonly<Record<string, unknown>>;

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for what is no request, or asks for what flows cannot do */
export function readRequest(body: Buffer): CompletionRequest {
  const request = parse(body);
  const { model, messages, stream, stream_options: options } = request;
  if (typeof model !== "string" || model === "") throw refused("model", "is missing");
  if (!Array.isArray(messages) || messages.length === 0) throw refused("messages", "is missing or empty");
  checkParameters(request);
  const reading = new Messages();
  const history = messages.map((message, index) => reading.read(message, `messages[${index}]`));
  const last = history.pop();
  if (last?.role !== "user") throw refused("messages", "must end with one of the user's");
  return {
    model,
    text: last.text,
    files: last.files ?? [],
    history,
    wanted: reading.wanted,
    stream: stream === true,
    includeUsage: isJsonObject(options) && options["include_usage"] === true,
  };
}

function parse(body: Buffer): Json {
  try {
    return parseJsonObject(body);
  } catch {
    // Told below.
  }
  throw new SluiceError("SLUICE_WIRE_PROTOCOL", "the body is not a JSON object", { cure });
}

function refused(param: string, what: string): RefusedParameter {
  return new RefusedParameter(param, `${param} ${what}`, cure);
}
