import { Observable } from "rxjs";
import type { RunEvent } from "../contract/event.ts";
import type { RunAnswer } from "../contract/transport.ts";
import type { EventFeed } from "./event-feed.ts";

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
