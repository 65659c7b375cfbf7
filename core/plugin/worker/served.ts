import { map, type Observable } from "rxjs";
import { SluiceError } from "../../contract/errors.ts";
import type { Emission, RunEvent } from "../../contract/event.ts";
import type { Lifecycle } from "../../contract/lifecycle.ts";
import type { Model, ModelRequest } from "../../contract/model.ts";
import type {
  ExecuteOptions,
  PrepareProgress,
  Sandbox,
  SandboxFile,
  SandboxSession,
  SessionSpec,
} from "../../contract/sandbox.ts";
import type { Sink, SinkEntry } from "../../contract/sink.ts";
import type { Stage, StageQuestion } from "../../contract/stage.ts";
import type { HostOwner, RunQuery, Store } from "../../contract/store.ts";
import type { Party } from "../checked/fault.ts";
import { checkedModel } from "../checked/model.ts";
import { checkedSandbox } from "../checked/sandbox.ts";
import { checkedStage } from "../checked/stage.ts";
import type { Facts } from "./protocol.ts";
import type { Target, WorkerPort } from "./worker-port.ts";

/** What an instance offers to the host beside its lifecycle, and what is to be known of it. */
export interface ServedKind {
  readonly target: Target;
  readonly facts: () => Facts;
}

const plainFacts =
  (has: readonly string[] = []) =>
  (): Facts => ({ has, fields: {} });

/** The methods of `instance` that are there, of those that need not be. */
function present(instance: object, names: readonly string[]): readonly string[] {
  return names.filter((name) => typeof (instance as Readonly<Record<string, unknown>>)[name] === "function");
}

/** Each kind that can run in a process of its own; checked here as well, where its faults have a place and a burst an end. */
export const served = {
  model(party: Party, raw: Lifecycle, peer: WorkerPort): ServedKind {
    const model = checkedModel(party, raw as Model);
    const has = present(raw, ["probe", "list", "pull", "cost", "loadPrices"]);
    return {
      facts: () => {
        const { modelId, textCalls, vision, timeout } = raw as Model;
        return { has, fields: { modelId, textCalls, vision, timeout } };
      },
      target: {
        generate: ({ args: [request], signal }) =>
          model.generate(request as ModelRequest, signal).pipe(
            // Its price is asked for later, where nobody can wait for an answer from here.
            map((event) => (event.type === "finish" ? { event, price: model.cost?.(event.usage) ?? null } : { event })),
          ),
        probe: ({ signal }) => model.probe?.(signal),
        list: ({ signal }) => model.list?.(signal),
        loadPrices: () => model.loadPrices?.(),
        pull: ({ args, signal }) => model.pull?.(prepareOptions(peer, args), signal),
      },
    };
  },

  stage(party: Party, raw: Lifecycle, peer: WorkerPort): ServedKind {
    const stage = checkedStage(party, raw as Stage);
    return {
      facts: plainFacts(),
      target: {
        apply: ({ args: [before, run], signal }) => {
          // It is given more when its own events were taken, and as it says itself.
          let slowed: (() => Promise<void> | undefined) | undefined;
          const slow = (pressure: () => Promise<void> | undefined) => {
            slowed = pressure;
          };
          const pressure = () => slowed?.();
          const events = peer.stream(before as number, "events", [], { pressure }) as Observable<Emission>;
          const ask = (question: StageQuestion) => peer.call(before as number, "ask", [question]) as never;
          return stage.apply(events, { ...(run as { run: string; session: string }), signal, ask, slow });
        },
      },
    };
  },

  sink(_: Party, raw: Lifecycle): ServedKind {
    const sink = raw as Sink;
    return {
      facts: plainFacts(),
      target: {
        write: ({ args: [batch] }) => sink.write(batch as readonly SinkEntry[]),
        flush: () => sink.flush(),
      },
    };
  },

  store({ id }: Party, raw: Lifecycle, peer: WorkerPort): ServedKind {
    const store = raw as Store;
    if (store.shared === true) {
      throw new SluiceError("SLUICE_PLUGIN_CREATE", `${id}: a store that hosts share cannot be isolated`, {
        cure: `Take \`isolate\` of ${id} away: its host asks it who lives, and cannot wait for an answer.`,
      });
    }
    return {
      facts: plainFacts(present(raw, ["probe", "isAlive", "hold"])),
      target: {
        append: ({ args: [batch] }) => store.append(batch as readonly RunEvent[]),
        read: ({ args: [run, after, limit] }) => store.read(run as string, after as number, limit as number),
        runs: ({ args: [query] }) => store.runs(query as RunQuery),
        // Its host asks at once who of them lives, and cannot wait for an answer then.
        unfinished: async () => told(await store.unfinished(), (owner) => store.isAlive?.(owner)),
        hold: ({ args: [run] }) => held(peer, store.hold?.(run as string)),
        probe: ({ signal }) => store.probe?.(signal),
      },
    };
  },

  sandbox(party: Party, raw: Lifecycle, peer: WorkerPort): ServedKind {
    const sandbox = raw as Sandbox;
    const checked = checkedSandbox(party, sandbox);
    return {
      facts: plainFacts(present(raw, ["prepare", "base", "list", "clean"])),
      target: {
        open: async ({ args: [spec], signal }) => {
          const session = await checked.open(spec as SessionSpec, signal);
          const { id, limits, takesEnv } = session;
          return { id, limits, takesEnv, target: exposed(session, peer) };
        },
        prepare: ({ args, signal }) => sandbox.prepare?.(prepareOptions(peer, args), signal),
        base: ({ args, signal }) => sandbox.base?.(prepareOptions(peer, args), signal),
        list: ({ signal }) => sandbox.list?.(signal),
        clean: ({ args: [all], signal }) => sandbox.clean?.({ all: all === true }, signal),
      },
    };
  },
};

/** Each run with what the store knows of its host. What is no list is the seam's to refuse. */
function told(unfinished: unknown, isAlive: (owner: HostOwner) => boolean | undefined): unknown {
  if (!Array.isArray(unfinished)) return unfinished;
  return unfinished.map((each) => ({ each, alive: isAlive(each?.owner) }));
}

/** A hold, by the number under which it is let go; undefined where the store has given none. */
function held(peer: WorkerPort, release: unknown): number | undefined {
  if (typeof release !== "function") return undefined;
  const target = peer.expose({
    release: () => {
      peer.withdraw(target);
      release();
    },
  });
  return target;
}

export type IsolableKind = keyof typeof served;

function exposed(session: SandboxSession, peer: WorkerPort): number {
  const target = peer.expose({
    execute: ({ args: [code, options, stdin], signal, pressure }) =>
      session.execute(code as string, {
        ...(options as ExecuteOptions),
        ...{ signal, pressure },
        ...(typeof stdin === "number" ? { stdin: pulled(peer, stdin) } : {}),
      }),
    interrupt: () => session.interrupt(),
    input: ({ args: [text] }) => session.input(text as string | null),
    put: ({ args: [files], signal }) => session.put(files as readonly SandboxFile[], signal),
    get: ({ args: [path], signal }) => session.get(path as string, signal),
    list: ({ signal }) => session.list(signal),
    stats: () => session.stats$,
    closed: () => session.closed,
    dispose: async () => {
      peer.withdraw(target);
      await session[Symbol.asyncDispose]();
    },
  });
  return target;
}

/** Standard input of the other side, read piece by piece. */
async function* pulled(peer: WorkerPort, target: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = (await peer.call(target, "next")) as Uint8Array | undefined;
    if (piece === undefined) return;
    yield piece;
  }
}

function prepareOptions(peer: WorkerPort, [force, target]: readonly unknown[]) {
  return {
    ...(force === true ? { force } : {}),
    ...(typeof target === "number"
      ? {
          onProgress: (progress: PrepareProgress) => {
            peer.call(target, "step", [progress]).catch(() => undefined);
          },
        }
      : {}),
  };
}
