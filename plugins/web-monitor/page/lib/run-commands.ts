import type { GivenStdin } from "./run-stdin.ts";

/** A word of a shell, quoted where that is needed. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export interface AskedRun {
  readonly flow: string;
  readonly input: {
    readonly text?: string;
    readonly code?: string;
    readonly language?: string;
    /** The name of the program's file. */
    readonly file?: string;
    readonly args?: readonly string[];
    /** Names of its variables: their values are told to nobody. */
    readonly env?: readonly string[];
  };
  /** Only one that was given a name, and that a host holds. */
  readonly session?: string;
  readonly files?: readonly string[];
  readonly budget?: { readonly time?: number | undefined };
  /** What its program reads. */
  readonly stdin?: GivenStdin | undefined;
}

/** The whole command that asks the same, however long it is. */
export function commandOf(asked: AskedRun): string {
  const { input, files = [] } = asked;
  const { text = "", code } = input;
  const put = namesToPut(files).map(shellWord);
  if (code === undefined) {
    // A question that looks like a flag is none behind two hyphens.
    if (text.startsWith("-")) return `sluice ask${flagsOf(asked, put)} -- ${shellWord(text)}`;
    return `sluice ask ${shellWord(text)}${flagsOf(asked, put)}`;
  }
  // Some code that begins as a flag does would be taken for one.
  const program = code.startsWith("-") ? shellWord(`--code=${code}`) : `-e ${shellWord(code)}`;
  return `${pipeInto(asked)}sluice run ${program}${flagsOf(asked, put)}${argumentsOf(asked)}${readFrom(asked)}`;
}

/** Characters that a terminal takes for keys when they are pasted. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const keys = /[\x00-\x08\x0b-\x1f\x7f]/;
/** Those, and what makes a line read otherwise than it is; each stands between single quotes in a word of a shell. */
const unseen = /[\x80-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** A command as it may be pasted: with keys in it, such as Ctrl-C, a terminal would end the word and run the rest. */
export function pastable(command: string): string {
  return command.replace(new RegExp(`(?:${keys.source}|${unseen.source})+`, "g"), (found) => {
    const bytes = [...new TextEncoder().encode(found)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`);
    return `'$'${bytes.join("")}''`;
  });
}

/** Gives the program its standard input, byte for byte. */
function pipeInto({ stdin }: AskedRun): string {
  if (stdin?.content === undefined) return "";
  const text = stdin.told?.text;
  if (text !== undefined && !keys.test(text)) return `printf %s ${shellWord(text)} | `;
  return `printf %s ${shellWord(base64Of(stdin.content))} | base64 -d | `;
}

/** What is not kept is a file that whoever runs it has to have: without it nothing runs. */
export function readFrom({ stdin }: AskedRun): string {
  return stdin === undefined || stdin.content !== undefined ? "" : ` <./${shellWord(stdin.file)}`;
}

export function base64Of(content: Uint8Array): string {
  let text = "";
  for (let at = 0; at < content.length; at += 0x2000) text += String.fromCharCode(...content.subarray(at, at + 0x2000));
  return btoa(text);
}

/** All but what is asked; `put` are paths as words of the shell. */
export function flagsOf({ flow, input, session, budget }: AskedRun, put: readonly string[]): string {
  const { code, language = "python", env = [] } = input;
  return [
    code === undefined ? "" : ` -l ${shellWord(language)}`,
    ` -f ${shellWord(flow)}`,
    session === undefined ? "" : ` --session ${shellWord(session)}`,
    budget?.time === undefined ? "" : ` --timeout ${budget.time}ms`,
    ...env.map((name) => ` --env ${shellWord(name)}`),
    ...put.map((path) => ` --put ${path}`),
  ].join("");
}

/** The arguments of the program, behind what ends those of the command. */
export function argumentsOf({ input: { args = [] } }: AskedRun): string {
  return args.length === 0 ? "" : ` -- ${args.map(shellWord).join(" ")}`;
}

/** A file keeps its folder when the folder is put, and loses it when it is put by itself. */
export function namesToPut(files: readonly string[]): readonly string[] {
  return [...new Set(files.map((path) => path.split("/")[0] ?? path))];
}

/** A session that nobody named is the run's own, and ends with it. */
export function namedSession(session: string): string | undefined {
  return /^s_[0-9a-z]{19}$/.test(session) ? undefined : session;
}
