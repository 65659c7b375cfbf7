/** A word of a shell, quoted where that is needed. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export interface AskedRun {
  readonly flow: string;
  readonly input: { readonly text?: string; readonly code?: string; readonly language?: string };
  /** Only one that was given a name, and that a host holds. */
  readonly session?: string;
  readonly files?: readonly string[];
  readonly budget?: { readonly time?: number | undefined };
}

/** The whole command that asks the same, however long it is. */
export function commandOf({ flow, input, session, files = [], budget }: AskedRun): string {
  const { text = "", code, language = "python" } = input;
  const head = code === undefined ? `sluice ask ${shellWord(text)}` : `sluice run -l ${language} -e ${shellWord(code)}`;
  const flags = [
    ` -f ${shellWord(flow)}`,
    session === undefined ? "" : ` --session ${shellWord(session)}`,
    budget?.time === undefined ? "" : ` --timeout ${budget.time}ms`,
    ...files.map((file) => ` --put ${shellWord(file)}`),
  ];
  return head + flags.join("");
}

/** A session that nobody named is the run's own, and ends with it. */
export function namedSession(session: string): string | undefined {
  return /^s_[0-9a-z]{19}$/.test(session) ? undefined : session;
}
