import type { Observable } from "rxjs";
import type { CodeBlock, Conversation } from "../contract/conversation.ts";
import type { SluiceError } from "../contract/errors.ts";
import type { Emission, Usage } from "../contract/event.ts";
import type { Model } from "../contract/model.ts";
import type { AskedPrompt } from "../contract/run.ts";
import type { Sandbox, SandboxSession, SessionSpec } from "../contract/sandbox.ts";
import type { Stage, StageQuestion } from "../contract/stage.ts";
import type { ProgramEnv } from "./program-env.ts";

/** What every flow compiles to: given a turn, a cold observable of what happens. One subscription is one execution. */
export type Step = (turn: Turn) => Observable<Emission>;

export interface Turn {
  readonly conversation: Conversation;
  readonly scope: RunScope;
  readonly branch?: string;
}

/** What a run lends its steps. `race` and `all` give each branch a fork with sandboxes of its own. */
export interface RunScope {
  readonly run: string;
  readonly session: string;
  /** Tags that `when` may ask for. */
  readonly tags: readonly string[];
  /** Aborts when the run is cancelled or its time is over; steps then end what they do and complete. */
  readonly signal: AbortSignal;
  /** The `seq` that this event will get when it is the next one. Text that was held back may come before it. */
  nextSeq(next: Pick<Emission, "type" | "branch">): number;
  model(id: string): Model;
  /** What the run sets in place of that model's own options. */
  parametersOf(model: string): Readonly<Record<string, unknown>> | undefined;
  stage(id: string): Stage;
  /** Opens the sandbox at first use; later calls in the session give the same one while it lives. */
  sandbox(id: string, mode: SessionSpec["mode"]): Promise<SandboxSession>;
  /** Milliseconds left of the run's own time-out. */
  remaining(): number | undefined;
  /** Whether somebody answers what programs ask. */
  readonly interactive: boolean;
  /** The standard input of the input's program, where it has one. @throws SluiceError SLUICE_USAGE when it is taken */
  stdin(): AsyncIterable<Uint8Array> | undefined;
  /** A text without the secrets that are known. */
  mask(text: string): string;
  /** Environment variables of the input's program. */
  readonly env: ProgramEnv | undefined;
  /** See `ExecuteOptions.pressure`. */
  pressure(): Promise<void> | undefined;
  /** One more reason to read no further, until it is disposed of. */
  slow(pressure: () => Promise<void> | undefined): Disposable;
  /** What has to be awaited before `admit`, where prices are not known yet. */
  prices(source: string): Promise<void> | undefined;
  /**
   * Asks for one request to a model with a prompt of so many tokens; a promise where other hosts have a say in that.
   * `onRefused`: told when no more of the answer fits, where `written` could not say so.
   * @throws SluiceError SLUICE_RUN_BUDGET, SLUICE_HOST_CUT_OFF
   */
  admit(
    source: string,
    inputTokens: number,
    onRefused: (error: SluiceError) => void,
  ): RequestPermit | Promise<RequestPermit>;
  /** Tells what a model is told, and the `seq` that the `model-start` of its answer gets. */
  asked(seq: number, prompt: AskedPrompt): void;
  /** Registers what runs now, for `cancel`, `interrupt` and `input`. */
  running(activity: Activity): Disposable;
  /** Asks whoever watches, over any transport. */
  ask(source: string, question: StageQuestion, branch?: string): Promise<Approval>;
  /** Whether code that a model wrote has to be approved before it runs, and has not been yet. */
  guards(block: CodeBlock): boolean;
  /** What runs in place of a model's code, where whoever approved it changed it. */
  edited(block: CodeBlock): string | undefined;
  fork(branch: string): BranchScope;
}

export interface BranchScope extends RunScope {
  /** Makes the branch's sandboxes those of the scope it was forked from. */
  adopt(): void;
  /** Closes the branch's sandboxes, off the caller's path. */
  release(): void;
}

/** One request to a model that may be made. */
export interface RequestPermit {
  /** How long the answer has become. @throws SluiceError SLUICE_RUN_BUDGET when there is nothing left for more of it */
  written(outputTokens: number): void;
  /** Counts what the request used; called once, also when its answer was cut off. */
  settle(usage: Usage): void;
}

export interface Activity {
  /** Stops this step; the flow goes on with what it has. */
  stop(): void;
  readonly session?: SandboxSession;
  /** Where its events are from. */
  readonly source?: string;
  readonly branch?: string | undefined;
}

export interface Approval {
  readonly approved: boolean;
  readonly message?: string;
  readonly code?: string;
  readonly always?: boolean;
}

/** The instances a flow runs on. */
export interface Instances {
  model(id: string): Model;
  sandbox(id: string): Pick<Sandbox, "open">;
  stage(id: string): Stage;
  /** Those that there are now, whatever comes later: a run finishes on what it started with. */
  generation?(): Instances;
}
