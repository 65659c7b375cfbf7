import { extname } from "node:path";
import { text } from "node:stream/consumers";
import { SluiceError } from "../../core/index.ts";
import { readInput } from "./files.ts";

export interface Program {
  readonly code: string;
  /** Absent: the sandbox's default. */
  readonly language?: string;
  /** Whether reading it used up stdin, so that nothing is left to answer the program with. */
  readonly stdinUsed: boolean;
}

const languages: Readonly<Record<string, string>> = {
  ".py": "python",
  ".js": "javascript",
  ".mjs": "javascript",
  ".cjs": "javascript",
  ".sh": "bash",
  ".bash": "bash",
  ".rb": "ruby",
  ".pl": "perl",
  ".lua": "lua",
  ".php": "php",
  ".r": "r",
};

/** The code of a command line: from `-e`, from a file, or from stdin for `-` and for a pipe with neither. */
export async function readProgram(options: {
  readonly inline?: string;
  readonly file?: string;
  readonly language?: string;
}): Promise<Program> {
  const { inline, file, language } = options;
  if (inline !== undefined && file !== undefined) {
    throw new SluiceError("SLUICE_USAGE", `code is given twice: with -e and as ${file}`, {
      cure: "Give one of the two.",
    });
  }
  if (inline !== undefined) return { code: inline, language, stdinUsed: false };
  if (file === undefined && process.stdin.isTTY) {
    throw new SluiceError("SLUICE_USAGE", "there is no code to run", {
      cure: "Give it with -e CODE, as a FILE, or as - on stdin.",
    });
  }
  if (file === undefined || file === "-") return { code: await text(process.stdin), language, stdinUsed: true };
  const code = decode(file, await readInput(file));
  return { code, language: language ?? languages[extname(file).toLowerCase()] ?? shebang(code), stdinUsed: false };
}

function decode(file: string, content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (error) {
    throw new SluiceError("SLUICE_USAGE", `${file} is not UTF-8 text`, { cure: "Give a text file.", cause: error });
  }
}

function shebang(code: string): string | undefined {
  const [, program] = /^#!\s*\S*\/(?:env\s+)?(\S+)/.exec(code) ?? [];
  if (program === undefined) return undefined;
  if (/^python/.test(program)) return "python";
  if (program === "node") return "javascript";
  return program === "sh" ? "bash" : program;
}
