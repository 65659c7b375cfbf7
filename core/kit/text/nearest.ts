import { distance } from "fastest-levenshtein";

/** The candidate that was probably meant; undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return ranked(word, candidates)[0];
}

/** Near candidates, nearest first; at most three. */
export function ranked(word: string, candidates: Iterable<string>): string[] {
  const lower = word.toLowerCase();
  const limit = Math.max(1, Math.floor(word.length * 0.4));
  return [...candidates]
    .map((name) => ({ name, far: distance(lower, name.toLowerCase()) }))
    .filter(({ name, far }) => far <= limit || (far === 2 && letters(name) === letters(word)) || contains(name, lower))
    .sort((a, b) => a.far - b.far || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Two letters that changed places count as one slip, also in short words. */
function letters(word: string): string {
  return [...word.toLowerCase()].sort().join("");
}

function contains(name: string, lower: string): boolean {
  return lower.length > 2 && name.toLowerCase().includes(lower);
}
