import { type ErrorCode, SluiceError } from "../../contract/errors.ts";
import { cutText } from "../text/cut-text.ts";

/** What the classic server's library for models calls its failures, and what they are here. */
const known: readonly (readonly [RegExp, ErrorCode])[] = [
  [/AuthenticationError|PermissionDenied|invalid api key/i, "SLUICE_MODEL_AUTH"],
  [/RateLimitError/, "SLUICE_MODEL_RATE_LIMIT"],
  [/ContextWindowExceeded/, "SLUICE_MODEL_CONTEXT"],
  [/APIConnectionError|Connection error|ConnectError/, "SLUICE_MODEL_UNREACHABLE"],
  [/\bTimeout\b/, "SLUICE_MODEL_TIMEOUT"],
  [/BadRequestError|NotFoundError|UnprocessableEntity|Unsupported/, "SLUICE_MODEL_REQUEST"],
];

const longest = 300;

/** The server's report of a failure, which is a whole traceback, in one line. */
export function serverError(source: string, content: unknown): SluiceError {
  const text = typeof content === "string" ? content : "";
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const last = lines.at(-1)?.trim() ?? "no reason was given";
  const code = known.find(([pattern]) => pattern.test(text))?.[1] ?? "SLUICE_MODEL_OVERLOADED";
  return new SluiceError(code, `${source}: the server failed: ${cutText(last, longest)}`);
}
