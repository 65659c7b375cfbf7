/** How shares are measured and waited for. */
export interface LoopSharesOptions {
  /** Milliseconds of some clock. */
  readonly now?: () => number;
  /** Milliseconds that the event loop worked, and that it had nothing to do: Node's `eventLoopUtilization`. */
  readonly loop: () => { readonly active: number; readonly idle: number };
  /** Calls back after so many milliseconds. */
  readonly later?: (call: () => void, milliseconds: number) => void;
}

/** One of those who share the event loop, such as the pipe of a container. */
export interface LoopShare {
  /** It has something to do, or is about to. Who takes little is what others rest for. */
  seen(): void;
  /** It took so many milliseconds, of the loop or of a thread. */
  spent(milliseconds: number): void;
  /** Resolves when it may go on, where it has to rest; undefined where it has not. */
  rest(): Promise<void> | undefined;
}

/** Milliseconds that one may take at once before it floods. */
const burst = 20;
/** The part of the time that it may take on top of that. */
const quietPart = 0.1;
/** The loop has to be idle this many times as long as it worked before a flood is read again. */
const idleForActive = 2;
/** Milliseconds of a rest at most: a loop that others keep busy must not end a flood. */
const longestRest = 50;
/** Milliseconds for which somebody counts as present after it was seen. */
const presence = 1_000;

/**
 * Lets those who flood rest, while others who take little are there. What a flood costs is not only the time in which it
 * is read. It is stored, sent and collected afterwards, and each byte of it passes through other processes first. So the
 * loop itself says what it costs: all who flood together get a third of its time. Where nobody else is there, nobody rests.
 */
export class LoopShares {
  readonly #now: () => number;
  readonly #loop: () => { readonly active: number; readonly idle: number };
  readonly #later: (call: () => void, milliseconds: number) => void;
  readonly #line: (() => void)[] = [];
  #scheduled = false;
  /** When one who floods was let go on last. */
  #wentAt = Number.NEGATIVE_INFINITY;
  /** Milliseconds that the loop has to be idle yet, and what it had done when that was said. */
  #owed = 0;
  #known = { active: 0, idle: 0 };
  /** The last two who were seen and did not flood. */
  #last: { readonly who: Share; at: number } | undefined;
  #other: { readonly who: Share; at: number } | undefined;

  constructor(options: LoopSharesOptions) {
    this.#now = options.now ?? (() => performance.now());
    this.#loop = options.loop;
    this.#later = options.later ?? ((call, milliseconds) => void setTimeout(call, milliseconds));
  }

  /** How many rest. */
  get resting(): number {
    return this.#line.length;
  }

  /** One more who shares; there is nothing to give back. */
  join(): LoopShare {
    return new Share({
      now: this.#now,
      seen: (who) => this.#seen(who),
      alone: (who) => !this.#hasCompany(who),
      wait: () => this.#wait(),
    });
  }

  #seen(who: Share): void {
    const at = this.#now();
    if (this.#last?.who === who) {
      this.#last.at = at;
      return;
    }
    this.#other = this.#last;
    this.#last = { who, at };
  }

  #hasCompany(who?: Share): boolean {
    const seen = this.#last?.who === who ? this.#other : this.#last;
    return seen !== undefined && this.#now() - seen.at < presence;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#line.push(resolve);
      this.#schedule();
    });
  }

  /** Milliseconds until the next of those who flood may go on. */
  get #due(): number {
    const { active, idle } = this.#loop();
    const owed = this.#owed + idleForActive * (active - this.#known.active) - (idle - this.#known.idle);
    this.#owed = Math.min(longestRest, Math.max(0, owed));
    this.#known = { active, idle };
    if (!this.#hasCompany()) return 0;
    return Math.min(this.#owed, this.#wentAt + longestRest - this.#now());
  }

  #schedule(): void {
    if (this.#scheduled || this.#line.length === 0) return;
    this.#scheduled = true;
    this.#later(() => this.#turn(), Math.max(1, Math.ceil(this.#due)));
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#due <= 0) {
      this.#wentAt = this.#now();
      this.#line.shift()?.();
    }
    this.#schedule();
  }
}

interface ShareOptions {
  readonly now: () => number;
  readonly seen: (who: Share) => void;
  readonly alone: (who: Share) => boolean;
  readonly wait: () => Promise<void>;
}

class Share implements LoopShare {
  readonly #options: ShareOptions;
  /** Milliseconds that it may still take before it floods; below 0 it does. */
  #credit = burst;
  #at: number;
  #rests = false;

  constructor(options: ShareOptions) {
    this.#options = options;
    this.#at = options.now();
  }

  seen(): void {
    if (!this.#floods()) this.#options.seen(this);
  }

  spent(milliseconds: number): void {
    this.#floods();
    this.#credit = Math.max(-burst, this.#credit - milliseconds);
  }

  rest(): Promise<void> | undefined {
    if (!this.#floods() || this.#options.alone(this)) return undefined;
    this.#rests = true;
    return this.#options.wait().then(() => {
      this.#floods();
      this.#rests = false;
    });
  }

  /** That it takes little while it has to rest says nothing of it. */
  #floods(): boolean {
    const now = this.#options.now();
    if (!this.#rests) this.#credit = Math.min(burst, this.#credit + quietPart * (now - this.#at));
    this.#at = now;
    return this.#credit < 0;
  }
}
