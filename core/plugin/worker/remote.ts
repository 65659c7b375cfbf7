import { map, Observable } from "rxjs";
import type { Emission, Usage } from "../../contract/event.ts";
import type { ModelEvent, ModelRequest } from "../../contract/model.ts";
import type {
  ExecuteOptions,
  PrepareOptions,
  PrepareProgress,
  SandboxFile,
  SessionSpec,
} from "../../contract/sandbox.ts";
import type { SinkEntry } from "../../contract/sink.ts";
import type { StageQuestion, StageRun } from "../../contract/stage.ts";
import type { HostOwner, RunQuery } from "../../contract/store.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import type { Facts } from "./protocol.ts";
import type { IsolableKind } from "./served.ts";
import type { WorkerPort } from "./worker-port.ts";

/**
 * An instance that lives in another process, as the host calls it. What comes from there is whatever the plugin made: the
 * seam looks at it as it looks at what is made here.
 */
type Remote = (peer: WorkerPort, facts: () => Facts) => object;

/** Only the methods that the instance itself has, of those that need not be. */
function optional<Methods extends object>(facts: () => Facts, methods: Methods): Partial<Methods> {
  const { has } = facts();
  return Object.fromEntries(Object.entries(methods).filter(([name]) => has.includes(name))) as Partial<Methods>;
}

export const remote: Readonly<Record<IsolableKind, Remote>> = {
  model(peer, facts) {
    /** What answers cost, by the very object that told of their tokens. */
    const prices = new WeakMap<object, unknown>();
    const opened = (item: unknown): ModelEvent => {
      const { event, price } = (isJsonObject(item) ? item : {}) as { event: ModelEvent; price?: unknown };
      if (event?.type === "finish" && isJsonObject(event.usage)) prices.set(event.usage, price);
      return event;
    };
    const methods = optional(facts, {
      probe: (signal: AbortSignal) => peer.call(0, "probe", [], signal),
      list: (signal: AbortSignal) => peer.call(0, "list", [], signal),
      loadPrices: () => peer.call(0, "loadPrices"),
      pull: (options: PrepareOptions, signal: AbortSignal) => prepared(peer, "pull", options, signal),
      cost: (usage: Usage) => prices.get(usage) ?? null,
    });
    return {
      get modelId() {
        return facts().fields["modelId"];
      },
      get textCalls() {
        return facts().fields["textCalls"];
      },
      get vision() {
        return facts().fields["vision"];
      },
      get timeout() {
        return facts().fields["timeout"];
      },
      ...methods,
      generate: (request: ModelRequest, signal: AbortSignal) =>
        peer.stream(0, "generate", [request], { signal }).pipe(map(opened)),
    };
  },

  stage: (peer) => ({
    apply: (events: Observable<Emission>, { run, session, signal, ask, slow }: StageRun) =>
      new Observable((reader) => {
        const before = peer.expose({
          events: ({ pressure }) => {
            slow(pressure);
            return events;
          },
          ask: ({ args: [question] }) => ask(question as StageQuestion),
        });
        const reading = peer.stream(0, "apply", [before, { run, session }], { signal }).subscribe(reader);
        return () => {
          reading.unsubscribe();
          peer.withdraw(before);
        };
      }),
  }),

  sink: (peer) => ({
    write: (batch: readonly SinkEntry[]) => peer.call(0, "write", [batch]),
    flush: () => peer.call(0, "flush"),
  }),

  store(peer, facts) {
    /** Who lives, of those whose unfinished runs were told last. */
    const alive = new Map<string, unknown>();
    return {
      append: (batch: unknown) => peer.call(0, "append", [batch]),
      read: (...args: unknown[]) => peer.call(0, "read", args),
      runs: (query: RunQuery) => peer.call(0, "runs", [query]),
      async unfinished() {
        const told = await peer.call(0, "unfinished");
        if (!Array.isArray(told)) return told;
        alive.clear();
        return told.map(({ each, alive: lives }) => {
          if (isJsonObject(each) && isJsonObject(each.owner)) alive.set(String(each.owner["host"]), lives);
          return each;
        });
      },
      ...optional(facts, {
        probe: (signal: AbortSignal) => peer.call(0, "probe", [], signal),
        isAlive: ({ host }: HostOwner) => alive.get(host),
        hold: (run: string) => {
          const target = peer.call(0, "hold", [run]);
          // A worker that has ended holds nothing any more.
          return () => {
            target
              .then((held) => (typeof held === "number" ? peer.call(held, "release") : undefined))
              .catch(() => undefined);
          };
        },
      }),
    };
  },

  sandbox: (peer, facts) => ({
    async open(spec: SessionSpec, signal: AbortSignal) {
      const opened = await peer.call(0, "open", [spec], signal);
      if (!isJsonObject(opened)) return opened;
      return sessionOf(peer, opened as unknown as OpenedSession);
    },
    ...optional(facts, {
      prepare: (options: PrepareOptions, signal: AbortSignal) => prepared(peer, "prepare", options, signal),
      base: (options: PrepareOptions, signal: AbortSignal) => prepared(peer, "base", options, signal),
      list: (signal: AbortSignal) => peer.call(0, "list", [], signal),
      clean: ({ all }: { readonly all: boolean }, signal: AbortSignal) => peer.call(0, "clean", [all], signal),
    }),
  }),
};

interface OpenedSession {
  readonly id: unknown;
  readonly limits: unknown;
  readonly takesEnv: unknown;
  readonly target: number;
}

function sessionOf(peer: WorkerPort, { id, limits, takesEnv, target }: OpenedSession) {
  return {
    id,
    limits,
    takesEnv,
    // A worker that ends takes its sessions with it.
    closed: peer.call(target, "closed").then(
      () => undefined,
      () => undefined,
    ),
    stats$: peer.stream(target, "stats", []),
    execute: (code: string, options: ExecuteOptions) => executed(peer, target, code, options),
    interrupt: () => peer.call(target, "interrupt"),
    input: (text: string | null) => peer.call(target, "input", [text]),
    put: (files: readonly SandboxFile[], signal?: AbortSignal) => peer.call(target, "put", [files], signal),
    get: (path: string, signal?: AbortSignal) => peer.call(target, "get", [path], signal),
    list: (signal?: AbortSignal) => peer.call(target, "list", [], signal),
    [Symbol.asyncDispose]: async () => {
      await peer.call(target, "dispose");
    },
  };
}

function executed(peer: WorkerPort, target: number, code: string, options: ExecuteOptions): Observable<unknown> {
  const { stdin, signal, pressure, ...plain } = options;
  const stream = (input: number | undefined) =>
    peer.stream(target, "execute", [code, plain, input], { signal, pressure });
  if (stdin === undefined) return stream(undefined);
  return new Observable((reader) => {
    const pieces = stdin[Symbol.asyncIterator]();
    const input = peer.expose({
      next: async () => {
        const piece = await pieces.next();
        return piece.done ? undefined : piece.value;
      },
    });
    const reading = stream(input).subscribe(reader);
    return () => {
      reading.unsubscribe();
      peer.withdraw(input);
      pieces.return?.()?.catch(() => undefined);
    };
  });
}

async function prepared(peer: WorkerPort, step: string, options: PrepareOptions, signal: AbortSignal): Promise<void> {
  const { force, onProgress } = options;
  const target = onProgress && peer.expose({ step: ({ args: [progress] }) => onProgress(progress as PrepareProgress) });
  try {
    await peer.call(0, step, [force, target], signal);
  } finally {
    if (target !== undefined) peer.withdraw(target);
  }
}
