import type { EventData, RunEvent, RunHandle } from "../../core/contract/index.ts";
import { type ChunkFrame, ChunkWriter, completeFrame, errorFrame } from "./chunks.ts";
import { EventTranslator } from "./events.ts";
import { approve, endInput } from "./questions.ts";

export interface AnswerOutput {
  send(frame: ChunkFrame): void;
  /** Waits while the client does not read. */
  ready(): Promise<void>;
  autoRun(): boolean;
}

/** One answer to a client: a run, told in chunks, with `complete` at its end exactly once. */
export class LmcSocketAnswer {
  /** Resolves when its last frame was sent. */
  readonly done: Promise<void>;
  readonly #handle: RunHandle;
  readonly #output: AnswerOutput;
  /** Of what its approval is wanted: the client was told the code, and `complete`. */
  readonly #waiting = new Set<number>();

  constructor(handle: RunHandle, output: AnswerOutput) {
    this.#handle = handle;
    this.#output = output;
    this.done = this.#tell();
  }

  /** Stops the run; its `complete` comes when it has ended. */
  stop(): void {
    this.#waiting.clear();
    this.#handle.cancel("run");
  }

  /** Ends it without a further word: a new message has come, and this one was told `complete` already or will be. */
  supersede(): void {
    this.#handle.cancel("run");
  }

  /** Lets pending code run, where it waits for that. */
  go(): void {
    for (const question of this.#waiting) approve(this.#handle, question);
    this.#waiting.clear();
  }

  async #tell(): Promise<void> {
    const writer = new ChunkWriter((frame) => this.#output.send(frame));
    const translator = new EventTranslator(writer);
    let failure: string | undefined;
    for await (const event of this.#handle.events()) {
      translator.translate(event);
      if (event.type === "approval-request") {
        writer.end();
        this.#ask(event.seq);
      }
      if (event.type === "input-request") endInput(this.#handle, event.seq);
      if (event.type === "error") failure = event.data.message;
      if (event.type === "run-end") failure = failureOf(event, failure);
      await this.#output.ready();
    }
    writer.end();
    if (this.#waiting.size > 0) return;
    if (failure !== undefined) this.#output.send(errorFrame(failure));
    this.#output.send(completeFrame);
  }

  #ask(question: number): void {
    if (this.#output.autoRun()) {
      approve(this.#handle, question);
      return;
    }
    this.#waiting.add(question);
    this.#output.send(completeFrame);
  }
}

/** The message for a run that failed; a program that exits non-zero has told of it itself. */
function failureOf({ data }: Extract<RunEvent, { type: "run-end" }>, error: string | undefined): string | undefined {
  const told: Readonly<Record<EventData["run-end"]["status"], string | undefined>> = {
    ok: undefined,
    cancelled: undefined,
    failed: error,
    timeout: data.reason ?? error ?? "the run took too long",
    budget: data.reason ?? error ?? "the run used up its budget",
    lost: data.reason ?? error ?? "the run was lost",
  };
  return told[data.status];
}
