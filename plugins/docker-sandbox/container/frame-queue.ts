/** Frames of one turn of the event loop, and milliseconds of it: a turn goes to the next one of all who wait for it. */
const FRAMES = 64;
/** Bytes of frames after which the clock is asked: what is so large may have cost a whole turn. */
const LARGE = 16 * 1024;
const BUDGET = 4;

/** What is left to do for a frame, in a turn of its own. */
export type FrameRest = () => void;
type FrameHandler = (kind: number, payload: Buffer) => FrameRest | undefined;

/**
 * Hands frames on, in one turn of the event loop only as many as leave others their time. One chunk of a pipe holds
 * thousands of small frames, and each becomes an event that is stored and sent.
 */
export class FrameQueue {
  readonly #handle: FrameHandler;
  readonly #onTurnEnd: () => void;
  readonly #queue: { readonly kind: number; readonly payload: Buffer }[] = [];
  #at = 0;
  /** Of the last frame, for the next turn. */
  #rest: FrameRest | undefined;
  #scheduled = false;
  /** In this turn. */
  #frames = 0;
  #began = 0;
  /** Since the clock was asked. */
  #bytes = 0;

  /**
   * @param handle may throw, which `run` throws on; what it returns is done in the next turn, before other frames
   * @param onTurnEnd called at the end of each later turn
   */
  constructor(handle: FrameHandler, onTurnEnd: () => void) {
    this.#handle = handle;
    this.#onTurnEnd = onTurnEnd;
  }

  /** Whether frames wait for another turn, so that nothing more is to be read. */
  get waiting(): boolean {
    return this.#rest !== undefined || this.#queue.length > this.#at;
  }

  /** Begins a turn: a chunk has come. */
  begin(): void {
    this.#frames = 0;
    this.#began = performance.now();
  }

  /** Handles a frame now where the turn has room for it and none waits before it. */
  push(kind: number, payload: Buffer): void {
    if (!this.waiting && this.#hasRoom()) this.#next(kind, payload);
    else this.#queue.push({ kind, payload });
  }

  /** Forgets what waits. */
  clear(): void {
    this.#queue.length = 0;
    this.#at = 0;
    this.#rest = undefined;
  }

  /** Sees to it that what waits is handled, turn after turn; `fail` gets what a frame throws. */
  schedule(fail: (thrown: unknown) => void): void {
    if (this.#scheduled || !this.waiting) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      try {
        this.#turn();
      } catch (thrown) {
        fail(thrown);
        return;
      }
      if (this.waiting) this.schedule(fail);
    });
  }

  /** Handles everything that waits, however long that takes: nothing comes any more. */
  drain(): void {
    this.#finish();
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
      this.#rest = this.#handle(frame.kind, frame.payload);
      this.#finish();
    }
  }

  #turn(): void {
    this.begin();
    this.#finish();
    while (this.#rest === undefined && this.waiting && this.#hasRoom()) {
      const frame = this.#take();
      if (frame !== undefined) this.#next(frame.kind, frame.payload);
    }
    if (!this.waiting) this.clear();
    this.#onTurnEnd();
  }

  #finish(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    rest?.();
  }

  #take() {
    const frame = this.#queue[this.#at];
    if (frame !== undefined) this.#at += 1;
    return frame;
  }

  #next(kind: number, payload: Buffer): void {
    this.#frames += 1;
    this.#bytes += payload.length;
    this.#rest = this.#handle(kind, payload);
  }

  #hasRoom(): boolean {
    // The clock costs more than a small frame, so it is asked now and then.
    if (this.#frames >= FRAMES) return false;
    if (this.#frames % 8 !== 7 && this.#bytes < LARGE) return true;
    this.#bytes = 0;
    return performance.now() - this.#began < BUDGET;
  }
}
