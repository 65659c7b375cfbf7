import type { ErrorClass } from "../errors.ts";

export interface ErrorEntry {
  readonly class: ErrorClass;
  readonly retryable: boolean;
  /** When it happens, for docs/errors.md. */
  readonly when: string;
  readonly cure: string;
}
