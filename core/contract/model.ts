import type { Observable } from "rxjs";
import type { Picture } from "./conversation.ts";
import type { Usage } from "./event.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ExecEvent, PrepareOptions } from "./sandbox.ts";

/**
 * A language model.
 *
 * `generate` returns a cold observable: one subscription is one request upstream. Promises:
 * - unsubscribing, or an abort of `signal`, closes the provider's socket within 500 ms;
 * - text arrives as it is received, nothing is repeated, `finish` comes last and exactly once;
 * - a stream that stops without the provider's own end is an error (`SLUICE_MODEL_INCOMPLETE`), never a `finish`;
 * - every failure is a `SluiceError` whose `class` tells apart `auth`, `limit`, `unavailable`, `timeout`, `invalid`.
 */
export interface Model extends Lifecycle {
  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent>;
  /** Asks the provider whether it can be reached and knows the model. Used by `doctor` and `models test`. */
  probe?(signal: AbortSignal): Promise<ModelProbe>;
  /** The models that the provider offers under this configuration. */
  list?(signal: AbortSignal): Promise<readonly ModelInfo[]>;
  /** Fetches what the model needs to run on this machine: weights and runtime. Idempotent; checksums are verified. */
  pull?(options: PrepareOptions, signal: AbortSignal): Promise<void>;
  /** US dollars for that usage; null when the price is unknown, which a model without this method says as well. */
  cost?(usage: Usage): number | null;
  /** Fetches what `cost` needs, where that is read at first use. Awaited before money is reserved. */
  loadPrices?(): Promise<void>;
  /** The model's name, for `model-start`. */
  readonly modelId: string;
  /** What becomes of tool calls that it writes into its text: they run as code (the default), or it is told. */
  readonly textCalls?: "run" | "tell";
  /**
   * Milliseconds after which an answer of it ends by itself, whatever happens; 0 is no bound. A model without it has to
   * give an event within the instance's `callTimeout`.
   */
  readonly timeout?: number;
  /** Whether it can be shown pictures. Without it requests hold none, and name them by their paths alone. */
  readonly vision?: boolean;
}

/** A provider-neutral request. Options that come from YAML belong to the instance. */
export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly PromptMessage[];
  /** True when a sandbox follows in the flow, so that writing code makes sense. */
  readonly codeWanted: boolean;
  /**
   * The session it belongs to, that of a branch inside `race` and `all`. For models that keep something of their own
   * from one answer to the next: what one session left is never shown to another. Absent: keep nothing.
   */
  readonly session?: string;
  /**
   * What the run sets in place of the instance's own options. The host has held it to the schema of the plugin: only
   * options whose schema says `x-run: true` come, never secrets nor addresses.
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** One message of the prompt that a model is given. */
export interface PromptMessage {
  readonly role: "user" | "assistant";
  /** The instance that said it, where it was another model. */
  readonly name?: string;
  readonly text: string;
  /** Shown before the text; only where the model says `vision`. */
  readonly pictures?: readonly Picture[];
}

/** What a model emits while it answers. */
export type ModelEvent =
  | { readonly type: "text-delta"; readonly text: string }
  | { readonly type: "reasoning-delta"; readonly text: string }
  /** Code that the model gave as a tool call, and not in a fence of its text. */
  | { readonly type: "code-delta"; readonly language: string; readonly text: string; readonly index: number }
  /**
   * A tool call that is no program: its arguments cannot be read, or it was cut off. Code that was given of it before is
   * not to be run. `arguments` as the model wrote them.
   */
  | {
      readonly type: "call-error";
      readonly index: number;
      readonly message: string;
      readonly cut: boolean;
      readonly arguments: string;
    }
  /**
   * The model ran code by itself, where it lives. Text and code before it are over; what follows is its next answer. An
   * `exec-end` decides the run's outcome as a sandbox's does.
   */
  | { readonly type: "exec"; readonly event: ExecEvent }
  /** Everything given so far is void; another attempt follows. */
  | { readonly type: "rewind"; readonly reason: string }
  | { readonly type: "finish"; readonly reason: FinishReason; readonly usage: Usage };

/** Why an answer ended. */
export type FinishReason = "stop" | "length" | "tool" | "filter" | "other";

/** Whether a model can be reached, and whether the provider knows its name. */
export interface ModelProbe {
  readonly reachable: boolean;
  /** Whether the configured model is among those offered; undefined where the provider does not tell. */
  readonly modelKnown?: boolean;
  /** Milliseconds that the answer took; left out where nobody was asked. */
  readonly latency?: number;
  readonly detail?: string;
}

/** One model that a provider lists. */
export interface ModelInfo {
  readonly id: string;
  /** Bytes on disk, for local models. */
  readonly size?: number;
  readonly installed?: boolean;
  readonly description?: string;
  /** Under which it may be used. */
  readonly licence?: string;
  /** What it is for. */
  readonly task?: "code" | "general";
  /** Of the file, for local models; without it the hub's own word is compared, where it gives one. */
  readonly sha256?: string;
  /** Bytes of memory that it takes, for local models. */
  readonly memory?: number;
  /** Whether this machine has that memory. */
  readonly fits?: boolean;
  /** The one to take for its task on this machine. */
  readonly suggested?: boolean;
}
