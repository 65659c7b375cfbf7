/**
 * The grammar of a run's events.
 *
 *     run        = run-start step* run-end
 *     step       = answer | execution | question | branches | rewind | error | gap
 *     answer     = model-start (text | reasoning | code | execution)* model-end
 *     text       = text-start text-delta* text-end
 *     code       = code-start code-delta* code-end
 *     execution  = exec-start (exec-stdout | exec-stderr | exec-result | exec-file | input-request input-response)* exec-end
 *     branches   = branch-start (step, with `branch`)* branch-end, of several branches at once
 *     question   = approval-request approval-response
 *
 * **Who emits what.** A model plugin emits `ModelEvent`s, and the core makes `model-start`, `text-*`, `reasoning-delta`,
 * `code-*` and `model-end` of them: fences are found in one place for all models. A sandbox emits `exec-*` and
 * `input-request`. A stage lets pass, drops or adds any of these. All other types are the core's.
 *
 * **Under which source.** The core writes the id of the instance that emitted; a stage writes its own id on what it adds.
 * `core` is the source of `run-*`, `branch-*`, `rewind` and `gap`, and of an `error` that belongs to no instance.
 *
 * **Text comes in pieces.** A piece is whatever has arrived: no piece waits for a line or a word to be whole, and
 * readers join them. Whoever holds text back (a fence or a secret may go on) gives it out when the step ends. A piece
 * never halves a character: no lone surrogate, no part of a UTF-8 sequence.
 *
 * **Ends are observed.** `exec-end` is written from an exit that was seen, and `model-end` from the provider's own end. A
 * stream that only stops is an `error`, and the run `lost` or `failed`. Whatever begins in a run has ended before
 * `run-end`, which comes exactly once.
 *
 * **Time and place** (`run`, `seq`, `time`) are added when the journal takes an event; no reader sees it before the store has.
 */
import type { EventData } from "./event-data.generated.ts";

export type { EventData } from "./event-data.generated.ts";

/** The noun-verb names of everything that can happen in a run. One JSON Schema each in `schema/events/`. */
export type EventType = keyof EventData;

/**
 * What a step of a flow emits: an event that has no place in the journal yet.
 * `source` is the id of the instance it comes from, or `core`.
 */
export type Emission = {
  [Type in EventType]: {
    readonly source: string;
    /** Set inside `race` and `all`: the path of the branch, such as `1` or `1.0`. */
    readonly branch?: string;
    readonly type: Type;
    readonly data: EventData[Type];
  };
}[EventType];

/**
 * One entry of a run's journal, the same for every reader.
 *
 * Promises: `seq` starts at 1 in each run and has no holes; the first event is `run-start`; exactly one `run-end`
 * comes, and nothing of that run comes after it.
 */
export type RunEvent = Emission & {
  readonly run: string;
  readonly seq: number;
  /** ISO 8601 in UTC, with milliseconds. */
  readonly time: string;
};

/** Narrows {@link RunEvent} to one type. */
export type EventOf<Type extends EventType> = Extract<RunEvent, { type: Type }>;

/** Narrows {@link Emission} to one type. */
export type EmissionOf<Type extends EventType> = Extract<Emission, { type: Type }>;

/** How a run ended. */
export type RunStatus = EventData["run-end"]["status"];
/** How an execution ended. */
export type ExecStatus = EventData["exec-end"]["status"];
/** Tokens that a run used. */
export type Usage = NonNullable<EventData["run-end"]["usage"]>;

/** A severity of the log, least first. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal";

/** What happens in the host outside of any run. */
export interface HostEventData {
  /** `told`: whoever caused it is told of it on the host's own terminal, so that nobody else has to. */
  log: { level: LogLevel; message: string; run?: string; fields?: Record<string, unknown>; told?: true };
  /** `told`: what was begun fails with it, and whoever began it is told. */
  "plugin-status": { status: PluginStatus; reason?: string; since: string; told?: true };
  "plugin-metric": { name: string; value: number; unit?: string };
  "sandbox-status": { container: string; status: string; session?: string; reason?: string };
  "connection-status": { connection: string; status: "open" | "closed"; reason?: string };
  "config-changed": { path: string; origin: string };
  audit: { action: string; client?: string; target?: string };
  /** What sink `source` refused for good, for the sink that its profile names: see `deliver`. `attempts` were made. */
  "dead-letter": { reason: string; code?: string; attempts: number; entry: HostEvent | RunEvent };
}

/** `absent`: an optional instance whose environment variable is not set. */
export type PluginStatus = "starting" | "ok" | "degraded" | "failed" | "stopping" | "stopped" | "absent";

/** Something that happened in the host outside of any run. */
export type HostEvent = {
  [Type in keyof HostEventData]: {
    readonly type: Type;
    readonly time: string;
    readonly source: string;
    readonly data: HostEventData[Type];
  };
}[keyof HostEventData];
