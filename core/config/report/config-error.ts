import { SluiceError } from "../../contract/errors.ts";
import type { Problem } from "../../contract/problem.ts";
import type { LoadResult } from "../plan.ts";

/** A profile that cannot be used, with everything that is wrong with it. */
export class ConfigError extends SluiceError {
  readonly problems: readonly Problem[];
  /** Texts of the files, for code frames. */
  readonly sources: LoadResult["sources"];

  constructor({ problems, sources }: Pick<LoadResult, "problems" | "sources">) {
    const errors = problems.filter((problem) => problem.severity === "error");
    const first = errors[0];
    const place = first?.line === undefined ? first?.file : `${first.file}:${first.line}:${first.column}`;
    const more = errors.length > 1 ? ` and ${errors.length - 1} more` : "";
    super(
      "SLUICE_CONFIG_INVALID",
      first === undefined ? "the profile is invalid" : `${place}: ${first.message}${more}`,
    );
    this.name = "ConfigError";
    this.problems = problems;
    this.sources = sources;
  }
}
