import { Observable } from "rxjs";
import type { RunEvent } from "../contract/event.ts";
import type { RunAnswer } from "../contract/run.ts";
import type { EventFeed } from "./event-feed.ts";
import type { ClientFrames } from "./wire.generated.ts";

/** How a client opens a run. */
export interface RunOptions {
  /** What was said before the input, where the caller keeps the conversation. Not for runs in a session. */
  readonly history?: ClientFrames["open"]["history"];
  readonly session?: string;
  /** The run whose conversation it goes on from; null begins anew. Default: what was said in the session last. */
  readonly continues?: string | null;
  /** Milliseconds for the whole run. The host ends it then; a host that does not, this client gives up. */
  readonly timeout?: number;
  /** What the run may use, within what the host allows. */
  readonly budget?: ClientFrames["open"]["budget"];
  /** Whether somebody answers `input-request`. Default false: programs read the end of file. */
  readonly interactive?: boolean;
  /** What the host does with the run when this client stays away. Default `detach`. */
  readonly onDisconnect?: "detach" | "cancel";
  /** Let the run go on when its stream is left before the end. Default false: leaving cancels. */
  readonly keep?: boolean;
}

/** What a stream can ask of its run. */
export interface RunControl {
  /** The run's id, once the host has told it. Rejects when it could not be opened. */
  readonly opened: Promise<string>;
  cancel(scope?: "step" | "run"): Promise<void>;
  interrupt(): Promise<boolean>;
  input(answer: RunAnswer): Promise<void>;
}

/**
 * A run's events, as an Observable and as an async iterable: whichever is used first is its one reader. It ends after
 * `run-end`, survives reconnects, and errors with a `SluiceError` alone.
 */
export class RunStream extends Observable<RunEvent> implements AsyncIterable<RunEvent>, RunControl {
  readonly opened: Promise<string>;
  readonly #feed: EventFeed;
  readonly #control: RunControl;

  constructor(feed: EventFeed, control: RunControl) {
    super((subscriber) => feed.subscribe(subscriber));
    this.#feed = feed;
    this.#control = control;
    this.opened = control.opened;
  }

  cancel(scope?: "step" | "run"): Promise<void> {
    return this.#control.cancel(scope);
  }

  interrupt(): Promise<boolean> {
    return this.#control.interrupt();
  }

  input(answer: RunAnswer): Promise<void> {
    return this.#control.input(answer);
  }

  [Symbol.asyncIterator](): AsyncIterator<RunEvent, undefined> {
    return this.#feed.iterate();
  }
}
