export interface JournalLimits {
  /** Events of one run that stay in memory. Default 16,384. */
  readonly runEvents: number;
  /** Bytes of one run's events that stay in memory. Default 16 MiB. */
  readonly runBytes: number;
  /** Bytes of all runs from where ended runs leave memory, least recently used first. Default 16 MiB. */
  readonly hostBytes: number;
  /** Ended runs that stay known without a store. Default 1,000. */
  readonly endedRuns: number;
  /** Bytes not yet accepted by the store from where producers should pause. Default 8 MiB. */
  readonly pendingBytes: number;
  /** Milliseconds that the store may take for one batch. Default 10,000. */
  readonly storeTimeLimit: number;
  /** Milliseconds between attempts to use a failed store again. Default 5,000. */
  readonly storeRetry: number;
}

export const defaultJournalLimits: JournalLimits = {
  runEvents: 16_384,
  runBytes: 16 * 1024 * 1024,
  hostBytes: 16 * 1024 * 1024,
  endedRuns: 1_000,
  pendingBytes: 8 * 1024 * 1024,
  storeTimeLimit: 10_000,
  storeRetry: 5_000,
};
