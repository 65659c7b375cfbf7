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

/**
 * Reads `flow:chat model:gpt status:failed session:s after:2026-11-28 before:2026-11-29T12:00 cost:>0.01 words`. Days and
 * hours are this machine's. The host searches: every word must be in the input, the output, the error or a name.
 */
export function parseRunQuery(text: string): RunSearch {
  const found: Record<string, string | number> = {};
  const words: string[] = [];
  for (const term of text.trim().split(/\s+/)) {
    const [, key = "", value = ""] = /^(\w+):(.+)$/.exec(term) ?? [];
    const cost = Number(value.replace(/^>=?\$?/, ""));
    const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00` : value);
    if (keys.has(key)) found[key] = value;
    else if (key === "cost" && Number.isFinite(cost)) found["minCost"] = cost;
    else if ((key === "after" || key === "before") && Number.isFinite(time)) {
      found[key === "after" ? "since" : "until"] = new Date(time).toISOString();
    } else if (term !== "") words.push(term);
  }
  return { ...found, ...(words.length === 0 ? {} : { search: words.join(" ") }) };
}
