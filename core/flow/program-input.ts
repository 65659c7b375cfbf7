import type { CodeBlock } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { ProgramInput } from "../contract/run.ts";

/** How a program's file is run, by the end of its name. */
const languages: Readonly<Record<string, string>> = {
  py: "python",
  ipynb: "notebook",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  sh: "bash",
  bash: "bash",
  rb: "ruby",
  pl: "perl",
  lua: "lua",
  php: "php",
  r: "Rscript",
};

/** The endings of names that say what runs the file. */
export const knownEndings: readonly string[] = Object.keys(languages).map((ending) => `.${ending}`);

/** The language that a file's name tells; undefined where it tells none. */
export function languageOfFile(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const ending = name.lastIndexOf(".") > 0 ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
  return Object.hasOwn(languages, ending) ? languages[ending] : undefined;
}

/**
 * What a run's input asks the sandbox to run. `cells`: state has to live on, so that there is no command line.
 * @throws SluiceError SLUICE_USAGE
 */
export function codeBlockOf(
  input: Omit<ProgramInput, "files" | "stdin" | "env"> & { readonly files?: readonly string[] },
): CodeBlock {
  const { code, file, args = [], files = [] } = input;
  const placed = file !== undefined && files.includes(file) ? { placed: true } : {};
  const language = input.language ?? (file === undefined ? "python" : languageOfFile(file));
  if (language === undefined) {
    throw new SluiceError("SLUICE_USAGE", `nobody knows what runs ${file}`, {
      cure: `Name the language, or end the name with one of ${knownEndings.join(" ")}.`,
    });
  }
  const odd = args.find((argument) => argument.includes("\0"));
  if (odd !== undefined) {
    throw new SluiceError("SLUICE_USAGE", `an argument has a NUL in it: ${JSON.stringify(odd.slice(0, 40))}`, {
      cure: "Leave the NUL away: no program can be given one.",
    });
  }
  return { language, code, ...(file === undefined ? {} : { file, ...placed }), ...(args.length > 0 ? { args } : {}) };
}
