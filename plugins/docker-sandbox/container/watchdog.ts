import type { Channel } from "./channel.ts";

/** Milliseconds between two questions whether the supervisor is there. */
const ASK_EVERY = 2_000;
/**
 * Looks in a row that find no answer until the container is given up, whatever the engine says of it. They are counted
 * and not timed: a host that was stopped itself, or got no processor, has not read what had come meanwhile.
 */
const MOST_SILENT_LOOKS = 10;

/**
 * Asks the supervisor for a sign of life while somebody waits for it. One that does not answer is looked up at the
 * engine: a container that is paused or gone is given up at once, one that is only slow after 20 s.
 */
export class SupervisorWatchdog {
  readonly #channel: Channel;
  readonly #diagnose: () => Promise<string | undefined>;
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When the question was asked that has no answer yet. */
  #asked: number | undefined;
  /** Looks since then. */
  #looks = 0;

  /** @param diagnose says why the container cannot answer, or undefined when the engine sees nothing wrong */
  constructor(channel: Channel, diagnose: () => Promise<string | undefined>) {
    this.#channel = channel;
    this.#diagnose = diagnose;
  }

  /** Watches until the returned function is called; may be called by several at once. */
  hold(): () => void {
    this.#holders += 1;
    if (this.#holders === 1) {
      this.#asked = undefined;
      this.#timer = setInterval(() => void this.#look(), ASK_EVERY);
      this.#timer.unref();
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0) clearInterval(this.#timer);
    };
  }

  async #look(): Promise<void> {
    const channel = this.#channel;
    if (channel.isClosed || channel.isPaused) {
      this.#asked = undefined;
      return;
    }
    if (this.#asked === undefined || channel.heardAt >= this.#asked) {
      this.#asked = performance.now();
      this.#looks = 0;
      channel.ping();
      return;
    }
    const asked = this.#asked;
    this.#looks += 1;
    if (this.#looks > MOST_SILENT_LOOKS) {
      channel.close(`its supervisor has not answered for ${(MOST_SILENT_LOOKS * ASK_EVERY) / 1000} s`);
      return;
    }
    const reason = await this.#diagnose();
    if (reason !== undefined && this.#asked === asked && channel.heardAt < asked) channel.close(reason);
  }
}
