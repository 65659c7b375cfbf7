import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { knownEndings, languageOfFile } from "../../core/command-line.ts";
import { type ProgramInput, SluiceError } from "../../core/contract/index.ts";
import { readInput } from "./files.ts";

export interface Program {
  readonly input: ProgramInput;
  /** Whether reading it used up stdin, so that nothing is left for the program. */
  readonly stdinUsed: boolean;
}

export interface ProgramOptions {
  readonly inline?: string;
  readonly file?: string;
  readonly language?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it becomes a cell of a session, which has no file. */
  readonly cell?: boolean;
}

/** The code of a command line: from `-e`, from a file, or from stdin for `-` and for a pipe with neither. */
export async function readProgram(options: ProgramOptions): Promise<Program> {
  const { inline, file, language, args = [], env, cell = false } = options;
  if (inline !== undefined && file !== undefined) {
    throw new SluiceError("SLUICE_USAGE", `code is given twice: with -e and as ${file}`, {
      cure: "Give one of the two; arguments of the program stand behind --.",
    });
  }
  const given = {
    ...(language === undefined ? {} : { language }),
    ...(args.length === 0 ? {} : { args }),
    ...(env === undefined ? {} : { env }),
  };
  if (inline !== undefined) return { input: { code: inline, ...given }, stdinUsed: false };
  if (file === undefined && process.stdin.isTTY) {
    throw new SluiceError("SLUICE_USAGE", "there is no code to run", {
      cure: "Give it with -e CODE, as a FILE, or as - on stdin.",
    });
  }
  if (file === undefined || file === "-") {
    return { input: { code: await text(process.stdin), ...given }, stdinUsed: true };
  }
  const content = await readInput(file);
  const { code, odd } = decode(file, content, cell);
  const found = language ?? languageOfFile(file) ?? shebang(code);
  if (found === undefined) {
    throw new SluiceError("SLUICE_USAGE", `nobody knows what runs ${file}`, {
      cure: `Name the language with -l, or end the name with one of ${knownEndings.join(" ")}.`,
    });
  }
  return {
    input: {
      code,
      ...given,
      language: found,
      ...(cell ? {} : { file: basename(file) }),
      ...(odd ? { files: [{ path: basename(file), content }] } : {}),
    },
    stdinUsed: false,
  };
}

/** The text of a program, and whether its bytes say more than that: in another encoding they are its interpreter's. */
function decode(file: string, content: Uint8Array, cell: boolean): { readonly code: string; readonly odd: boolean } {
  try {
    return { code: new TextDecoder("utf-8", { fatal: true }).decode(content), odd: false };
  } catch (error) {
    if (!cell) return { code: new TextDecoder().decode(content), odd: true };
    throw new SluiceError("SLUICE_USAGE", `${file} is not UTF-8 text, as the cell of a session has to be`, {
      cure: "Run it as a program, without --session.",
      cause: error,
    });
  }
}

/** What the first line of a file asks for, such as `#!/usr/bin/env -S node --flag`. */
function shebang(code: string): string | undefined {
  const [, words = ""] = /^#!\s*(.*)/.exec(code) ?? [];
  const [first, ...rest] = words.split(/\s+/).map((word) => basename(word));
  const program = first === "env" ? rest.find((word) => !/^-|=/.test(word)) : first;
  if (program === undefined || program === "") return undefined;
  if (/^i?python/.test(program)) return "python";
  if (/^node(js)?$/.test(program)) return "javascript";
  return program === "sh" ? "bash" : program;
}
