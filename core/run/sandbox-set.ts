import { SluiceError } from "../contract/errors.ts";
import type { SandboxSession, SessionSpec } from "../contract/sandbox.ts";
import type { SandboxOpener } from "./open-sandboxes.ts";

/**
 * The open sandboxes of one session, or of one branch of a race: at most one for each sandbox instance. A container that
 * died is forgotten, and the next use opens another.
 */
export class SandboxSet {
  readonly #session: string;
  readonly #instance: (id: string) => SandboxOpener;
  readonly #open = new Map<string, Promise<SandboxSession>>();
  readonly #abort = new AbortController();
  /** Called on each newly opened session, before anybody runs anything in it. */
  readonly #prepare: (id: string, session: SandboxSession) => Promise<void>;

  constructor(
    session: string,
    instance: (id: string) => SandboxOpener,
    prepare: (id: string, session: SandboxSession) => Promise<void> = async () => {},
  ) {
    this.#session = session;
    this.#instance = instance;
    this.#prepare = prepare;
  }

  get ids(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Opens at first use. @throws SluiceError SLUICE_SANDBOX_CLOSED after `close` */
  open(id: string, mode: SessionSpec["mode"]): Promise<SandboxSession> {
    const existing = this.#open.get(id);
    if (existing) return existing;
    if (this.#abort.signal.aborted) {
      return Promise.reject(this.#closed());
    }
    const opening = this.#create(id, mode);
    this.#open.set(id, opening);
    const forget = () => {
      if (this.#open.get(id) === opening) this.#open.delete(id);
    };
    opening.then((session) => session.closed.then(forget, forget), forget);
    return opening;
  }

  async #create(id: string, mode: SessionSpec["mode"]): Promise<SandboxSession> {
    const session = await this.#instance(id).open({ session: this.#session, mode }, this.#abort.signal);
    if (this.#abort.signal.aborted) {
      await session[Symbol.asyncDispose]();
      throw this.#closed();
    }
    try {
      await this.#prepare(id, session);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    return session;
  }

  #closed(): SluiceError {
    return new SluiceError("SLUICE_SANDBOX_CLOSED", `the session ${this.#session} is closed`);
  }

  peek(id: string): Promise<SandboxSession> | undefined {
    return this.#open.get(id);
  }

  first(): Promise<SandboxSession> | undefined {
    return this.#open.values().next().value;
  }

  /** Gives a sandbox of a branch the files that this set's own has, or would be opened with. */
  async seed(id: string, session: SandboxSession): Promise<void> {
    const opening = this.#open.get(id);
    if (!opening) return this.#prepare(id, session);
    const source = await opening;
    for (const { path } of await source.list()) await session.put([{ path, content: await source.get(path) }]);
  }

  /** Takes over what `other` has open, and closes what it replaces. */
  adopt(other: SandboxSet): void {
    for (const [id, opening] of other.#open) {
      const replaced = this.#open.get(id);
      if (replaced) disposeLater(replaced);
      this.#open.set(id, opening);
      const forget = () => {
        if (this.#open.get(id) === opening) this.#open.delete(id);
      };
      opening.then((session) => session.closed.then(forget, forget), forget);
    }
    other.#open.clear();
  }

  /** Closes all, those still opening included. The sandbox finishes its work off the caller's path. */
  close(): void {
    // Where nothing was opened, nobody is told why. The stack of an error costs more than the rest of a run's end.
    this.#abort.abort(this.#open.size === 0 ? "closed" : this.#closed());
    for (const opening of this.#open.values()) disposeLater(opening);
    this.#open.clear();
  }
}

function disposeLater(opening: Promise<SandboxSession>): void {
  opening.then(
    (session) => session[Symbol.asyncDispose](),
    // One that never opened has nothing to close; whoever asked for it has seen the error.
    () => undefined,
  );
}
