/** Milliseconds of one turn of the event loop that work of one kind may take. */
const longestTurn = 4;

/** How a turn is measured and waited for; all of it may be left out. */
export interface LoopTurnsOptions {
  /** Milliseconds of one turn; default 4. */
  readonly longest?: number;
  /** Milliseconds of some clock. */
  readonly now?: () => number;
  /** Calls back in the next turn of the event loop; `setImmediate` if left out. */
  readonly later?: (turn: () => void) => void;
}

/**
 * Shares the event loop among all who have work of one kind, such as the pipes of all containers. Each turn takes so
 * many milliseconds of it, however many they are. Whoever finds no room waits in line, and comes behind the others when
 * it waits again. So a flood of one delays the others by their number of turns, and never by its own size.
 */
export class LoopTurns {
  readonly #longest: number;
  readonly #now: () => number;
  readonly #later: (turn: () => void) => void;
  #line: (() => void)[] = [];
  /** When the present turn was begun; undefined until somebody asks in it. */
  #began: number | undefined;
  #scheduled = false;

  constructor({ longest = longestTurn, now = () => performance.now(), later = setImmediate }: LoopTurnsOptions = {}) {
    this.#longest = longest;
    this.#now = now;
    this.#later = later;
  }

  /** Whether the present turn has time for more; whoever asks first in a turn begins it. */
  get room(): boolean {
    if (this.#began === undefined) {
      this.#began = this.#now();
      this.#schedule();
      return true;
    }
    return this.#now() - this.#began < this.#longest;
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Calls `work` in a later turn that has room, behind all who wait already. */
  wait(work: () => void): void {
    this.#line.push(work);
    this.#schedule();
  }

  /** Resolves in a later turn that has room, behind all who wait already. */
  next(): Promise<void> {
    return new Promise((resolve) => this.wait(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#later(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#began = undefined;
    const line = this.#line;
    let served = 0;
    // Asked before each: the first always has room. Who comes back meanwhile waits for the next turn.
    this.#line = [];
    try {
      while (served < line.length && this.room) {
        served += 1;
        line[served - 1]?.();
      }
    } finally {
      // What one throws is its own affair; the others are served all the same.
      this.#line = [...line.slice(served), ...this.#line];
      if (this.#line.length > 0) this.#schedule();
    }
  }
}
