import type { ErrorClass } from "./error-codes/entry.ts";
import { type ErrorCode, errorCodes } from "./error-codes/index.ts";

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
}

export interface ErrorDetails {
  /** Replaces the registry's cure where the place knows better. */
  readonly cure?: string;
  readonly cause?: unknown;
  readonly retryable?: boolean;
  readonly retryAfter?: number;
}

/** The only error that Sluicebox throws on purpose. Codes live in one registry, bound to `docs/errors.md` by a test. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  readonly cure: string;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const entry = errorCodes[code];
    this.name = "SluiceError";
    this.code = code;
    this.class = entry.class;
    this.cure = details.cure ?? entry.cure;
    this.retryable = details.retryable ?? entry.retryable;
    this.retryAfter = details.retryAfter;
  }

  /** The exit code of the command line, from sysexits.h and timeout(1). */
  get exitCode(): number {
    return exitCodeOf(this.class);
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      class: this.class,
      message: this.message,
      cure: this.cure,
      retryable: this.retryable,
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
    };
  }

  /** Also true for errors of another copy of this package, which a plugin may carry. */
  static is(error: unknown): error is SluiceError {
    if (error instanceof SluiceError) return true;
    return (
      error instanceof Error && error.name === "SluiceError" && "code" in error && (error.code as string) in errorCodes
    );
  }

  /** Keeps a SluiceError as it is and makes one of `code` of anything else. */
  static from(error: unknown, code: ErrorCode = "SLUICE_INTERNAL"): SluiceError {
    if (error instanceof SluiceError) return error;
    if (SluiceError.is(error)) return new SluiceError(error.code, error.message, { ...error, cause: error.cause });
    return new SluiceError(code, textOfThrown(error), { cause: error });
  }
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
