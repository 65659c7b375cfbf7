import type { ProblemInput } from "./problems.ts";
import type { MapNode } from "./tree.ts";

/** The format of profiles that is read here: their `version`. */
export const profileFormat = 1;

/**
 * What is said of a file in a format that is newer than ours. Its keys may mean something else there, so nothing more
 * is read of it: neither its options, nor what lies over it.
 */
export function newerFormat(file: MapNode): ProblemInput | undefined {
  const version = file.entries.get("version")?.value;
  if (version?.kind !== "scalar" || !/^[1-9]\d{0,8}$/.test(String(version.value))) return undefined;
  if (Number(version.value) <= profileFormat) return undefined;
  return {
    code: "SLUICE_CONFIG_VERSION",
    message: `the file has format ${version.value}; this Sluicebox reads format ${profileFormat}`,
    place: version.place,
  };
}
