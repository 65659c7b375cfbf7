import { join } from "node:path";
import { privateFolder, readPrivate, writePrivate } from "../kit/private-files.ts";
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
      const value = parseJson(readPrivate(this.#path), { from: "the list of trusted profiles" });
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
      privateFolder(this.#folder);
      writePrivate(this.#path, `${JSON.stringify(entries, undefined, 2)}\n`);
    });
  }
}

function isEntry(value: unknown): value is TrustedProfile {
  if (typeof value !== "object" || value === null) return false;
  const { file, digest } = value as Partial<TrustedProfile>;
  return typeof file === "string" && typeof digest === "string";
}
