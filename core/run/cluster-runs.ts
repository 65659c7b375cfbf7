import type { HostRun } from "../contract/cluster.ts";
import { SluiceError } from "../contract/errors.ts";
import type {
  LeftRun,
  QueuedRun,
  QueueHost,
  QueuePriority,
  QueueQuestion,
  RunQueue,
  RunStanding,
} from "../contract/queue.ts";
import type { OpenOptions, RunAnswer, RunHandle } from "../contract/run.ts";
import type { RunRecord } from "../contract/store.ts";
import type { Journals } from "../journal/journal.ts";
import type { ClusterSessions } from "./cluster-sessions.ts";
import { askHost, demandRequest } from "./host-questions.ts";
import { createId } from "./ids.ts";
import { principalOf } from "./principal.ts";
import { canTravel, fromRequest, type QueuedRequest, toRequest } from "./queued-request.ts";
import { RemoteRun } from "./remote-run.ts";

/** Milliseconds that a sandbox is kept for whoever opened its run, and between looks whether a run still waits. */
const limits = { kept: 60_000, look: 10_000 };

/** What opens and finds runs of this host alone. */
export interface OwnRuns {
  beginHere(options: OpenOptions, place: RunPlace): RunHandle;
  /** One that this host executes, or has executed. */
  ownRun(run: string): RunHandle | undefined;
  defaultFlow(options: OpenOptions): string;
  /** Hosts that may execute a run of the flow, where another may go on. */
  attemptsOf(flow: string): number | undefined;
  /** Whose a session of this host is; undefined where there is none of that name. */
  ownerOfSession(session: string): { readonly owner: string | undefined } | undefined;
}

/** Where a run that was given by a queue stands. */
export interface RunPlace {
  readonly run: string;
  /** The last event that another host has written of it. */
  readonly after?: number;
  readonly attempt?: number;
  /** The name of its session, which is its own. */
  readonly session?: string;
  /** Why it is refused. */
  readonly refusal?: SluiceError;
}

export interface ClusterRunsOptions {
  readonly own: OwnRuns;
  readonly journals: Journals;
  readonly queue: () => RunQueue | undefined;
  readonly sessions: ClusterSessions | undefined;
  readonly find: (run: string) => Promise<RunRecord | undefined>;
}

/** Runs that go through a queue: those that this host gives to it, and those that it takes from it. */
export class ClusterRuns implements Omit<QueueHost, "about" | "room"> {
  readonly #options: ClusterRunsOptions;
  readonly #given = new Map<string, RemoteRun>();
  readonly #kept = new Map<string, () => void>();
  readonly #here = new Map<RunHandle, number>();

  constructor(options: ClusterRunsOptions) {
    this.#options = options;
  }

  /** Gives the run to the queue, or to the host of its session; undefined where it stays here. */
  offer(options: OpenOptions): RunHandle | undefined {
    const queue = this.#options.queue();
    if (queue === undefined || this.#isOfOwnSession(options)) return undefined;
    if (options.session === undefined && !canTravel(options)) return undefined;
    const { own } = this.#options;
    const [run, flow, alone] = [createId("r"), own.defaultFlow(options), createId("s")];
    const remote = this.#expect(queue, { run, flow, session: options.session ?? alone }, options);
    void this.#give(queue, options, { run, flow, request: toRequest(options, flow, alone) }).catch((error: unknown) =>
      own.beginHere(options, { run, refusal: SluiceError.from(error) }),
    );
    void options.keepUntil?.then(
      () => remote.release(),
      () => remote.release(),
    );
    return remote;
  }

  /** A run that some host will begin: whoever follows it here waits for its start. */
  #expect(queue: RunQueue, place: Pick<RunHandle, "run" | "flow" | "session">, options: OpenOptions): RemoteRun {
    const { own, journals } = this.#options;
    const { run } = place;
    const remote = new RemoteRun({
      ...{ ...place, owner: options.owner, journals, queue },
      local: () => own.ownRun(run),
      standing: () => this.#standingOf(run),
      ...(options.session === undefined ? { endWaiting: () => this.#endWaiting(run, options) } : {}),
    });
    journals.expected.add(run);
    this.#given.set(run, remote);
    void remote.done.then(() => {
      journals.expected.delete(run);
      this.#given.delete(run);
    });
    return remote;
  }

  /** Writes the start and the end of a run that waits: the store takes one start, so no host begins it any more. */
  async #endWaiting(run: string, { key: _key, keepUntil: _keep, ...options }: OpenOptions): Promise<boolean> {
    const { own, journals } = this.#options;
    const refusal = new SluiceError("SLUICE_RUN_CANCELLED", "the run was cancelled while it waited for a host");
    own.beginHere(options, { run, refusal });
    await journals.begun(run);
    return own.ownRun(run) !== undefined;
  }

  /** A run of this host has begun: others may ask for it until a while after its end. */
  opened(handle: RunHandle): void {
    this.#here.set(handle, performance.now());
    void handle.done.then(() => this.#here.delete(handle));
    const release = this.#options.queue()?.serve(handle.run);
    if (release !== undefined) void handle.done.then(() => void setTimeout(release, limits.kept).unref());
  }

  /** Runs under way at this host. */
  get here(): readonly HostRun[] {
    return [...this.#here].map(([{ run, flow, session, owner }, began]) => ({
      ...{ run, flow, session, age: Math.round(performance.now() - began) },
      ...(owner === undefined ? {} : { owner }),
    }));
  }

  async #give(queue: RunQueue, options: OpenOptions, item: Pick<QueuedRun, "run" | "flow" | "request">): Promise<void> {
    const { own } = this.#options;
    if (options.session === undefined) {
      const client = principalOf(options.owner) ?? "nobody";
      const attempts = own.attemptsOf(item.flow);
      await queue.submit({
        ...{ ...item, client, priority: priorityOf(options.tags) },
        ...(attempts === undefined ? {} : { attempts }),
      });
      void this.#lookAfter(queue, options, item.run);
      return;
    }
    const { sessions } = this.#options;
    const holder =
      (await sessions?.claim(options.session, options.owner)) ?? (await queue.sessions.claim(options.session));
    const here = queue.hosts.find((each) => each.own)?.host === holder;
    if (here) {
      own.beginHere(options, { run: item.run });
      // It was refused: the name stays free.
      if (own.ownerOfSession(options.session) === undefined) queue.sessions.release(options.session);
    } else if (canTravel(options))
      await askHost(queue, { host: holder, run: item.run, method: "open", params: item.request });
    else {
      const what = "input that is still being written, variables, and a run that continues another do not travel";
      throw new SluiceError("SLUICE_SESSION_ELSEWHERE", `${options.session} is a session of host ${holder}: ${what}`);
    }
  }

  #isOfOwnSession({ session }: OpenOptions): boolean {
    return session !== undefined && this.#options.own.ownerOfSession(session) !== undefined;
  }

  /** One that this host gave to the queue, or has found in it. */
  get(run: string): RunHandle | undefined {
    return this.#given.get(run);
  }

  /** One that any host of the cluster has. */
  async find(run: string): Promise<RunHandle | undefined> {
    const queue = this.#options.queue();
    const known = this.#options.own.ownRun(run) ?? this.#given.get(run);
    if (known !== undefined || queue === undefined) return known;
    const record = await this.#options.find(run);
    if (record === undefined) return this.#findWaiting(queue, run);
    if (record.status !== "running") return undefined;
    const { session, flow, owner } = record;
    const local = () => this.#options.own.ownRun(run);
    const standing = () => this.#standingOf(run);
    return new RemoteRun({ run, session, flow, owner, journals: this.#options.journals, queue, local, standing });
  }

  async #standingOf(run: string): Promise<RunStanding> {
    const record = await this.#options.find(run);
    if (record === undefined) return "new";
    return record.status === "running" ? "live" : "ended";
  }

  async #findWaiting(queue: RunQueue, run: string): Promise<RunHandle | undefined> {
    const item = await queue.find(run);
    // Another call may have found it meanwhile.
    if (item === undefined || this.#given.has(run)) return this.#given.get(run);
    const { alone: session, ...asked } = item.request as QueuedRequest;
    return this.#expect(
      queue,
      { run, flow: item.flow, session },
      fromRequest(asked, async () => undefined),
    );
  }

  async execute(item: QueuedRun, { after, attempt }: LeftRun): Promise<void> {
    const { run } = item;
    const handle = this.#options.own.beginHere(...this.#toOpen(item, { run, after, attempt }));
    await handle.done;
    await this.#options.journals.flush();
    const late = setTimeout(() => this.#kept.get(run)?.(), limits.kept);
    late.unref();
  }

  /** What nobody can open ends here, with the reason: it would come back for ever. */
  #toOpen({ run, client, request }: QueuedRun, place: RunPlace): [options: OpenOptions, place: RunPlace] {
    try {
      const { alone: session, ...asked } = demandRequest(request);
      return [fromRequest(asked, () => this.#keep(run)), { ...place, session }];
    } catch (error) {
      return [
        { input: { text: "" }, owner: client },
        { ...place, refusal: SluiceError.from(error) },
      ];
    }
  }

  sessionTaken(session: string, holder: string): void {
    this.#options.sessions?.taken(session, holder);
  }

  async answer(question: QueueQuestion): Promise<unknown> {
    const ofSession = this.#options.sessions?.answer(question);
    if (ofSession !== undefined) return ofSession;
    const { run, method, params } = question;
    if (method === "open" && run !== undefined) return this.#openForOther(run, params as QueuedRequest);
    const handle = run === undefined ? undefined : this.#options.own.ownRun(run);
    if (run === undefined || handle === undefined) {
      throw new SluiceError("SLUICE_RUN_NOT_FOUND", `the run ${run} is not under way at this host`);
    }
    switch (method) {
      case "cancel":
        return handle.cancel((params as { scope: "run" | "step" }).scope);
      case "interrupt":
        return handle.interrupt();
      case "input":
        return handle.input(params as RunAnswer);
      case "files":
        return handle.files();
      case "file":
        return Buffer.from(await handle.file((params as { path: string }).path)).toString("base64");
      case "release":
        return this.#kept.get(run)?.();
      default:
        throw new SluiceError("SLUICE_USAGE", `no host answers ${method}`);
    }
  }

  /** In a session that is here, for somebody whose it is. */
  #openForOther(run: string, { alone: _alone, ...request }: QueuedRequest): void {
    const options = fromRequest(request, () => this.#keep(run));
    const session = this.#options.own.ownerOfSession(options.session ?? "");
    if (session !== undefined && principalOf(session.owner) !== principalOf(options.owner)) {
      throw new SluiceError("SLUICE_WIRE_FORBIDDEN", `the session ${options.session} is somebody else's`);
    }
    this.#options.own.beginHere(options, { run });
  }

  #keep(run: string): Promise<void> {
    return new Promise((resolve) => {
      this.#kept.set(run, () => {
        this.#kept.delete(run);
        resolve();
      });
    });
  }

  /** A run that no queue has any more and that no host has begun would wait for ever. */
  async #lookAfter(queue: RunQueue, options: OpenOptions, run: string): Promise<void> {
    while (this.#given.has(run)) {
      await new Promise((resolve) => setTimeout(resolve, limits.look).unref());
      const { journals, own, find } = this.#options;
      if (!this.#given.has(run) || journals.cutOff) continue;
      try {
        if ((await find(run)) !== undefined) return;
        if ((await queue.find(run)) !== undefined) continue;
        const refusal = new SluiceError("SLUICE_RUN_LOST", "the queue does not have the run any more");
        own.beginHere(options, { run, refusal });
        return;
      } catch (error) {
        // The servers cannot be asked now.
        if (!SluiceError.is(error)) throw error;
      }
    }
  }
}

/** By a tag, so that every client can say it. */
function priorityOf(tags: readonly string[] = []): QueuePriority {
  if (tags.includes("priority:high")) return "high";
  return tags.includes("priority:low") ? "low" : "normal";
}
