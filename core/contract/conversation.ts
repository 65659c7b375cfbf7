/**
 * What has been said and run in a session so far. Immutable: `Folding` in `core/flow/fold.ts` makes the next one of
 * events, and is the only place where one is built.
 */
export interface Conversation {
  readonly messages: readonly Message[];
}

/** One turn of a conversation, as a model is given it. */
export type Message = UserMessage | ModelMessage | ExecutionMessage | NoteMessage;

interface MessagePlace {
  /** `seq` of its first event in the present run, which `rewind` refers to; 0 for what came before the run. */
  readonly at: number;
  /** The branch of `race` or `all` it was said in. */
  readonly branch?: string;
}

/** What a person (or a client) asked. */
export interface UserMessage extends MessagePlace {
  readonly role: "user";
  readonly text: string;
  /** Set when the input was code: a sandbox that comes first in the flow runs it. */
  readonly code?: CodeBlock;
  /** Paths in the workspace of the files that came with the input. */
  readonly files?: readonly string[];
  /** Those of the files that models which can see are shown. */
  readonly pictures?: readonly Picture[];
}

/** What the instance `source` answered. To that model it is `assistant`, to any other one `user` with a name. */
export interface ModelMessage extends MessagePlace {
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
export interface ExecutionMessage extends MessagePlace {
  readonly role: "execution";
  readonly source: string;
  readonly stdout: string;
  readonly stderr: string;
  /** `text/plain` of each result. */
  readonly results: readonly string[];
  /** Pictures among the results, the latest few. */
  readonly pictures?: readonly Picture[];
  readonly status: "running" | "exited" | "signalled" | "timeout" | "oom" | "killed" | "lost";
  readonly exitCode: number | null;
  /** What ran, where a person had changed the model's code. */
  readonly edited?: string;
  /** The interpreter's error in one line, to tell the same error twice. */
  readonly error?: string;
}

/** Why code did not run, told to the model so that it can do otherwise. */
export interface NoteMessage extends MessagePlace {
  readonly role: "note";
  readonly source: string;
  /** The code of the error that says so. */
  readonly code: string;
  readonly text: string;
}

/** A picture of one of the four types that every provider with models that can see takes. */
export interface Picture {
  readonly mime: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  readonly base64: string;
  /** Where it lies in the workspace, for one that came as a file. */
  readonly path?: string;
}

/** One block of code of an answer, or the program of a run. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The path of its file in the workspace, where it has a name. */
  readonly file?: string;
  /** Whether the file is among those of the input, and is run as it is. */
  readonly placed?: boolean;
  /** What follows the file's name on the command line. */
  readonly args?: readonly string[];
}
