import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadResult } from "../../../core/config/plan.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";

export const fixtures = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "fixtures");
export const pluginFolders = [join(fixtures, "plugins")];

/** A profile of the corpus; comments in it say what is to come of it. */
export interface Sample {
  readonly name: string;
  readonly text: string;
  /** `# expect CODE line:column`, the last two absent where a problem has no place. */
  readonly expected: readonly string[];
  /** `# env NAME=value`. */
  readonly env: Readonly<Record<string, string>>;
  /** `# editor accepts`: what is wrong with it is more than a schema can know. */
  readonly editorAccepts: boolean;
}

export function corpus(folder: "good" | "bad"): Sample[] {
  return readdirSync(join(fixtures, folder))
    .filter((name) => name.endsWith(".yaml") && !name.endsWith(".part.yaml"))
    .sort()
    .map((name) => {
      const text = readFileSync(join(fixtures, folder, name), "utf8");
      const lines = [...text.matchAll(/^# (expect|env|editor) (.*)$/gm)].map(([, key, value = ""]) => ({ key, value }));
      const env = lines.filter(({ key }) => key === "env").map(({ value }) => value.split(/=(.*)/s).slice(0, 2));
      return {
        name,
        text,
        expected: lines.filter(({ key }) => key === "expect").map(({ value }) => value),
        env: Object.fromEntries(env.map(([key, value = ""]) => [key, value.replaceAll("\\n", "\n")])),
        editorAccepts: folder === "good" || lines.some(({ key }) => key === "editor"),
      };
    });
}

export function load(folder: "good" | "bad", sample: Sample): Promise<LoadResult> {
  return loadPlan({ file: sample.name, cwd: join(fixtures, folder), env: sample.env, pluginFolders });
}
