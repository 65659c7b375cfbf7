import { firstValueFrom, type Observable } from "rxjs";
import type { ClientInput, RunEvent } from "../../../../core/client/index.ts";
import { client } from "./hub.ts";
import { basePath, currentPlace, setQuery } from "./router.ts";
import { namedSession } from "./run-commands.ts";
import { followRun, kept } from "./run-streams.ts";
import { request } from "./session.ts";
import { Store } from "./store.ts";

/** Runs shown under Ask, the newest first; older ones are in the list of runs. */
const mostShown = 12;

/** A question that was just sent; its run has no name yet. */
export interface Pending {
  readonly key: string;
  readonly flow: string;
  readonly events$: Observable<RunEvent>;
}

export const pending = new Store<readonly Pending[]>([]);
/** Runs that this page reads. */
const streams = new Map<string, Observable<RunEvent>>();

export interface Question {
  readonly flows: readonly string[];
  readonly input: (flow: string) => ClientInput;
  readonly session?: string;
  /** What each run may use. */
  readonly budget?: RunBudget;
}

/** Starts a run of each flow. Their names go into the address: a reload and another tab show them again. */
export function ask({ flows, input, session, budget }: Question): void {
  const connected = client.get();
  if (connected === undefined) return;
  const options = {
    ...{ keep: true, interactive: true },
    ...(session === undefined ? {} : { session }),
    ...(budget === undefined ? {} : { budget }),
  };
  const started = flows.map((flow) => {
    const stream = connected.run(flow, input(flow), options);
    return { key: crypto.randomUUID(), flow, run: stream.opened, events$: kept(stream) };
  });
  pending.update((before) => [...started, ...before]);
  void Promise.allSettled(started.map(({ run }) => run)).then((opened) => {
    const names = opened.flatMap((each, index) => {
      const { events$ } = started[index] ?? {};
      if (each.status === "rejected" || events$ === undefined) return [];
      remember(each.value, events$);
      return [each.value];
    });
    const keys = new Set<string>(
      started.flatMap(({ key }, index) => (opened[index]?.status === "fulfilled" ? [key] : [])),
    );
    if (currentPlace().path === "ask") setQuery({ runs: [...names, ...runsInPlace()].slice(0, mostShown).join(",") });
    pending.update((before) => before.filter(({ key }) => !keys.has(key)));
  });
}

/** The runs that the address names. */
export function runsInPlace(query = currentPlace().query): readonly string[] {
  return (query.get("runs") ?? "").split(",").filter((run) => run !== "");
}

/** The events of a run, from its first one on. */
export function eventsOf(run: string): Observable<RunEvent> | undefined {
  const known = streams.get(run);
  const connected = client.get();
  if (known !== undefined || connected === undefined) return known;
  const events$ = kept(followRun(connected, run));
  remember(run, events$);
  return events$;
}

/** What this page reads of a run now: of one that is under way nobody may read twice. */
export function liveEventsOf(run: string): Observable<RunEvent> | undefined {
  return streams.get(run);
}

/** A run that is over is read again where it is looked at again. */
function remember(run: string, events$: Observable<RunEvent>): void {
  streams.set(run, events$);
  const forget = () => streams.delete(run);
  events$.subscribe({ complete: forget, error: forget });
}

type RunBudget = NonNullable<Extract<RunEvent, { type: "run-start" }>["data"]["budget"]>;

/** What a run was asked, to ask it again. */
export interface Seed {
  readonly run: string;
  readonly flow: string;
  readonly text: string;
  readonly language?: string;
  readonly session?: string;
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
  const there = wanted.length === 0 ? new Set<string>() : await filesOf(run);
  return {
    ...{ run, flow, text: input.code ?? input.text ?? "" },
    ...(input.language === undefined ? {} : { language: input.language }),
    ...(named === undefined ? {} : { session: named }),
    ...(budget === undefined ? {} : { budget }),
    files: wanted.filter((path) => there.has(path)),
    gone: wanted.filter((path) => !there.has(path)),
  };
}

/** Paths of what is left in the workspace of a run; none where its sandbox is gone. */
export async function filesOf(run: string): Promise<ReadonlySet<string>> {
  try {
    const { files } = await request<{ files: { path: string }[] }>("GET", `runs/${encodeURIComponent(run)}/files`);
    return new Set(files.map(({ path }) => path));
  } catch {
    return new Set();
  }
}

export function fileHref(run: string, path: string): string {
  return `${basePath}/api/runs/${encodeURIComponent(run)}/file?path=${encodeURIComponent(path)}`;
}

/** The files themselves, to be sent again. @throws Error when one cannot be read */
export function contentsOf({ run, files }: Seed): Promise<{ path: string; content: Uint8Array }[]> {
  return Promise.all(
    files.map(async (path) => {
      const response = await fetch(fileHref(run, path));
      if (!response.ok) throw new Error(path);
      return { path, content: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
}
