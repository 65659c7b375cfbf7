/**
 * Milliseconds between looks; after which a look is late; without a word of a server after which none is in reach. A look
 * comes up to 500 ms after that. So it is said 2 s after the last word at the latest.
 */
export const pauses = { look: 500, late: 1_000, silent: 1_500 };

/**
 * Whether any server is heard. A connection that is closed says nothing of the other servers: the client finds one within
 * this time, or none is there. One that is silent is told of sooner than it is given up, which costs what is under way.
 */
export class ServerPulse {
  readonly #onChange: () => void;
  readonly #now: () => number;
  #silent = false;
  /** When a server was heard last. */
  #heard: number;
  #looked: number;
  /** Messages that had come by then. */
  #messages = 0;

  /** `now`: milliseconds by a clock that only goes on. */
  constructor(onChange: () => void, now = () => performance.now()) {
    this.#onChange = onChange;
    this.#now = now;
    this.#heard = now();
    this.#looked = this.#heard;
  }

  /** No server was heard for so long that whoever wants one is better told. */
  get silent(): boolean {
    return this.#silent;
  }

  /** A server said something. */
  heard(): void {
    this.#heard = this.#now();
    this.#tell(false);
  }

  /** Every {@link pauses.look}. `messages`: how many have come so far: an answer may stand behind a thousand of them. */
  look(messages: number): void {
    const now = this.#now();
    const late = now - this.#looked > pauses.late;
    this.#looked = now;
    if (messages !== this.#messages) this.heard();
    // What came while this process stood still waits to be read.
    else if (late && !this.#silent) this.#heard = now;
    this.#messages = messages;
    if (now - this.#heard >= pauses.silent) this.#tell(true);
  }

  #tell(silent: boolean): void {
    if (this.#silent === silent) return;
    this.#silent = silent;
    this.#onChange();
  }
}
