import { type ErrorBody, SluiceError, textOfThrown } from "../../contract/errors.ts";

/** An error on its way between two processes. */
export type Failure =
  | { readonly body: ErrorBody }
  | { readonly name: string; readonly message: string; readonly stack: string };

/** A stack longer than this tells nothing more. */
const longestStack = 8_000;

export function toFailure(thrown: unknown): Failure {
  if (SluiceError.is(thrown)) return { body: SluiceError.from(thrown).toBody() };
  const name = thrown instanceof Error ? quietly(() => String(thrown.name)) : "";
  const stack = thrown instanceof Error ? quietly(() => String(thrown.stack).slice(0, longestStack)) : "";
  return { name, message: textOfThrown(thrown), stack };
}

/** What came from the other process may be anything. */
export function fromFailure(failure: unknown): Error {
  const { body, message, stack, name } = (failure ?? {}) as Partial<Record<string, unknown>>;
  if (isBody(body)) return SluiceError.fromBody(body);
  const error = new Error(String(message ?? "it failed, and does not say why"));
  if (typeof name === "string" && name !== "") error.name = name;
  if (typeof stack === "string") error.stack = stack;
  return error;
}

function isBody(body: unknown): body is ErrorBody {
  if (typeof body !== "object" || body === null) return false;
  const { code, message, cure, retryable } = body as Partial<Record<string, unknown>>;
  const texts = typeof code === "string" && typeof message === "string" && typeof cure === "string";
  return texts && typeof retryable === "boolean";
}

/** Fields of what was thrown may throw as well. */
function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
