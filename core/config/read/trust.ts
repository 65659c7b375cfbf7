/**
 * Whose text a profile is, which decides what reading it may do:
 * - `own`: somebody of this machine vouches for it. Everything in it means what it says.
 * - `unknown`: a file that nobody has vouched for yet. No code of it is imported.
 * - `client`: it came over a transport. Nothing in it is evaluated, and nothing is imported. Only files that the served
 *   profile already names are read for it.
 */
export type Trust = "own" | "unknown" | "client";

/** Something in a profile that a person has to allow once. */
export interface TrustNeed {
  /** What it would do, such as `shows the host's folder /home inside the sandbox`. Never holds the value of an expression. */
  readonly what: string;
  /** `option`: of an instance, by name; `code`: somebody's own; `file`: what is read; `key`: where variables are sent. */
  readonly kind: "option" | "code" | "file" | "key";
  /** `file:line:column`. */
  readonly at: string;
  /** Of the value: the same option of another value is another need. Shown to nobody. */
  readonly digest: string;
}

/** What a client's text may name because the profile that is served names it already. */
export interface ProfileNames {
  readonly uses: ReadonlySet<string>;
  readonly extends: ReadonlySet<string>;
}

export const nothingKnown: ProfileNames = { uses: new Set(), extends: new Set() };
