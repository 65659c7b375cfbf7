import type { SluiceError } from "./errors.ts";
import type { RunEvent } from "./event.ts";
import type { FlowInfo } from "./flow.ts";
import type { FileInfo, SandboxFile } from "./sandbox.ts";
import type { RunQuery, RunRecord } from "./store.ts";

/**
 * The part of a host that opens runs, reads them and moves files. `runHost` makes it from a host in this process, and a
 * client from a host elsewhere.
 */
export interface RunHost {
  readonly version: string;
  readonly flows: readonly Pick<FlowInfo, "name" | "takes">[];
  open(options: OpenOptions): Promise<RunHandle>;
  runs(query: RunQuery): Promise<readonly RunRecord[]>;
  /** From after `after`, live, to `run-end`. What is missing is said by a `gap`. @throws SluiceError SLUICE_RUN_NOT_FOUND */
  follow(run: string, after: number): AsyncIterable<RunEvent>;
  putFiles(session: string, files: readonly SandboxFile[]): Promise<void>;
  file(session: string, path: string): Promise<Uint8Array>;
  files(session: string): Promise<readonly FileInfo[]>;
}

/** What a run is asked: a text or a program, and files. */
export type RunInput = { readonly text: string; readonly files?: readonly SandboxFile[] } | ProgramInput;

/** Code for the first sandbox of the flow. */
export interface ProgramInput {
  readonly code: string;
  /** Default: by the name of `file`, else `python`. `notebook` is the text of an `.ipynb` file. */
  readonly language?: string;
  /**
   * The path of the program's file in the workspace. A cell of a session has none. Where `files` has one of that path,
   * it is the program, byte for byte. `code` is then only its text.
   */
  readonly file?: string;
  /** Arguments of the program. @throws SluiceError SLUICE_USAGE for a cell of a session, which has none */
  readonly args?: readonly string[];
  /**
   * Environment variables of the program. In a session they are set before the cell runs, and stay. `run-start` has
   * their names alone. @throws SluiceError SLUICE_PROGRAM_ENV, SLUICE_SANDBOX_ENV where a sandbox gives programs none
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input. Each branch of the flow reads the whole of it. Default: empty. */
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly files?: readonly SandboxFile[];
}

/** How a run is opened. */
export interface OpenOptions {
  /** A flow, or the id of a model that answers alone. Default: `run` for code, `chat` for text, else the only flow. */
  readonly flow?: string;
  readonly input: RunInput;
  /** What was said before the input, where whoever asks keeps the conversation. Not for runs in a session. */
  readonly history?: readonly HistoryMessage[];
  /**
   * The run whose conversation it goes on from: whatever was said before and in it, from the journal. Null begins with
   * nothing said. Default: what was said in the session last. The sandbox is the session's either way, as it is now.
   */
  readonly continues?: string | null;
  /**
   * Asked of each run that `continues` leads to: throws where whoever opens the run may not read it. The host sets it.
   */
  readonly mayRead?: (run: string, owner: string | undefined) => void;
  /** Continues or begins a session by name; without it the run is alone and its sandbox is closed after it. */
  readonly session?: string;
  /** Opening twice with one key gives the same run. Keys are remembered for an hour. */
  readonly key?: string;
  /** Milliseconds for the whole run; each execution is bounded by the sandbox's own time-out as well. */
  readonly timeout?: number;
  /** What the run may use; it narrows what the profile's `budgets` allow, and never widens it. */
  readonly budget?: BudgetLimits;
  /**
   * Options of models that hold for this run alone, by instance. Those may be set whose schema says `x-run: true`; a run
   * that sets others is refused with SLUICE_RUN_PARAMETER.
   */
  readonly parameters?: ModelParameters;
  /** What `when: [{ if: { tag } }]` asks for. */
  readonly tags?: readonly string[];
  /** Whose it is; a principal opens runs of its own alone. */
  readonly owner?: string;
  /**
   * Whether anybody can answer `input-request`. False (the default) gives programs the end of file at once.
   */
  readonly interactive?: boolean;
  /**
   * Looked at whenever code is about to run that a model wrote: true lets it wait for `input { kind: approval }`, in any
   * flow. What an `approve` stage has asked about already is not asked again.
   */
  readonly approve?: () => boolean;
  /** Keep the sandbox after the run until this resolves, so that files can be fetched. */
  readonly keepUntil?: Promise<unknown>;
}

/** Options of models, by the instance's id. */
export type ModelParameters = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Bounds on what models and programs may use. They are reserved before each request to a model and settled after it,
 * requests that were cancelled included; what does not fit is refused with `SLUICE_RUN_BUDGET`, and a run that comes to
 * nothing by it ends as `budget`.
 */
export interface BudgetLimits {
  /** US dollars. */
  readonly usd?: number;
  /** Tokens read and written, together. */
  readonly tokens?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Milliseconds of runs; a run that is still under way then ends as `timeout`. */
  readonly time?: number;
  /** Whether a model of unknown price may be asked while `usd` is bounded; default `refuse`. */
  readonly unknownPrice?: "allow" | "refuse";
}

/** An answer in a history is its reader's own, whichever model reads it. */
export interface HistoryMessage {
  readonly role: "user" | "assistant";
  readonly text: string;
  /** Put into the workspace beside the input's; pictures among a user's are shown to models that can see. */
  readonly files?: readonly SandboxFile[];
}

/** One run that was opened: its events, its answers, its end. */
export interface RunHandle {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  /**
   * Why nothing was begun, where what was asked for cannot be run. Its journal has the start, the error and the end.
   * A transport that answers before it sends events answers with this.
   */
  readonly refusal?: SluiceError;
  /** From after `after` (default 0: the start) to `run-end`, then completes; a `gap` tells of what memory has lost. */
  events(after?: number): AsyncIterable<RunEvent>;
  /** Resolves at `run-end`; never rejects. */
  readonly done: Promise<Extract<RunEvent, { type: "run-end" }>>;
  /** `run` ends it as `cancelled`; `step` stops what runs now and lets the flow go on. */
  cancel(scope?: "run" | "step"): void;
  /** SIGINT to the program that runs now. Resolves false when none does. */
  interrupt(): Promise<boolean>;
  /** Answers the `input-request` or `approval-request` that waits. @throws SluiceError SLUICE_RUN_NOT_WAITING */
  input(answer: RunAnswer): Promise<void>;
  files(): Promise<readonly FileInfo[]>;
  file(path: string): Promise<Uint8Array>;
  /**
   * What a model was told, by the `seq` of its answer's `model-start`. The host keeps it in memory alone, for a while:
   * undefined where it is gone, and absent where another host has the run.
   */
  prompt?(seq: number): AskedPrompt | undefined;
}

/** One request to a model, word for word but for secrets. Pictures are counted in it. */
export interface AskedPrompt {
  readonly system: string;
  readonly messages: readonly {
    readonly role: "user" | "assistant";
    readonly name?: string;
    readonly text: string;
    /** How many pictures were shown with it. */
    readonly pictures: number;
  }[];
}

/** What somebody says to an `approval-request`. */
export interface ApprovalAnswer {
  readonly kind: "approval";
  readonly approved: boolean;
  readonly message?: string;
  /** What runs in place of the code that was asked about. An approval stage looks at it again. */
  readonly code?: string;
  /** Approves the same question, of the same instance, for the rest of the session as well. */
  readonly always?: boolean;
  /** See {@link RunAnswer}. */
  readonly question?: number;
}

/**
 * An answer to what a run asks, or a further message. `question` is the `seq` of the request that it answers; default:
 * the oldest that waits.
 */
export type RunAnswer =
  | { readonly kind: "stdin"; readonly text: string | null; readonly question?: number }
  | ApprovalAnswer
  | { readonly kind: "message"; readonly text: string };
