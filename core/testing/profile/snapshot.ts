import { lstatSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { SluiceError } from "../../contract/errors.ts";
import { fileFault } from "../../kit/file-fault.ts";
import { makeFolder } from "../../kit/make-folder.ts";
import { replaceFile } from "../../kit/private-files.ts";
import { type Difference, lineDifference } from "./compare.ts";

/** Beside the profile: what it does goes into version control with what it says. */
export function snapshotPath(profile: string, test: string): string {
  return join(dirname(profile), `${basename(profile, extname(profile))}.snapshots`, `${test}.txt`);
}

/**
 * Holds what came against what was kept, or keeps it. Undefined where they are the same.
 * @throws SluiceError SLUICE_OUTPUT_FAILED where it cannot be kept
 */
export function heldAgainst(path: string, actual: string, update: boolean): Difference | "updated" | undefined {
  const before = textOf(path);
  if (before === actual) return undefined;
  if (update) {
    keep(path, actual);
    return "updated";
  }
  const key = "snapshot";
  if (before === undefined) return { key, message: `there is no snapshot yet at ${path}; --update keeps one`, actual };
  const lines = lineDifference(before.trimEnd(), actual.trimEnd());
  return {
    key,
    message: `the events are others than in ${path}; --update keeps the new ones`,
    expected: before,
    actual,
    lines,
  };
}

function keep(path: string, text: string): void {
  try {
    const folder = dirname(path);
    // Links come with a repository as files do: this one would lead out of it.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) throw new Error(`${folder} is a link`);
    makeFolder(folder);
    replaceFile(path, text);
  } catch (error) {
    throw new SluiceError("SLUICE_OUTPUT_FAILED", `the snapshot ${path} cannot be written: ${fileFault(error)}`, {
      cause: error,
    });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
