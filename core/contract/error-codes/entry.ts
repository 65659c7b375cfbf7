/** What a caller can do about an error, in one word. */
export type ErrorClass =
  | "usage"
  | "config"
  | "unavailable"
  | "auth"
  | "limit"
  | "timeout"
  | "cancelled"
  | "invalid"
  | "not-found"
  | "conflict"
  | "internal";

/** What is known of a code before anything happens. */
export interface ErrorEntry {
  readonly class: ErrorClass;
  /** Whether the same call may succeed later without a change of anything. */
  readonly retryable: boolean;
  /** When it happens, in one sentence, for docs/errors.md. Also the message where none is given. */
  readonly when: string;
  /** What a person does about it, in one sentence. */
  readonly cure: string;
  /** Exit code of the command line, 1 to 255. Default: that of the class. */
  readonly exitCode?: number;
}
