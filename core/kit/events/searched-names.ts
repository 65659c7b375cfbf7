import type { RunRecord } from "../../contract/store.ts";

/** Sessions that nobody named: a run's own, and those of conversations that begin on the page. */
const unnamed = /^(?:s_[0-9a-z]{19}|chat-[0-9a-f]{8})(?:~[2-8])?$/;

/** Characters with which an id can be found by its beginning. Fewer may be a word that somebody looks for. */
export const idBeginning = 8;

/** The names of a run that people gave: any part of them is found. Ids hold words by chance, and so stand apart. */
export function searchedNames({ session, flow }: Pick<RunRecord, "session" | "flow">): string {
  return unnamed.test(session) ? flow : `${session}\n${flow}`;
}

/** Whether a word of a search is the id of a run or of its session, or begins it. `word`: in small letters. */
export function isIdOf(word: string, { run, session }: Pick<RunRecord, "run" | "session">): boolean {
  const ids = [run.toLowerCase(), session.toLowerCase()];
  return ids.some((id) => id === word || (word.length >= idBeginning && id.startsWith(word)));
}
