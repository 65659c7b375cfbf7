import { parseEnv } from "node:util";
import { SluiceError } from "../../core/contract/index.ts";
import { readInput } from "./files.ts";

/**
 * What `--env` and `--env-from` give a program; undefined where neither does. The files come first, and of two with one
 * name the later counts.
 *
 * @throws SluiceError SLUICE_USAGE
 */
export async function programEnv(
  given: readonly string[] = [],
  files: readonly string[] = [],
): Promise<Readonly<Record<string, string>> | undefined> {
  const env = new Map<string, string>();
  for (const file of files) {
    const text = new TextDecoder().decode(await readInput(file));
    const found = Object.entries(parseEnv(text));
    if (found.length === 0 && /^\s*[^#\s]/m.test(text)) {
      throw new SluiceError("SLUICE_USAGE", `${file} has no variables in it`, { cure: "Write NAME=VALUE lines." });
    }
    for (const [name, value] of found) env.set(name, value ?? "");
  }
  for (const each of given) {
    const at = each.indexOf("=");
    if (at < 0) env.set(each, ownVariable(each));
    else env.set(each.slice(0, at), each.slice(at + 1));
  }
  return env.size === 0 ? undefined : Object.fromEntries(env);
}

function ownVariable(name: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new SluiceError("SLUICE_USAGE", `--env ${name}: there is no such variable here`, {
    cure: `Set it, or write --env ${name}=VALUE.`,
  });
}
