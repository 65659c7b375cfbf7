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
  const words = argumentsOf(asked);
  // Some code that begins as a flag does would be taken for one.
  if (code.startsWith("-")) return `printf %s ${shellWord(code)} | sluice run${flagsOf(asked, put)} -${words}`;
  return `sluice run -e ${shellWord(code)}${flagsOf(asked, put)}${words}`;
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
