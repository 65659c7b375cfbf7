import type { FinishReason } from "../../core/index.ts";

export interface ScriptedConfig {
  readonly model: string;
  readonly script: readonly (string | Answer)[];
  readonly repeat: boolean;
  /** Characters. */
  readonly chunk: number;
  /** Milliseconds. */
  readonly delay: number;
}

/** Durations are milliseconds. */
export interface Answer {
  readonly when?: string;
  readonly expect?: string;
  readonly wait?: number;
  readonly delay?: number;
  readonly chunk?: number;
  readonly reasoning?: string;
  readonly text?: string;
  readonly code?: string;
  readonly language?: string;
  readonly tool?: boolean;
  readonly error?: AnswerError;
  readonly hang?: boolean;
  readonly finish?: FinishReason;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

export interface AnswerError {
  readonly code?: string;
  readonly status?: number;
  readonly message?: string;
  readonly retryAfter?: number;
}
