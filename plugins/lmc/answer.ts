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
  /** The client was told `complete` because its approval is wanted. */
  #waiting = false;

  constructor(handle: RunHandle, output: AnswerOutput) {
    this.#handle = handle;
    this.#output = output;
    this.done = this.#tell();
  }

  /** Stops the run; its `complete` comes when it has ended. */
  stop(): void {
    this.#waiting = false;
    this.#handle.cancel("run");
  }

  /** Ends it without a further word: a new message has come, and this one was told `complete` already or will be. */
  supersede(): void {
    this.#handle.cancel("run");
  }

  /** Lets pending code run, where it waits for that. */
  go(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    approve(this.#handle);
  }

  async #tell(): Promise<void> {
    const writer = new ChunkWriter((frame) => this.#output.send(frame));
    const translator = new EventTranslator(writer);
    let failure: string | undefined;
    for await (const event of this.#handle.events()) {
      translator.translate(event);
      if (event.type === "approval-request") {
        writer.end();
        this.#ask();
      }
      if (event.type === "input-request") endInput(this.#handle);
      if (event.type === "error") failure = event.data.message;
      if (event.type === "run-end") failure = failureOf(event, failure);
      await this.#output.ready();
    }
    writer.end();
    if (this.#waiting) return;
    if (failure !== undefined) this.#output.send(errorFrame(failure));
    this.#output.send(completeFrame);
  }

  #ask(): void {
    if (this.#output.autoRun()) {
      approve(this.#handle);
      return;
    }
    this.#waiting = true;
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
