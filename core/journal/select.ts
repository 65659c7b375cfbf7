import { matchesGlob } from "../kit/text/glob.ts";

/**
 * Globs over where events come from: `box` and `*` match the source, `box.exec-*` and `*.run-end` match source and
 * type with a dot between. `*` stands for any number of characters, `?` for one; all else is itself.
 *
 * An empty list matches everything.
 */
export function eventSelector(globs: readonly string[]): (event: { source: string; type: string }) => boolean {
  if (globs.length === 0) return () => true;
  const patterns = globs.map((glob) => ({ whole: glob.includes("."), glob }));
  const verdicts = new Map<string, boolean>();
  return ({ source, type }) => {
    const name = `${source}.${type}`;
    let verdict = verdicts.get(name);
    if (verdict === undefined) {
      verdict = patterns.some(({ whole, glob }) => matchesGlob(glob, whole ? name : source));
      verdicts.set(name, verdict);
    }
    return verdict;
  };
}
