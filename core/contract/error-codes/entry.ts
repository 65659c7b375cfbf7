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

export interface ErrorEntry {
  readonly class: ErrorClass;
  readonly retryable: boolean;
  /** When it happens, for docs/errors.md. */
  readonly when: string;
  readonly cure: string;
}
