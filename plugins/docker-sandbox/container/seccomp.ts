import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { SluiceError } from "../../../core/contract/index.ts";
import { fileFault, packageRoot, parseJson } from "../../../core/kit/index.ts";

const OWN = path.join(packageRoot, "plugins/docker-sandbox/seccomp.json");
let own: string | undefined;

/** Our profile: whatever is not on its list is refused. As engines take it, in one line. */
export function ownSeccomp(): string {
  own ??= compact(readFileSync(OWN, "utf8"));
  return own;
}

/** @throws SluiceError SLUICE_SANDBOX_NOT_APPLIED when the file cannot be read */
export async function readSeccomp(file: string): Promise<string> {
  try {
    return compact(await readFile(file, "utf8"));
  } catch (error) {
    throw new SluiceError(
      "SLUICE_SANDBOX_NOT_APPLIED",
      `the seccomp profile ${file} cannot be read: ${fileFault(error)}`,
      {
        cure: "Name a file in the form of Docker's seccomp profiles, or leave seccomp: out for our own.",
      },
    );
  }
}

function compact(text: string): string {
  const profile = parseJson(text);
  if (typeof profile !== "object" || profile === null || !("defaultAction" in profile)) {
    throw new Error("it has no defaultAction");
  }
  return JSON.stringify(profile);
}
