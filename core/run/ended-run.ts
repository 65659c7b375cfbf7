import { SluiceError } from "../contract/errors.ts";
import type { EventOf, RunEvent } from "../contract/event.ts";
import type { RunHandle } from "../contract/run.ts";
import type { FileInfo } from "../contract/sandbox.ts";
import type { Journals } from "../journal/journal.ts";

/** What is left of a run that ended a while ago: its name and its end. Its session, and what was said in it, are free. */
export class EndedRun implements RunHandle {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  readonly #end: EventOf<"run-end">;
  readonly #journals: Journals;

  constructor({ run, session, flow, owner }: RunHandle, end: EventOf<"run-end">, journals: Journals) {
    this.run = run;
    this.session = session;
    this.flow = flow;
    this.owner = owner;
    this.#end = end;
    this.#journals = journals;
  }

  get done(): Promise<EventOf<"run-end">> {
    return Promise.resolve(this.#end);
  }

  events(after = 0): AsyncIterable<RunEvent> {
    return this.#journals.events(this.run, after);
  }

  cancel(): void {
    // It has ended.
  }

  async interrupt(): Promise<boolean> {
    return false;
  }

  async input(): Promise<void> {
    throw new SluiceError("SLUICE_RUN_NOT_WAITING", `the run ${this.run} has ended`);
  }

  async files(): Promise<readonly FileInfo[]> {
    throw this.#closed();
  }

  async file(): Promise<Uint8Array> {
    throw this.#closed();
  }

  #closed(): SluiceError {
    return new SluiceError(
      "SLUICE_SANDBOX_CLOSED",
      `the run ${this.run} ended a while ago; its sandbox is not at hand`,
    );
  }
}
