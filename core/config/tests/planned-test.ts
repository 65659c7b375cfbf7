import type { RunStatus } from "../../contract/event.ts";

/** A test of the profile, checked: what is put in, and what has to come out. */
export interface PlannedTest {
  readonly name: string;
  readonly description?: string;
  /** The flow it runs, or a model that answers alone. */
  readonly flow: string;
  /** Milliseconds that each of its runs may take. */
  readonly timeout: number;
  /** Instances whose answers are scripted. */
  readonly models: readonly string[];
  /** More than one are runs of one session. */
  readonly turns: readonly PlannedTurn[];
}

export interface PlannedTurn {
  readonly input: PlannedInput;
  readonly answers: readonly (string | boolean)[];
  readonly expect: Expectation;
  /** JSON pointer of `expect`, for {@link Plan.origins}. */
  readonly pointer: string;
}

export interface PlannedInput {
  readonly text?: string;
  readonly code?: string;
  readonly language?: string;
  readonly file?: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Expectation {
  readonly status?: RunStatus;
  readonly exitCode?: number | null;
  readonly text?: TextExpectation;
  readonly stdout?: TextExpectation;
  readonly stderr?: TextExpectation;
  readonly errors?: readonly string[];
  readonly events?: readonly (string | ExpectedEvent)[];
  readonly without?: readonly string[];
  readonly snapshot?: boolean;
}

export type TextExpectation = string | { readonly contains?: string | readonly string[]; readonly matches?: string };

export interface ExpectedEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}
