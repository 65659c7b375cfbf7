import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadOptions, LoadResult, Plan, PlannedInstance } from "../../../core/config/plan.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { corpus, load, pluginFolders, type Sample } from "./corpus.ts";

/** Where profiles from code lie, and what they name; gone after the tests. */
export const folder = mkdtempSync(join(tmpdir(), "sluice-load-"));

// At the end of the process, and not of a file: several files may share this module.
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

export function sampleOf(name: string): Sample {
  const sample = corpus("good").find((one) => one.name === name);
  if (sample === undefined) throw new Error(`there is no ${name}`);
  return sample;
}

/** The plan of a good profile of the corpus. */
export async function good(name: string): Promise<Plan> {
  const { plan } = await load("good", sampleOf(name));
  if (plan === undefined) throw new Error(`${name} gives no plan`);
  return plan;
}

export function fromCode(config: unknown, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  return loadPlan({ config, cwd: folder, env: {}, pluginFolders, ...options });
}

export const of = (plan: Plan, id: string): PlannedInstance | undefined =>
  plan.instances.find((instance) => instance.id === id);
