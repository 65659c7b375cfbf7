import { performance } from "node:perf_hooks";
import { type LoopShare, LoopShares, LoopTurns } from "../../../core/kit/index.ts";

/** Frames of one container in one turn of the event loop. */
const FRAMES = 64;
/** Bytes of frames after which the clock is asked: what is so large may have cost a whole turn. */
const LARGE = 16 * 1024;

/** Milliseconds at most that one frame costs, beside one for each `LARGE` bytes; and the rest of a large one. */
const frameCost = 0.25;
const finishCost = 20;

/** The pipes of all containers share each turn of the event loop. */
const ofAll = new LoopTurns();
/** Those that flood rest while quiet ones are there. */
const shares = new LoopShares({
  loop: () => performance.eventLoopUtilization(),
  // A flood that nobody waits for keeps no process.
  later: (call, milliseconds) => void setTimeout(call, milliseconds).unref(),
});

/** What is left to do for a frame, before any other frame of its container. */
export interface FrameRest {
  /** Does it, in a turn of its own; or at once, where nothing comes any more. */
  finish(): void;
  /** Something that it waits for on another thread; never rejects. */
  readonly ready?: Promise<void>;
}
type FrameHandler = (kind: number, payload: Buffer) => FrameRest | undefined;

/**
 * Hands frames on, in one turn of the event loop only as many as leave others their time. One chunk of a pipe holds
 * thousands of small frames, and each becomes an event that is stored and sent. One turn may bring many chunks, of one
 * pipe and of others: what they all take is bounded together.
 */
export class FrameQueue {
  readonly #handle: FrameHandler;
  readonly #onTurnEnd: () => void;
  readonly #turns: LoopTurns;
  readonly #share: LoopShare;
  readonly #queue: { readonly kind: number; readonly payload: Buffer }[] = [];
  #at = 0;
  /** Of the last frame, for the next turn. */
  #rest: FrameRest | undefined;
  #scheduled = false;
  /** Since the last chunk or turn. */
  #frames = 0;
  /** Since the clock was asked. */
  #bytes = 0;
  #isFull = false;
  /** When the work of this turn began, and what it can have cost: on a busy machine the clock counts others too. */
  #began: number | undefined;
  #most = 0;

  /**
   * @param handle may throw, which `run` throws on; what it returns is done in the next turn, before other frames
   * @param onTurnEnd called at the end of each later turn
   */
  constructor(handle: FrameHandler, onTurnEnd: () => void, turns: LoopTurns = ofAll, share: LoopShare = shares.join()) {
    this.#handle = handle;
    this.#onTurnEnd = onTurnEnd;
    this.#turns = turns;
    this.#share = share;
  }

  /** The container is used: those that flood rest for it. */
  seen(): void {
    this.#share.seen();
  }

  /** Whether frames wait for another turn, so that nothing more is to be read. */
  get waiting(): boolean {
    return this.#rest !== undefined || this.#queue.length > this.#at;
  }

  /** A chunk has come; one of many, it may be, in this turn. */
  begin(): void {
    this.#began ??= performance.now();
    this.#frames = 0;
    this.#isFull = !this.#turns.room;
  }

  /** Everything of a chunk or of a turn was handed on. Resolves when more may be read; undefined where that is now. */
  end(): Promise<void> | undefined {
    this.#count();
    return this.waiting ? undefined : this.#share.rest();
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
    const turn = () => {
      this.#scheduled = false;
      try {
        this.#turn();
      } catch (thrown) {
        fail(thrown);
        return;
      }
      if (this.waiting) this.schedule(fail);
    };
    this.#readyToGoOn(() => this.#turns.wait(turn));
  }

  /** Calls when what the next frame waits for is there, and its container has rested. */
  #readyToGoOn(go: () => void): void {
    const ready = this.#rest?.ready;
    const rest = ready === undefined ? this.#share.rest() : this.#readElsewhere(ready);
    if (rest === undefined) go();
    else void rest.then(go);
  }

  /** A thread holds a processor that others want as well. */
  async #readElsewhere(ready: Promise<void>): Promise<void> {
    const began = performance.now();
    await ready;
    this.#share.spent(performance.now() - began);
    await this.#share.rest();
  }

  #count(): void {
    if (this.#began !== undefined) this.#share.spent(Math.min(performance.now() - this.#began, this.#most));
    this.#began = undefined;
    this.#most = 0;
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
    this.#began ??= performance.now();
    this.#frames = 0;
    this.#isFull = false;
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
    if (rest === undefined) return;
    this.#rest = undefined;
    // It may have cost a whole turn.
    this.#bytes = LARGE;
    this.#most += finishCost;
    rest.finish();
  }

  #take() {
    const frame = this.#queue[this.#at];
    if (frame !== undefined) this.#at += 1;
    return frame;
  }

  #next(kind: number, payload: Buffer): void {
    this.#frames += 1;
    this.#bytes += payload.length;
    this.#most += frameCost + payload.length / LARGE;
    this.#rest = this.#handle(kind, payload);
  }

  #hasRoom(): boolean {
    if (this.#isFull || this.#frames >= FRAMES) return false;
    // The clock costs more than a small frame, so it is asked now and then.
    if (this.#frames % 8 !== 7 && this.#bytes < LARGE) return true;
    this.#bytes = 0;
    this.#isFull = !this.#turns.room;
    return !this.#isFull;
  }
}
