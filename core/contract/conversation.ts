/**
 * What has been said and run in a session so far. Immutable: `fold(conversation, event)` in `core/flow/fold.ts` returns
 * the next one, and is the only place where one is built.
 */
export interface Conversation {
  readonly messages: readonly Message[];
}

export type Message = UserMessage | ModelMessage | ExecutionMessage;

/** What a person (or a client) asked. */
export interface UserMessage {
  readonly role: "user";
  readonly text: string;
  /** Set when the input was code: a sandbox that comes first in the flow runs it. */
  readonly code?: CodeBlock;
  /** Paths in the workspace of the files that came with the input. */
  readonly files?: readonly string[];
}

/** What the instance `source` answered. To that model it is `assistant`, to any other one `user` with a name. */
export interface ModelMessage {
  readonly role: "model";
  readonly source: string;
  /** The whole text in the order it was streamed, fences included. */
  readonly text: string;
  /** The blocks to run, in order. Empty when the model wrote no code: it is done. */
  readonly code: readonly CodeBlock[];
  /** False until `model-end` was folded. */
  readonly complete: boolean;
}

/** What running the code before it printed. Long output is cut in the middle, with a note that says so. */
export interface ExecutionMessage {
  readonly role: "execution";
  readonly source: string;
  readonly stdout: string;
  readonly stderr: string;
  /** `text/plain` of each result. */
  readonly results: readonly string[];
  readonly status: "running" | "exited" | "signalled" | "timeout" | "oom" | "killed" | "lost";
  readonly exitCode: number | null;
}

export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}
