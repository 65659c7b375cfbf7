import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { SluiceError } from "../../core/contract/index.ts";
import { didYouMean } from "../../core/kit/index.ts";
import { assetRoot } from "../package-root.ts";

const folder = join(assetRoot, "profiles");

/**
 * The profile a command works with: `-p`, else `./sluice.yaml`, else the one that comes with Sluicebox.
 * @throws SluiceError SLUICE_CONFIG_NOT_FOUND for a name that neither a file nor one of ours has
 */
export function profileOf(flag: string | undefined, cwd: string = process.cwd()): string {
  if (flag === undefined) return existsSync(join(cwd, "sluice.yaml")) ? "sluice.yaml" : join(folder, "default.yaml");
  if (existsSync(resolve(cwd, flag))) return flag;
  const names = shippedProfiles();
  if (names.includes(flag)) return join(folder, `${flag}.yaml`);
  // What has an ending or a folder was meant as a file: its reader says that it is missing.
  if (!/^[\w-]+$/.test(flag)) return flag;
  throw new SluiceError("SLUICE_CONFIG_NOT_FOUND", `there is no profile \`${flag}\`: no file, and none of Sluicebox`, {
    cure: `${didYouMean(flag, names)}\`sluice profiles\` lists those that come with Sluicebox.`,
  });
}

/** The names of the profiles that come with Sluicebox, sorted. */
export function shippedProfiles(): readonly string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return files.map((name) => basename(name, ".yaml")).sort();
}

/** The file of one that comes with Sluicebox. */
export function shippedProfile(name: string): string {
  return join(folder, `${name}.yaml`);
}
