import { unwatchFile, watchFile } from "node:fs";
import { hostToken, readToken, tokenFile } from "./token.ts";

/** Milliseconds between looks at the file, for those who are connected. */
const pause = 1_000;

/** The token of this user's hosts while one of them runs. A replaced one counts from the next look on. */
export class LiveToken implements Disposable {
  readonly #folder: string;
  readonly #learn: (token: string) => void;
  readonly #listeners = new Set<() => void>();
  #token: string;
  readonly #look = () => this.#read();

  /** `learn` is told of each token before anybody else is. */
  constructor(stateFolder: string, learn: (token: string) => void) {
    this.#folder = stateFolder;
    this.#token = hostToken(stateFolder);
    this.#learn = learn;
    learn(this.#token);
    watchFile(tokenFile(stateFolder), { interval: pause, persistent: false }, this.#look);
  }

  get current(): string {
    this.#read();
    return this.#token;
  }

  onRotated(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  [Symbol.dispose](): void {
    unwatchFile(tokenFile(this.#folder), this.#look);
    this.#listeners.clear();
  }

  /** Reading 44 bytes costs less than to find out whether they are others. */
  #read(): void {
    const token = readToken(this.#folder);
    // A missing file takes no token away: replacing a token leaves another file.
    if (token === undefined || token === this.#token) return;
    this.#learn(token);
    this.#token = token;
    for (const listener of this.#listeners) listener();
  }
}
