import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../kit/make-folder.ts";
import { parseJson } from "../kit/untrusted/parse-json.ts";
import { writingState } from "./state-folder.ts";

/** A profile that a person has allowed, as it was then. */
export interface TrustedProfile {
  readonly file: string;
  readonly digest: string;
  readonly since: string;
}

/** The profiles that this user trusts, by what was in them: kept in the state folder, for its owner's eyes alone. */
export class TrustStore {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = stateFolder;
  }

  list(): readonly TrustedProfile[] {
    try {
      const value = parseJson(readFileSync(this.#path), { from: "the list of trusted profiles" });
      return Array.isArray(value) ? value.filter(isEntry) : [];
    } catch {
      // There is none yet, or it cannot be read: then nothing is trusted.
      return [];
    }
  }

  has(digest: string): boolean {
    return this.list().some((entry) => entry.digest === digest);
  }

  /** What the file was before is trusted no longer. */
  add(file: string, digest: string): void {
    const since = new Date().toISOString();
    this.#write([...this.list().filter((entry) => entry.file !== file), { file, digest, since }]);
  }

  /** Returns whether it was trusted. */
  remove(file: string): boolean {
    const all = this.list();
    const left = all.filter((entry) => entry.file !== file);
    if (left.length < all.length) this.#write(left);
    return left.length < all.length;
  }

  get #path(): string {
    return join(this.#folder, "trust.json");
  }

  #write(entries: readonly TrustedProfile[]): void {
    writingState(this.#folder, () => {
      makeFolder(this.#folder, 0o700);
      const draft = `${this.#path}.${process.pid}.draft`;
      // Made anew: a file or a link of that name, whoever put it there, is never written into.
      rmSync(draft, { force: true });
      writeFileSync(draft, `${JSON.stringify(entries, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
      chmodSync(draft, 0o600);
      renameSync(draft, this.#path);
    });
  }
}

function isEntry(value: unknown): value is TrustedProfile {
  if (typeof value !== "object" || value === null) return false;
  const { file, digest } = value as Partial<TrustedProfile>;
  return typeof file === "string" && typeof digest === "string";
}
