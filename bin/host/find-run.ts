import { type RunRecord, SluiceError } from "../../core/contract/index.ts";
import type { HostConnection } from "./connection.ts";

/** Runs that are looked through for the beginning of an id. */
const looked = 1000;

/**
 * The run that is meant: a whole id, its beginning (with or without `r_`), or `last` for the newest.
 * @throws SluiceError SLUICE_USAGE when the beginning fits several; SLUICE_RUN_NOT_FOUND
 */
export async function findRun(connection: HostConnection, said: string): Promise<string> {
  const runs = await connection.runs({ limit: looked });
  const exact = runs.find(({ run }) => run === said);
  if (exact !== undefined) return exact.run;
  if (said === "last" && runs[0] !== undefined) return runs[0].run;
  const found = runs.filter(({ run }) => run.startsWith(said) || run.startsWith(`r_${said}`));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.run;
  if (only !== undefined) throw ambiguous(said, found);
  // An older one than those that were looked through, or of a host without a list.
  if (/^r_[0-9a-z]{19}$/.test(said)) return said;
  throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${said}`, {
    cure: "`sluice runs` lists them; the beginning of an id is enough, and `last` is the newest.",
  });
}

function ambiguous(said: string, found: readonly RunRecord[]): SluiceError {
  const some = found.slice(0, 5).map(({ run }) => run);
  const more = found.length > some.length ? `, and ${found.length - some.length} more` : "";
  return new SluiceError(
    "SLUICE_USAGE",
    `${said} is the beginning of ${found.length} runs: ${some.join(", ")}${more}`,
    {
      cure: "Give more of the id.",
    },
  );
}
