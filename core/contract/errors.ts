import type { ErrorClass, ErrorEntry } from "./error-codes/entry.ts";
import { type ErrorCode, errorEntry } from "./error-codes/index.ts";

export { type DeclaredError, declareErrors, errorPrefixOf, type PluginErrorCode } from "./error-codes/declared.ts";
export type { ErrorClass, ErrorEntry } from "./error-codes/entry.ts";
export type { ErrorCode } from "./error-codes/index.ts";

/** An error as it leaves the process: no stack, no key, no upstream header. */
export interface ErrorBody {
  readonly code: string;
  readonly class: ErrorClass;
  readonly message: string;
  readonly cure: string;
  readonly retryable: boolean;
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfter?: number;
  /** Exit code of the command line, where it differs from that of the class. */
  readonly exitCode?: number;
}

/** What an error may say beyond its code and message; the code has defaults for the rest. */
export interface ErrorDetails {
  /** Replaces the registry's cure where the place knows better. */
  readonly cure?: string;
  readonly cause?: unknown;
  readonly retryable?: boolean;
  readonly retryAfter?: number;
  /** For an error that was declared elsewhere. */
  readonly class?: ErrorClass;
  readonly exitCode?: number;
}

/** For a code that nobody declared: a fault of the plugin that made it. */
const undeclared: ErrorEntry = {
  class: "internal",
  retryable: false,
  when: "Something failed, and its plugin declares no such error.",
  cure: "Ask the plugin's author to declare the error in its manifest.",
};

/**
 * The only error that Sluicebox and its plugins throw on purpose: `throw new SluiceError("PLUGIN_PARROT_MUTE", "polly has
 * no voice")`. The code decides class, cure, exit code and whether trying again makes sense; `details` may know better.
 * Whatever else is thrown reaches people as SLUICE_INTERNAL, or as the code of the step in which it was thrown.
 */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  readonly cure: string;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  readonly #ownExitCode: number | undefined;

  /** Without a message it is the sentence that is declared with the code. */
  constructor(code: ErrorCode, message?: string, details: ErrorDetails = {}) {
    const entry = errorEntry(code) ?? undeclared;
    super(message ?? entry.when, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "SluiceError";
    this.code = code;
    this.class = details.class ?? entry.class;
    this.cure = details.cure ?? entry.cure;
    this.retryable = details.retryable ?? entry.retryable;
    this.retryAfter = details.retryAfter;
    this.#ownExitCode = details.exitCode ?? entry.exitCode;
  }

  /** The exit code of the command line, from sysexits.h and timeout(1) unless the code has its own. */
  get exitCode(): number {
    return this.#ownExitCode ?? exitCodeOf(this.class);
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      class: this.class,
      message: this.message,
      cure: this.cure,
      retryable: this.retryable,
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
      ...(this.#ownExitCode === undefined ? {} : { exitCode: this.#ownExitCode }),
    };
  }

  /**
   * The error that a body tells of, which came from a journal or another process. A code that is neither known here nor
   * a plugin's becomes SLUICE_INTERNAL, and its message keeps the code.
   */
  static fromBody(body: Omit<ErrorBody, "class"> & { readonly class?: string }): SluiceError {
    const { cure, retryable, retryAfter, exitCode } = body;
    const details = {
      cure,
      retryable,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(exitCode === undefined ? {} : { exitCode }),
    };
    if (errorEntry(body.code) !== undefined) return new SluiceError(body.code as ErrorCode, body.message, details);
    if (!body.code.startsWith("PLUGIN_")) {
      return new SluiceError("SLUICE_INTERNAL", `${body.code}: ${body.message}`, details);
    }
    const known = isErrorClass(body.class) ? { class: body.class } : {};
    return new SluiceError(body.code as ErrorCode, body.message, { ...details, ...known });
  }

  /** Also true for errors of another copy of this package, which a plugin may carry. */
  static is(error: unknown): error is SluiceError {
    if (error instanceof SluiceError) return true;
    return error instanceof Error && error.name === "SluiceError" && "code" in error && typeof error.code === "string";
  }

  /** Keeps a SluiceError as it is and makes one of `code` of anything else. */
  static from(error: unknown, code: ErrorCode = "SLUICE_INTERNAL"): SluiceError {
    if (error instanceof SluiceError) return error;
    if (SluiceError.is(error)) return copyOf(error);
    return new SluiceError(code, textOfThrown(error), { cause: error });
  }
}

/** From an error of another copy of this package, which may be older. */
function copyOf({ code, message, cure, retryable, retryAfter, class: errorClass, cause }: SluiceError): SluiceError {
  const known = isErrorClass(errorClass) && errorEntry(code) === undefined ? { class: errorClass } : {};
  return new SluiceError(code, message, { cure, retryable, retryAfter, cause, ...known });
}

/** Characters of a message that was not written by us. */
const longestMessage = 8_000;

/** A message of whatever was thrown, which may be anything, its message too. */
export function textOfThrown(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message : thrown;
    return shortened(String(text));
  } catch {
    return "something was thrown that has no text";
  }
}

/** Halves no pair of surrogates. */
function shortened(text: string): string {
  return text.length <= longestMessage ? text : text.slice(0, longestMessage).replace(/[\ud800-\udbff]$/, "");
}

const classes: ReadonlySet<string> = new Set<ErrorClass>([
  ...(["usage", "config", "unavailable", "auth", "limit", "timeout"] as const),
  ...(["cancelled", "invalid", "not-found", "conflict", "internal"] as const),
]);

function isErrorClass(text: string | undefined): text is ErrorClass {
  return text !== undefined && classes.has(text);
}

/** The exit code that errors of a class have where their code says no other. */
export function exitCodeOf(errorClass: ErrorClass): number {
  switch (errorClass) {
    case "usage":
      return 2;
    case "config":
      return 78;
    case "timeout":
      return 124;
    case "cancelled":
      return 130;
    case "internal":
      return 70;
    default:
      return 69;
  }
}
