import { EventEmitter, once } from "node:events";
import { BehaviorSubject, NEVER } from "rxjs";
import {
  type ClientHost,
  type EventData,
  type EventType,
  type HostApi,
  type InstanceStatus,
  type JournalEntry,
  type JournalPage,
  type OpenOptions,
  type Principal,
  type RunAnswer,
  type RunEvent,
  type RunHandle,
  type RunRecord,
  type SandboxFile,
  SluiceError,
  type TransportHost,
} from "../../../core/contract/index.ts";
import { HostOfTransport } from "../../../core/host/authority/transport-host.ts";
import { FeedRing } from "../../../core/host/feed.ts";
import { Grants } from "../../../core/host/grants.ts";

type RunEnd = Extract<RunEvent, { type: "run-end" }>;

/** A run whose events a test writes. */
export class FakeRun implements RunHandle {
  refusal?: SluiceError;
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  readonly done: Promise<RunEnd>;
  readonly entries: JournalEntry[] = [];
  readonly answers: RunAnswer[] = [];
  readonly cancels: string[] = [];
  readonly options: OpenOptions;
  interrupts = 0;
  ended = false;
  readonly changed = new EventEmitter().setMaxListeners(0);
  #resolve: (event: RunEnd) => void;

  constructor(run: string, options: OpenOptions) {
    this.run = run;
    this.options = options;
    this.session = options.session ?? `session-of-${run}`;
    this.flow = options.flow ?? "run";
    this.owner = options.owner;
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.done = promise;
    this.#resolve = resolve;
    this.emit("run-start", { flow: this.flow, session: this.session, input: {} });
  }

  emit<Type extends EventType>(type: Type, data: EventData[Type]): void {
    if (this.ended) return;
    const seq = this.entries.length + 1;
    const event = { run: this.run, seq, time: new Date(0).toISOString(), source: "fake", type, data } as RunEvent;
    this.entries.push({ event, json: JSON.stringify(event) });
    if (event.type === "run-end") {
      this.ended = true;
      this.#resolve(event);
    }
    this.changed.emit("changed");
  }

  text(text: string): void {
    this.emit("text-delta", { text });
  }

  end(status: EventData["run-end"]["status"] = "ok"): void {
    const usage = { inputTokens: 0, outputTokens: 0 };
    this.emit("run-end", { status, usage, cost: { amount: 0, currency: "USD" } });
  }

  async *events(after = 0): AsyncIterable<RunEvent> {
    for (let at = after; ; at += 1) {
      while (this.entries.length <= at) {
        if (this.ended) return;
        await once(this.changed, "changed");
      }
      const entry = this.entries[at];
      if (entry !== undefined) yield entry.event;
    }
  }

  cancel(scope: "run" | "step" = "run"): void {
    this.cancels.push(scope);
    if (scope === "run") this.end("cancelled");
  }

  async interrupt(): Promise<boolean> {
    this.interrupts += 1;
    return true;
  }

  async input(answer: RunAnswer): Promise<void> {
    this.answers.push(answer);
    this.changed.emit("answer");
  }

  async files() {
    return [];
  }

  async file(path: string): Promise<Uint8Array> {
    throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no ${path}`);
  }
}

export type FakeFlow = (run: FakeRun) => void | Promise<void>;

/** A host without flows, models or sandboxes: runs are what the test's function for the flow emits. */
export class FakeHost implements HostApi, TransportHost {
  readonly feed = new FeedRing();
  readonly access = new Grants(() => () => undefined);
  readonly operation = undefined as never;
  readonly info = {
    contract: 1,
    host: "fake",
    version: "0.0.0",
    profile: "<config>",
    token: "main-token-0123456789" as string | null,
  };
  readonly all = new Map<string, FakeRun>();
  readonly keys = new Map<string, FakeRun>();
  readonly files$ = new Map<string, Map<string, Uint8Array>>();
  readonly live = new Map<string, string | undefined>();
  readonly set: { instance: string; values: unknown; origin: string }[] = [];
  /** Says what a model takes for one run. */
  forRun: (instance: string, values: Readonly<Record<string, unknown>>) => void = () => undefined;
  /** `seq` up to which events are gone. */
  forgotten = 0;
  /** Entries of one page. */
  page = 64;
  readonly status$ = new BehaviorSubject<readonly InstanceStatus[]>([]);
  readonly hostEvents$ = NEVER;
  readonly config = { file: "<config>", value: {}, origins: {} };
  readonly flows;
  readonly #flows: Readonly<Record<string, FakeFlow>>;

  constructor(flows: Readonly<Record<string, FakeFlow>>) {
    this.#flows = flows;
    this.flows = Object.keys(flows).map((name) => {
      return { name, expression: name, instances: [name], optionalAbsent: [], takes: "text" as const };
    });
  }

  /** As the host itself does it: what is asked here passes the table of authority. */
  as(principal: Principal): ClientHost {
    return new HostOfTransport("fake", this, this.access).as(principal);
  }

  readonly runs = (() => {
    const host = this;
    return {
      open: (options: OpenOptions): RunHandle => {
        const known = options.key === undefined ? undefined : host.keys.get(options.key);
        if (known !== undefined) return known;
        const flow = host.#flows[options.flow ?? "run"];
        if (flow === undefined) throw new SluiceError("SLUICE_FLOW_NOT_FOUND", `there is no flow ${options.flow}`);
        const run = new FakeRun(`run-${host.all.size + 1}`, options);
        host.all.set(run.run, run);
        if (!host.live.has(run.session)) host.live.set(run.session, options.owner);
        if (options.key !== undefined) host.keys.set(options.key, run);
        void flow(run);
        return run;
      },
      get: (run: string) => host.all.get(run),
      find: async (run: string) => host.all.get(run),
      list: async (query: { run?: string } = {}): Promise<readonly RunRecord[]> =>
        [...host.all.values()]
          .filter(({ run }) => query.run === undefined || run === query.run)
          .map(({ run, flow, session, owner, entries, ended }) => ({
            ...{ run, flow, session, owner, input: "", started: "", lastSeq: entries.length },
            status: ended ? ("ok" as const) : ("running" as const),
          })),
      get active() {
        return [...host.all.values()].filter(({ ended }) => !ended).length;
      },
    };
  })();

  readonly sessions = {
    list: () =>
      [...this.live].map(([session, owner]) => ({
        ...{ session, created: "", lastUsed: "", runs: 1, sandboxes: [] as string[] },
        ...(owner === undefined ? {} : { owner }),
      })),
    all: async () => this.sessions.list(),
    find: async (name: string) => this.sessions.list().find(({ session }) => session === name),
    close: async (session: string) => this.live.delete(session),
    put: async (session: string, files: readonly SandboxFile[]) => {
      const kept = this.files$.get(session) ?? new Map<string, Uint8Array>();
      for (const { path, content } of files) kept.set(path, content);
      this.files$.set(session, kept);
    },
    get: async (session: string, path: string) => {
      const found = this.files$.get(session)?.get(path);
      if (found === undefined) throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no ${path}`);
      return found;
    },
    files: async (session: string) =>
      [...(this.files$.get(session) ?? [])].map(([path, content]) => {
        return { path, size: content.byteLength, mime: "text/plain" };
      }),
  };

  readonly journal = {
    follow: (run: string, after: number, signal?: AbortSignal) => this.#follow(run, after, signal),
    has: async (run: string) => this.all.has(run),
  };

  readonly models = { list: () => [{ id: "fake", plugin: "fake", model: "fake-1", status: "ok" as const }] };

  readonly settings = {
    get: () => ({ level: "info" }),
    set: (instance: string, values: unknown, origin: string) => {
      this.set.push({ instance, values, origin });
    },
    demandForRun: (instance: string, values: Readonly<Record<string, unknown>>) => this.forRun(instance, values),
  };

  async *#follow(name: string, after: number, signal?: AbortSignal): AsyncIterable<JournalPage> {
    const run = this.all.get(name);
    if (run === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${name}`);
    let at = after;
    if (at < this.forgotten) {
      yield { kind: "gap", from: at + 1, to: this.forgotten, reason: "expired" };
      at = this.forgotten;
    }
    while (!signal?.aborted) {
      const entries = run.entries.slice(at, at + this.page);
      at += entries.length;
      if (entries.length > 0) yield { kind: "events", entries };
      else if (run.ended) return;
      else await once(run.changed, "changed", { signal }).catch(() => undefined);
    }
  }
}
