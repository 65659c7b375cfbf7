import { firstValueFrom, type Observable } from "rxjs";
import type { ClientInput, RunEvent } from "../../../../core/client/index.ts";
import type { TurnRecord } from "./conversation-tree.ts";
import { client } from "./hub.ts";
import { basePath, currentPlace } from "./router.ts";
import { namedSession } from "./run-commands.ts";
import { type GivenStdin, givenStdin } from "./run-stdin.ts";
import { followRun, kept } from "./run-streams.ts";
import { request } from "./session.ts";
import { justAsked } from "./use-conversation.ts";

/** Runs of this page that it remembers by itself; the host tells them soon. */
const mostOwn = 50;

/** Runs that this page reads. */
const streams = new Map<string, Observable<RunEvent>>();
/** Those of them that it opened: the connection gives their events to whoever opened them. */
const opened = new Map<string, Observable<RunEvent>>();

export interface Question {
  readonly flows: readonly string[];
  readonly input: (flow: string) => ClientInput;
  /** The session of each flow's answer; without one, each run is alone. */
  readonly session?: (flow: string) => string | undefined;
  /** The run that the answers go on from; null begins with nothing said. */
  readonly continues?: string | null;
  /** What each run may use. */
  readonly budget?: RunBudget | undefined;
  /** What it is called in lists until the host tells. */
  readonly title: string;
  /** The name of a question that was asked before in the same place. */
  readonly question?: string;
}

/** Starts a run of each flow at once. @throws SluiceError of the first that was refused, when the others have begun */
export async function ask({
  flows,
  input,
  session,
  continues,
  budget,
  title,
  question = crypto.randomUUID(),
}: Question): Promise<readonly TurnRecord[]> {
  const connected = client.get();
  if (connected === undefined) return [];
  const answers = await Promise.allSettled(
    flows.map(async (flow): Promise<TurnRecord> => {
      const name = session?.(flow);
      const place = name === undefined ? {} : { session: name, ...(continues === undefined ? {} : { continues }) };
      const stream = connected.run(flow, input(flow), {
        ...{ keep: true, interactive: true, ...place },
        ...(budget === undefined ? {} : { budget }),
      });
      const events$ = kept(stream);
      const run = await stream.opened;
      remember(opened, run, events$);
      remember(streams, run, events$);
      const from = continues === undefined ? {} : { continues };
      const now = new Date().toISOString();
      return { run, flow, question, title, session: name ?? "", status: "running", started: now, ...from };
    }),
  );
  const begun = answers.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  justAsked.update((before) => [...before, ...begun].slice(-mostOwn));
  const refused = answers.find((each) => each.status === "rejected");
  if (refused !== undefined) throw refused.reason;
  return begun;
}

/** Runs that stand alone and that the address names. */
export function runsInPlace(query = currentPlace().query): readonly string[] {
  return (query.get("runs") ?? "").split(",").filter((run) => run !== "");
}

/** The events of a run, from its first one on. */
export function eventsOf(run: string): Observable<RunEvent> | undefined {
  const known = streams.get(run);
  const connected = client.get();
  if (known !== undefined || connected === undefined) return known;
  // The list of a conversation may tell of a run before the connection says that this page has opened it.
  const events$ = kept(followRun(() => opened.get(run) ?? connected.follow(run)));
  remember(streams, run, events$);
  return events$;
}

/** What this page reads of a run now: of one that is under way nobody may read twice. */
export function liveEventsOf(run: string): Observable<RunEvent> | undefined {
  return streams.get(run);
}

/** A run that is over is read again where it is looked at again. */
function remember(among: Map<string, Observable<RunEvent>>, run: string, events$: Observable<RunEvent>): void {
  among.set(run, events$);
  const forget = () => among.get(run) === events$ && among.delete(run);
  events$.subscribe({ complete: forget, error: forget });
}

type RunBudget = NonNullable<Extract<RunEvent, { type: "run-start" }>["data"]["budget"]>;

/** What a run was asked, to ask it again. */
export interface Seed {
  readonly run: string;
  readonly flow: string;
  readonly text: string;
  /** Whether the text is code. */
  readonly isCode: boolean;
  readonly language?: string;
  readonly session?: string;
  /** What a program was called, and given as its arguments. */
  readonly program?: { readonly file?: string; readonly args?: readonly string[] };
  /** Names of variables that it was given; nobody is told their values. */
  readonly env: readonly string[];
  /** What its program read. */
  readonly stdin?: GivenStdin | undefined;
  readonly files: readonly string[];
  /** Files that came with it and are no longer there. */
  readonly gone: readonly string[];
  /** What it was allowed by whoever opened it. */
  readonly budget?: RunBudget;
}

/** @throws SluiceError when there is no such run */
export async function seedOf(run: string): Promise<Seed | undefined> {
  const events$ = eventsOf(run);
  if (events$ === undefined) return undefined;
  const event = await firstValueFrom(events$);
  if (event.type !== "run-start") return undefined;
  const { flow, session, input, budget } = event.data;
  const named = namedSession(session);
  const wanted = input.files ?? [];
  const there = wanted.length === 0 ? new Map<string, number>() : await filesOf(run);
  return {
    ...{ run, flow, text: input.code ?? input.text ?? "", isCode: input.code !== undefined },
    ...(input.language === undefined ? {} : { language: input.language }),
    ...(named === undefined ? {} : { session: named }),
    ...(budget === undefined ? {} : { budget }),
    ...(input.code === undefined ? {} : { program: programOf(input) }),
    env: input.env ?? [],
    stdin: input.stdin === true ? givenStdin(run, event.data, await toldOfStdin(run)) : undefined,
    files: wanted.filter((path) => there.has(path)),
    gone: wanted.filter((path) => !there.has(path)),
  };
}

async function toldOfStdin(run: string): Promise<Pick<GivenStdin, "told" | "isOver">> {
  const { isOver, stdin } = await request<{ isOver: boolean; stdin: GivenStdin["told"] | null }>(
    "GET",
    `runs/${encodeURIComponent(run)}/stdin`,
  );
  return { isOver, told: stdin ?? undefined };
}

function programOf({ file, args = [] }: { readonly file?: string; readonly args?: readonly string[] }) {
  return { ...(file === undefined ? {} : { file }), ...(args.length === 0 ? {} : { args }) };
}

/** What is left in the workspace of a run, with its sizes; nothing where its sandbox is gone. */
export async function filesOf(run: string): Promise<ReadonlyMap<string, number>> {
  try {
    const path = `runs/${encodeURIComponent(run)}/files`;
    const { files } = await request<{ files: { path: string; size: number }[] }>("GET", path);
    return new Map(files.map((file) => [file.path, file.size]));
  } catch {
    return new Map();
  }
}

export function fileHref(run: string, path: string): string {
  return `${basePath}/api/runs/${encodeURIComponent(run)}/file?path=${encodeURIComponent(path)}`;
}

/** The files themselves, to be sent again. @throws Error when one cannot be read */
export function contentsOf({
  run,
  files,
}: Pick<Seed, "run" | "files">): Promise<{ path: string; content: Uint8Array }[]> {
  return Promise.all(
    files.map(async (path) => {
      const response = await fetch(fileHref(run, path));
      if (!response.ok) throw new Error(path);
      return { path, content: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
}

/** More than this of files is no script that anybody reads. */
const mostKept = 16 * 1024 ** 2;

/** The files of a run, with what is in those that are still there, as far as there is room. */
export async function keptFiles(
  run: string,
  paths: readonly string[],
): Promise<readonly { path: string; content: Uint8Array | undefined }[]> {
  const there = paths.length === 0 ? new Map<string, number>() : await filesOf(run);
  let left = mostKept;
  const kept = paths.filter((path) => {
    const size = there.get(path) ?? Number.POSITIVE_INFINITY;
    if (size > left) return false;
    left -= size;
    return true;
  });
  const contents = new Map((await contentsOf({ run, files: kept })).map(({ path, content }) => [path, content]));
  return paths.map((path) => ({ path, content: contents.get(path) }));
}
