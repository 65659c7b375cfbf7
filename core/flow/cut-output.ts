import { cutText, cutTextStart } from "../kit/text/cut-text.ts";
import { plural } from "../kit/text/plural.ts";

/** Characters of a program's output that models get to see; the middle is cut. */
const outputBound = 16_000;

/** `bounded(text + piece)`, which does not copy a middle that a long piece pushes out. */
export function extended(text: string, piece: string): string {
  const half = outputBound / 2;
  const pushedOut = text.length >= half && piece.length >= half && text.length + piece.length > outputBound;
  return pushedOut ? ends(text, piece) : bounded(text + piece);
}

export function bounded(text: string): string {
  return text.length <= outputBound ? text : ends(text, text);
}

/** The first half of the bound from one text and the last from another. */
function ends(first: string, last: string): string {
  const half = outputBound / 2;
  return `${cutText(first, half)}\n[... output cut here ...]\n${cutTextStart(last, half)}`;
}

/** Results of one program that models get to see, at each end; those between are counted. */
const resultsKept = 50;

/** Characters of all results from where further ones are shown by their beginnings. */
const resultCharacters = 4 * outputBound;
const beginning = 200;

const cutMark = /^\[\.\.\. (\d+) results cut here \.\.\.\]$/;

/** One more result, and where they become too many, the first ones, the latest ones, and how many lie between. */
export function withResult<Result extends { readonly text: string }>(
  results: readonly (Result | { readonly text: string })[],
  whole: Result,
): readonly (Result | { readonly text: string })[] {
  const size = results.reduce((sum, { text }) => sum + text.length, whole.text.length);
  const isShown = size <= resultCharacters || whole.text.length <= beginning;
  const result = isShown ? whole : { ...whole, text: `${cutText(whole.text, beginning)}...` };
  if (results.length < 2 * resultsKept) return [...results, result];
  const before = Number(cutMark.exec(results[resultsKept]?.text ?? "")?.[1] ?? 0);
  const kept = results.slice(-resultsKept + 1);
  const cut = before + results.length - (before > 0 ? 1 : 0) - resultsKept - kept.length;
  return [...results.slice(0, resultsKept), { text: `[... ${plural(cut, "result")} cut here ...]` }, ...kept, result];
}
