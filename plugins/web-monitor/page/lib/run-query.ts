/** What `runs.list` is asked for. */
export interface RunSearch {
  readonly search?: string;
  readonly status?: string;
  readonly flow?: string;
  readonly model?: string;
  readonly session?: string;
  readonly since?: string;
  readonly until?: string;
  readonly minCost?: number;
}

const keys = new Set(["status", "flow", "model", "session"]);
/** How a run may stand. */
export const runStates = ["running", "ok", "failed", "cancelled", "timeout", "budget", "lost"];

export interface RunTerms {
  readonly search: RunSearch;
  /** The first term that begins as one of these and says nothing that can be looked for. */
  readonly problem?: string;
}

/**
 * Reads `flow:chat model:gpt status:failed session:s after:2026-11-28 before:2026-11-29T12:00 cost:>0.01 "two words"`. Days
 * and hours are this machine's. A name with spaces stands in quotes, as in `session:"my work"`. The host searches: every word must be in the input, the output, the error or a name.
 */
export function parseRunQuery(text: string): RunTerms {
  const found: Record<string, string | number> = {};
  const words: string[] = [];
  let problem: string | undefined;
  for (const term of text.match(/(?:\w+:)?"[^"]+"(?=\s|$)|\S+/g) ?? []) {
    const [, name = "", value = ""] = /^(\w+):(.+)$/.exec(term) ?? [];
    const key = name.toLowerCase();
    const read = readTerm(key, /^"[^"]+"$/.test(value) ? value.slice(1, -1) : value);
    if (read === undefined) words.push(term);
    else if (read === "wrong") problem ??= term;
    else Object.assign(found, read);
  }
  const search = { ...found, ...(words.length === 0 ? {} : { search: words.join(" ") }) };
  return { search, ...(problem === undefined ? {} : { problem }) };
}

/** Undefined for what is a word as any other. */
function readTerm(key: string, value: string): RunSearch | "wrong" | undefined {
  if (key === "status") {
    const status = value.toLowerCase();
    return runStates.includes(status) ? { status } : "wrong";
  }
  if (keys.has(key)) return { [key]: value };
  if (key === "cost") {
    const cost = Number(value.replace(/^>=?\$?/, ""));
    return Number.isFinite(cost) ? { minCost: cost } : "wrong";
  }
  if (key !== "after" && key !== "before") return undefined;
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00` : value);
  if (!Number.isFinite(time)) return "wrong";
  return { [key === "after" ? "since" : "until"]: new Date(time).toISOString() };
}
