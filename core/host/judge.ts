import { realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { LoadOptions, LoadResult } from "../config/plan.ts";
import { hostPaths } from "../config/read/env.ts";
import type { TrustNeed } from "../config/read/trust.ts";
import { SluiceError } from "../contract/errors.ts";
import { packageRoot } from "../kit/package-root.ts";
import { loadPlan } from "../plugin/load-plan.ts";
import { TrustStore } from "./trust-store.ts";

/** Where nobody can be asked, as in CI: `SLUICE_TRUST=all` vouches for every profile. */
const trustVariable = "SLUICE_TRUST";

/**
 * Reads a profile whose author is unknown: as one's own when it is trusted, or asks for nothing that takes trust. Else
 * it is unknown: its code is not imported, and its `needs` are told.
 */
export async function judgeProfile(options: LoadOptions): Promise<LoadResult & { readonly trusted: boolean }> {
  const own = async () => ({ ...(await loadPlan({ ...options, trust: "own" })), trusted: true });
  if (options.file === undefined || options.env[trustVariable] === "all" || isShipped(options)) return own();
  const unknown = await loadPlan({ ...options, trust: "unknown" });
  if (unknown.needs.length === 0) return { ...unknown, trusted: true };
  const digest = unknown.digest();
  if (digest === undefined || !new TrustStore(hostPaths(options.env).state).has(digest))
    return { ...unknown, trusted: false };
  const trusted = await own();
  // It may have been written anew since it was judged.
  return trusted.digest() === digest ? trusted : { ...unknown, trusted: false };
}

/** @throws SluiceError SLUICE_CONFIG_UNTRUSTED, which names what takes trust and the command */
export function demandTrust(
  { needs, trusted }: { needs: LoadResult["needs"]; trusted: boolean },
  file: string,
  tolerate: readonly TrustNeed["kind"][] = [],
): void {
  const asked = trusted ? [] : needs.filter(({ kind }) => !tolerate.includes(kind));
  if (asked.length === 0) return;
  const listed = asked.map(({ what, at }) => `${what} (${at})`).join("; ");
  throw new SluiceError("SLUICE_CONFIG_UNTRUSTED", `${file} is not trusted: ${listed}`, {
    cure: `Read it, and if you trust it: \`sluice trust ${file}\`. Where nobody can be asked, set ${trustVariable}=all.`,
  });
}

/** Profiles that come with the package are as trusted as its code. */
function isShipped({ file, cwd }: LoadOptions): boolean {
  try {
    const way = relative(realpathSync(join(packageRoot, "profiles")), realpathSync(resolve(cwd, file ?? "")));
    return /^[\w.-]+\.yaml$/.test(way);
  } catch {
    return false;
  }
}
