import { SluiceError } from "../../contract/errors.ts";
import type { RunEvent } from "../../contract/event.ts";
import type { HostOwner, RunRecord, Store, UnfinishedRun } from "../../contract/store.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import { asInstance } from "../guard/attribution.ts";
import { stepLimit } from "../time-limit.ts";
import { checkedCall } from "./call.ts";
import { isEventType, printed } from "./event-data.ts";
import { brokenContract, kindOf, type Party, thrownBy } from "./fault.ts";

const statuses: ReadonlySet<unknown> = new Set<RunRecord["status"]>([
  ...(["running", "ok", "failed", "cancelled", "timeout", "budget", "lost"] as const),
]);

/** A store whose calls are bounded and attributed, and whose answers are what the contract says. */
export function checkedStore(party: Party, store: Store): Store {
  const { probe, isAlive, watch, hold } = store;
  const told = new Once(party);
  const ask = <T>(step: string, run: () => unknown, demand: (answer: unknown) => T, own = party): Promise<T> =>
    told.of(step, () => checkedCall(own, step, async () => demand(await run())));
  return {
    append: (batch) => append(party, store, batch),
    read: (run, after, limit) =>
      ask(
        "read",
        () => store.read(run, after, limit),
        (answer) => demandEvents(party, answer, run, after),
      ),
    runs: (query) =>
      ask(
        "runs",
        () => store.runs(query),
        (answer) => demandList(party, "runs", answer, isRunRecord),
      ),
    // The host asks it while it starts.
    unfinished: (skip) =>
      ask(
        "unfinished",
        () => store.unfinished(skip),
        (answer) => demandList(party, "unfinished", answer, isUnfinished),
        bounded(party),
      ),
    get shared() {
      return store.shared === true;
    },
    get outOfReach() {
      return store.outOfReach === true;
    },
    ...(isAlive && { isAlive: (owner: HostOwner) => alive(party, store, () => isAlive.call(store, owner)) }),
    ...(watch && {
      watch: (run: string, wake: () => void) => undoable(party, "watch", () => watch.call(store, run, wake)),
    }),
    ...(hold && { hold: (run: string) => undoable(party, "hold", () => hold.call(store, run)) }),
    ...(probe && {
      probe: (signal: AbortSignal) =>
        checkedCall(party, "probe", async () => {
          const answer: unknown = await probe.call(store, signal);
          if (typeof answer === "string") return answer;
          throw brokenContract(party, "probe", `resolved with ${kindOf(answer)}, and not a text`);
        }),
    }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** Where it fails, a host counts as alive: nobody else may end its runs then. */
function alive(party: Party, { shared }: Store, ask: () => unknown): boolean | undefined {
  try {
    const answer = asInstance(party.id, ask);
    if (typeof answer === "boolean" || (answer === undefined && shared !== true)) return answer;
    party.report(brokenContract(party, "isAlive", `returned ${kindOf(answer)}`));
  } catch (thrown) {
    party.report(thrownBy(party, "isAlive", thrown));
  }
  return true;
}

/** Whoever asked goes on without it: one that waits looks from time to time as well. */
function undoable(party: Party, step: string, call: () => () => void): () => void {
  try {
    const undo: unknown = asInstance(party.id, call);
    if (typeof undo === "function") return () => void undo();
    party.report(brokenContract(party, step, `returned ${kindOf(undo)}, and not how to take it back`));
  } catch (thrown) {
    party.report(thrownBy(party, step, thrown));
  }
  return () => undefined;
}

function bounded(party: Party): Party {
  const { callTimeout } = party;
  return { ...party, callTimeout: callTimeout === 0 ? stepLimit : Math.min(callTimeout, stepLimit) };
}

/** Synchronous where the store is: its writer has a limit of its own, and tries again by itself. */
function append(party: Party, store: Store, batch: readonly RunEvent[]): Promise<void> | undefined {
  try {
    const answer: unknown = asInstance(party.id, () => store.append(batch));
    if (answer === undefined) return undefined;
    if (typeof (answer as PromiseLike<void>)?.then === "function") {
      return Promise.resolve(answer as PromiseLike<void>).then(
        () => undefined,
        (thrown: unknown) => {
          throw storeFailure(party, "append", thrown);
        },
      );
    }
    throw brokenContract(party, "append", `returned ${kindOf(answer)}, and neither a promise nor nothing`);
  } catch (thrown) {
    throw storeFailure(party, "append", thrown);
  }
}

function storeFailure(party: Party, step: string, thrown: unknown): SluiceError {
  if (SluiceError.is(thrown)) return SluiceError.from(thrown);
  return new SluiceError("SLUICE_STORE_FAILED", thrownBy(party, step, thrown).message, { cause: thrown });
}

/** Whoever reads goes on without what the store does not tell; so each reason is told once, until it answers again. */
class Once {
  readonly #party: Party;
  readonly #told = new Map<string, string>();

  constructor(party: Party) {
    this.#party = party;
  }

  async of<T>(step: string, run: () => Promise<T>): Promise<T> {
    try {
      const answer = await run();
      this.#told.delete(step);
      return answer;
    } catch (thrown) {
      const error = SluiceError.from(thrown);
      if (this.#told.get(step) !== error.message) this.#party.report(error);
      this.#told.set(step, error.message);
      throw error;
    }
  }
}

/** The events of that run after that place, in order; what is missing between them is told by their numbers. */
function demandEvents(party: Party, answer: unknown, run: string, after: number): readonly RunEvent[] {
  let last = after;
  return demandList(party, "read", answer, (event): event is RunEvent => {
    const { seq } = event;
    if (!Number.isInteger(seq) || (seq as number) <= last) return false;
    last = seq as number;
    return (
      event["run"] === run &&
      isEventType(event["type"]) &&
      typeof event["source"] === "string" &&
      typeof event["time"] === "string" &&
      isJsonObject(event["data"])
    );
  });
}

function demandList<T>(
  party: Party,
  step: string,
  answer: unknown,
  fits: (item: Record<string, unknown>) => item is T & Record<string, unknown>,
): readonly T[] {
  if (!Array.isArray(answer)) throw brokenContract(party, step, `gave ${kindOf(answer)}, and not a list`);
  for (const [index, item] of answer.entries()) {
    if (isJsonObject(item) && fits(item)) continue;
    const what = isJsonObject(item) && "type" in item ? ` (${printed(item["type"])})` : "";
    throw brokenContract(party, step, `gave a list whose item ${index + 1}${what} is not what was asked for`);
  }
  return answer as readonly T[];
}

function isRunRecord(item: Record<string, unknown>): item is RunRecord & Record<string, unknown> {
  const texts = ["run", "flow", "session", "input", "started"].every((key) => typeof item[key] === "string");
  return texts && statuses.has(item["status"]) && Number.isInteger(item["lastSeq"]);
}

function isUnfinished(item: Record<string, unknown>): item is UnfinishedRun & Record<string, unknown> {
  const { owner } = item;
  if (typeof item["run"] !== "string" || !Number.isInteger(item["lastSeq"]) || !isJsonObject(owner)) return false;
  return typeof owner["host"] === "string" && Number.isInteger(owner["pid"]) && typeof owner["started"] === "string";
}
