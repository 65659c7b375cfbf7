import { type ErrorCode, errorEntry } from "../../contract/error-codes/index.ts";
import type { Problem } from "../../contract/problem.ts";
import { positionOf, type SourcePlace } from "./source.ts";
import type { Variable } from "./tree.ts";

export interface ProblemInput {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: SourcePlace;
  /** A notice changes no exit code, however strict. Default: error. */
  readonly severity?: Problem["severity"];
  readonly suggestion?: string;
  /** Default: the cure of the code's entry in the registry. */
  readonly cure?: string;
}

/** Collects everything that is wrong with a profile, and gives it back in the order of place. */
export class Problems {
  readonly #list: ProblemInput[] = [];
  /** Of each: its place, code and message. Looking through the list for each would take its square. */
  readonly #known = new Set<string>();
  /** Values that came out of expressions, and what was written instead. */
  readonly #concealed = new Map<string, string>();

  /** No message shows the value of an expression, a secret or not: it shows the expression. */
  conceal(variables: readonly Variable[], written: string): void {
    for (const { value } of variables) {
      for (const text of new Set([value, value.trim(), ...value.split(/\r?\n/)])) {
        if (text.length >= leastConcealed) this.#concealed.set(text, written);
      }
    }
  }

  add(problem: ProblemInput): void {
    const { code, message, place } = problem;
    const key = `${place.source.order} ${place.range?.[0]} ${code} ${message}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#list.push(problem);
  }

  get failed(): boolean {
    return this.#list.some(({ severity }) => (severity ?? "error") === "error");
  }

  sorted(): Problem[] {
    const start = (problem: ProblemInput) => problem.place.range?.[0] ?? -1;
    const hide = this.#hide();
    return [...this.#list]
      .sort((a, b) => a.place.source.order - b.place.source.order || start(a) - start(b))
      .map((problem) => toProblem(problem, hide));
  }

  #hide(): (text: string) => string {
    const values = [...this.#concealed.keys()].sort((a, b) => b.length - a.length);
    if (values.length === 0) return (text) => text;
    const escaped = values.map((value) => value.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
    const pattern = new RegExp(escaped.join("|"), "gi");
    const found = new Map([...this.#concealed].map(([value, written]) => [value.toLowerCase(), written]));
    return (text) => text.replace(pattern, (value) => found.get(value.toLowerCase()) ?? "${...}");
  }
}

/** Shorter values say nothing, and stand in every second message. */
const leastConcealed = 4;

function toProblem(
  { code, message, place, severity, suggestion, cure }: ProblemInput,
  hide: (text: string) => string,
): Problem {
  return {
    severity: severity ?? "error",
    code,
    message: hide(message),
    file: place.source.name,
    ...positionOf(place),
    ...(suggestion === undefined ? {} : { suggestion: hide(suggestion) }),
    cure: cure === undefined ? (errorEntry(code)?.cure ?? "") : hide(cure),
  };
}

/** `a, b, c`, cut after twelve. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "none";
  return all.length > 12 ? `${all.slice(0, 12).join(", ")}, ...` : all.join(", ");
}
