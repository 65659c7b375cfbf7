import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { hostPaths, loadPlan, TrustStore } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { printable, printableJson } from "../../core/kit/index.ts";
import { table } from "../output/table.ts";
import { profileOf } from "./profile.ts";

const store = () => new TrustStore(hostPaths().state);

export function listTrusted(json: boolean): void {
  const all = store().list();
  if (json) process.stdout.write(`${printableJson(all)}\n`);
  else if (all.length === 0) process.stdout.write("no profile is trusted\n");
  else
    process.stdout.write(
      table(
        ["PROFILE", "SINCE", "CONTENT"],
        all.map((each) => [each.file, each.since, each.digest.slice(0, 12)]),
      ),
    );
}

/** Reads it as an unknown one, says what it asks for, and remembers that it may. @throws SluiceError SLUICE_CONFIG_NOT_FOUND */
export async function trustProfile(flag: string | undefined, json: boolean): Promise<void> {
  const file = resolve(profileOf(flag));
  const { needs, digest, problems } = await loadPlan({
    ...{ file, cwd: process.cwd(), env: process.env },
    trust: "unknown",
  });
  const missing = problems.find(({ code }) => code === "SLUICE_CONFIG_NOT_FOUND");
  if (missing !== undefined && needs.length === 0) throw new SluiceError("SLUICE_CONFIG_NOT_FOUND", missing.message);
  const content = digest();
  if (content === undefined) {
    throw new SluiceError("SLUICE_CONFIG_UNTRUSTED", `a plugin of ${file} has more than can be known by its content`, {
      cure: "Leave at most 5,000 files and 256 MiB in its folder; what it depends on belongs into node_modules.",
    });
  }
  const trusted = { file: realpathSync(file), digest: content };
  store().add(trusted.file, trusted.digest);
  if (json) process.stdout.write(`${printableJson({ ...trusted, needs })}\n`);
  else
    process.stdout.write(
      `${printable(file)} is trusted as it is now\n${needs.map(({ what }) => `  ${printable(what)}\n`).join("")}`,
    );
}

/** @throws SluiceError SLUICE_USAGE when it was not trusted */
export function untrustProfile(flag: string | undefined): void {
  const file = realPath(resolve(profileOf(flag)));
  if (!store().remove(file)) {
    throw new SluiceError("SLUICE_USAGE", `${file} was not trusted`, {
      cure: "See `sluice trust --list` for what is.",
    });
  }
  process.stdout.write(`${printable(file)} is trusted no longer\n`);
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
