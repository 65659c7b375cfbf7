import { levels, type WatchFilter } from "../../../../core/client/index.ts";

type Level = (typeof levels)[number];

export interface LogQuery {
  /** Judged by the host. */
  readonly filter: WatchFilter;
  /** Judged here: a pattern that takes forever stops this page alone. */
  readonly pattern?: RegExp;
  /** What could not be understood. */
  readonly problem?: string;
}

/** Reads `level:>=warn source:box run:r-1 type:log "two words" -noise /regex/i`. */
export function parseQuery(text: string): LogQuery {
  const filter: Record<string, string | string[]> = {};
  let pattern: RegExp | undefined;
  let problem: string | undefined;
  const add = (key: string, value: string) => {
    filter[key] = [...((filter[key] as string[] | undefined) ?? []), value];
  };
  for (const term of text.match(/\/(?:\\.|[^/\\])+\/i?(?=\s|$)|-?"[^"]*"|\S+/g) ?? []) {
    const expression = /^\/(.+)\/(i?)$/.exec(term);
    const [, key, value] = /^(level|source|run|type):(.+)$/.exec(term) ?? [];
    if (expression !== null) {
      try {
        pattern = new RegExp(expression[1] ?? "", expression[2]);
      } catch {
        problem = term;
      }
    } else if (key === "level" && value !== undefined) {
      const [, least, name] = /^(>=)?(\w+)$/.exec(value) ?? [];
      const level = levels.find((each) => each === name?.toLowerCase());
      if (level === undefined) problem = term;
      else if (least === undefined) add("levels", level);
      else filter["level"] = level;
    } else if (key === "source" && value !== undefined) add("sources", value);
    else if (key === "type" && value !== undefined) add("types", value);
    else if (key === "run" && value !== undefined) filter["run"] = value;
    else if (term.length > 1 && term.startsWith("-")) add("not", unquote(term.slice(1)));
    else if (unquote(term) !== "") add("text", unquote(term));
  }
  return {
    filter: filter as WatchFilter,
    ...(pattern === undefined ? {} : { pattern }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** The query with exactly these severities asked for. */
export function withLevels(text: string, wanted: readonly Level[]): string {
  const rest = text.replace(/(^|\s)level:\S+/g, " ").trim();
  return [...wanted.map((level) => `level:${level}`), rest].filter((part) => part !== "").join(" ");
}

/** The query with one more condition of a kind that stands once. */
export function withTerm(text: string, key: "source" | "run", value: string): string {
  const rest = text.replace(new RegExp(`(^|\\s)${key}:\\S+`, "g"), " ").trim();
  return [rest, `${key}:${value}`].filter((part) => part !== "").join(" ");
}

function unquote(term: string): string {
  return term.replace(/^"(.*)"$/, "$1").replaceAll('"', "");
}
