/** A run of a conversation, as the host tells it. */
export interface TurnRecord {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly status: string;
  readonly started: string;
  /** The beginning of what was asked. */
  readonly title: string;
  /** The same for runs that were asked the same. */
  readonly question: string;
  /** The run that it goes on from; null begins anew. Journals of before do not say it. */
  readonly continues?: string | null;
}

/** What a flow answered to one question: again and again, of which one is shown. */
export interface Column {
  readonly flow: string;
  readonly shown: TurnRecord;
  /** The oldest first. */
  readonly versions: readonly TurnRecord[];
}

/** One question, and the answers that are shown side by side. */
export interface Turn {
  readonly question: string;
  /** The run that all of it goes on from. */
  readonly parent: string | null;
  readonly columns: readonly Column[];
  /** What the next turn goes on from. */
  readonly chosen: TurnRecord;
  /** One run of each question that was asked in this place, the oldest first. */
  readonly versions: readonly TurnRecord[];
}

/** Runs that were there before `continues` was go on from the one before them in their session. */
function parentsOf(runs: readonly TurnRecord[]): ReadonlyMap<string, string | null> {
  const known = new Set(runs.map(({ run }) => run));
  const parents = new Map<string, string | null>();
  const latest = new Map<string, string>();
  for (const { run, session, continues } of runs) {
    const parent = continues === undefined ? (latest.get(session) ?? null) : continues;
    // What is not told any more is where the conversation begins for us.
    parents.set(run, parent !== null && known.has(parent) ? parent : null);
    latest.set(session, run);
  }
  return parents;
}

/** The turns that lead to `tip`, or to the newest run; `runs` are in the order in which they were asked. */
export function turnsOf(runs: readonly TurnRecord[], tip?: string): readonly Turn[] {
  const parents = parentsOf(runs);
  const known = new Map(runs.map((record) => [record.run, record]));
  const turns: Turn[] = [];
  let next = known.get(tip ?? "") ?? newestOf(runs, parents);
  while (next !== undefined) {
    const parent: string | null = parents.get(next.run) ?? null;
    const siblings = runs.filter(({ run }) => parents.get(run) === parent);
    turns.unshift(turnOf(next, parent, siblings));
    next = known.get(parent ?? "");
  }
  return turns;
}

/** Of several answers that were asked for at once, the first. */
function newestOf(runs: readonly TurnRecord[], parents: ReadonlyMap<string, string | null>): TurnRecord | undefined {
  const newest = runs.at(-1);
  if (newest === undefined) return undefined;
  const parent = parents.get(newest.run) ?? null;
  const siblings = runs.filter(({ run, question }) => parents.get(run) === parent && question === newest.question);
  const again = siblings.filter(({ flow }) => flow === newest.flow).length > 1;
  return again ? newest : siblings[0];
}

function turnOf(chosen: TurnRecord, parent: string | null, siblings: readonly TurnRecord[]): Turn {
  const questions = Map.groupBy(siblings, ({ question }) => question);
  const flows = Map.groupBy(questions.get(chosen.question) ?? [], ({ flow }) => flow);
  const columns = [...flows].map(([flow, versions]) => ({
    flow,
    versions,
    shown: flow === chosen.flow ? chosen : (versions.at(-1) ?? chosen),
  }));
  const versions = [...questions.values()].map(
    (asked) => asked.findLast(({ run }) => run === chosen.run) ?? lastOf(asked),
  );
  return { question: chosen.question, parent, columns, chosen, versions };
}

function lastOf(asked: readonly TurnRecord[]): TurnRecord {
  const last = asked.at(-1);
  if (last === undefined) throw new Error("a group has at least one member");
  return last;
}

/** The newest run that goes on from `run`: where a person who goes there wants to read on. */
export function tipFrom(runs: readonly TurnRecord[], run: string): string {
  const parents = parentsOf(runs);
  let tip = run;
  for (const { run: next } of runs) if (parents.get(next) === tip) tip = newestChild(runs, parents, tip);
  return tip;
}

function newestChild(runs: readonly TurnRecord[], parents: ReadonlyMap<string, string | null>, parent: string): string {
  return runs.findLast(({ run }) => parents.get(run) === parent)?.run ?? parent;
}

/** Answers to one question at once; each has a session of its own. */
const mostLanes = 8;

/**
 * The session in which each flow answers. The flow that answered before goes on in its own, with its variables; so do
 * others that have answered in this conversation.
 */
export function lanesOf(
  name: string,
  flows: readonly string[],
  runs: readonly TurnRecord[],
  parent?: TurnRecord,
): ReadonlyMap<string, string> {
  const all = [name, ...Array.from({ length: mostLanes - 1 }, (_, index) => `${name}~${index + 2}`)];
  const lanes = new Map<string, string>();
  const free = new Set(all);
  const take = (flow: string, session: string | undefined) => {
    if (session === undefined || lanes.has(flow) || !free.delete(session)) return;
    lanes.set(flow, session);
  };
  const heir = parent === undefined || !flows.includes(parent.flow) ? flows[0] : parent.flow;
  if (heir !== undefined) take(heir, parent?.session ?? name);
  for (const flow of flows)
    take(flow, runs.findLast((record) => record.flow === flow && free.has(record.session))?.session);
  const used = new Set(runs.map(({ session }) => session));
  for (const flow of flows) take(flow, [...free].find((session) => !used.has(session)) ?? [...free][0]);
  return lanes;
}
