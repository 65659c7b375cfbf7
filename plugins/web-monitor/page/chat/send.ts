import { ask, contentsOf, type Seed, seedOf } from "../lib/asked.ts";
import type { TurnRecord } from "../lib/conversation-tree.ts";
import { t } from "../lib/i18n.ts";
import { sentStdin } from "../lib/run-stdin.ts";
import { refusalOf } from "../lib/session.ts";
import { stdinInWords } from "../lib/stdin-words.ts";
import { say } from "../parts/dialog.tsx";
import { bytesOf } from "./added-files.tsx";

/** A question, and where it is asked. */
export interface Sending {
  readonly flows: readonly string[];
  readonly text: string;
  /** What the text is written in, where it is code. */
  readonly language?: string | undefined;
  readonly files?: readonly File[];
  /** The run whose files go with it. */
  readonly seed?: Seed | undefined;
  /** The session of each flow's answer; without one, each run is alone. */
  readonly session?: (flow: string) => string | undefined;
  readonly continues?: string | null;
  readonly question?: string;
}

/** Asks; what is refused is said. Undefined where nothing was asked. */
export async function send({
  text,
  language,
  files = [],
  seed,
  ...place
}: Sending): Promise<readonly TurnRecord[] | undefined> {
  try {
    const earlier = seed === undefined ? [] : await contentsOf(seed);
    const added = await bytesOf(files);
    const names = new Set(added.map(({ path }) => path));
    const all = [...earlier.filter(({ path }) => !names.has(path)), ...added];
    const given = all.length === 0 ? {} : { files: all };
    const { args, ...program } = seed?.program ?? {};
    const stdin = seed?.stdin === undefined ? undefined : sentStdin(seed.stdin);
    const read = stdin === undefined ? {} : { stdin };
    const code = { code: text, ...program, ...(args === undefined ? {} : { args: [...args] }), ...read, ...given };
    const input = language === undefined ? { text, ...given } : { ...code, language };
    return await ask({ ...place, budget: seed?.budget, title: text.slice(0, 200), input: () => input });
  } catch (error) {
    say(error instanceof Error && !("code" in error) ? error.message : refusalOf(error).message, "bad");
    return undefined;
  }
}

/** Asks the same again, in the same place. */
export async function sendAgain(record: TurnRecord, parent: string | null): Promise<void> {
  try {
    const seed = await seedOf(record.run);
    if (seed === undefined) return;
    for (const path of seed.gone) say(t("{path} is gone", { path }), "bad");
    if (seed.stdin !== undefined && seed.stdin.content === undefined) say(stdinInWords(seed.stdin), "bad");
    await send({
      ...{ flows: [record.flow], text: seed.text, seed, continues: parent, question: record.question },
      ...(seed.isCode ? { language: seed.language ?? "python" } : {}),
      session: () => record.session,
    });
  } catch (error) {
    say(refusalOf(error).message, "bad");
  }
}
