import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

export interface ReadApart {
  /** Of the errors. */
  readonly codes: readonly string[];
  readonly messages: readonly string[];
  /** Kinds of what a person would have to allow. */
  readonly needs: readonly string[];
  /** The texts that frames of code are cut out of, in one. */
  readonly shown: string;
  readonly digest?: string;
}

/** The `sluice.yaml` of a folder that nobody trusts, read by another process that may take a minute and 512 MiB. */
export async function readApart(folder: string): Promise<ReadApart> {
  const loader = resolve(import.meta.dirname, "../../../core/plugin/load-plan.ts");
  const code = `import { loadPlan } from ${JSON.stringify(loader)};
const given = { file: "sluice.yaml", cwd: ${JSON.stringify(folder)}, env: {}, trust: "unknown" };
const { problems, digest, needs, sources } = await loadPlan(given);
const errors = problems.filter(({ severity }) => severity === "error");
process.stdout.write(JSON.stringify({
  codes: errors.map(({ code }) => code),
  messages: errors.map(({ message }) => message),
  needs: needs.map(({ kind }) => kind),
  shown: Object.values(sources).join("\\n"),
  digest: digest(),
}));`;
  const options = { timeout: 60_000, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 } as const;
  const given = ["--max-old-space-size=512", "--input-type=module", "-e", code];
  const { stdout } = await promisify(execFile)(process.execPath, given, options);
  return JSON.parse(stdout) as ReadApart;
}
