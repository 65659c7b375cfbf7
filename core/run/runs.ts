import { isDeepStrictEqual } from "node:util";
import type { PlannedBudgets } from "../config/plan.ts";
import { SecretMask } from "../config/report/mask.ts";
import type { Message } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { FlowNode } from "../contract/flow.ts";
import type { Runs } from "../contract/host.ts";
import type { Model } from "../contract/model.ts";
import type { HistoryMessage, OpenOptions, ProgramInput, RunHandle, RunInput } from "../contract/run.ts";
import type { SandboxFile } from "../contract/sandbox.ts";
import type { RunQuery, RunRecord, Store } from "../contract/store.ts";
import { compile } from "../flow/compile.ts";
import { picturesIn } from "../flow/pictures.ts";
import { codeBlockOf } from "../flow/program-input.ts";
import { anyModel } from "../flow/prompt.ts";
import type { Instances, Step } from "../flow/step.ts";
import type { Journals } from "../journal/journal.ts";
import { checkFiles } from "../kit/untrusted/file-path.ts";
import type { Budget } from "./budget.ts";
import { BudgetBook } from "./budget-book.ts";
import { conversationOf } from "./earlier.ts";
import { createId } from "./ids.ts";
import { Run } from "./run.ts";
import { RunMemory } from "./run-memory.ts";
import type { RunSetup } from "./run-setup.ts";
import type { Session, SessionRegistry } from "./sessions.ts";
import { RunStdin } from "./stdin.ts";

/** Runs under way at once; beyond it `open` gives runs that are refused at once. */
const mostActive = 200;

const noSecrets = new SecretMask();

export interface RunRegistryOptions {
  readonly flows: Readonly<Record<string, FlowNode>>;
  readonly budgets?: PlannedBudgets;
  readonly instances: Instances;
  readonly sessions: SessionRegistry;
  readonly journals: Journals;
  readonly mask?: SecretMask;
  readonly store: () => Store | undefined;
  readonly now: () => number;
}

export class RunRegistry implements Runs {
  readonly #options: RunRegistryOptions;
  readonly #memory: RunMemory;
  readonly #steps = new Map<string, Step>();
  #flows: Readonly<Record<string, FlowNode>>;
  #limits: PlannedBudgets;
  #budgets: BudgetBook;
  #stopping = false;

  constructor(options: RunRegistryOptions) {
    this.#options = options;
    this.#memory = new RunMemory(options.journals, options.now);
    this.#flows = options.flows;
    this.#limits = options.budgets ?? {};
    this.#budgets = new BudgetBook(this.#limits, options.now);
  }

  /** For runs that begin from now on. What was used of budgets that stay as they are counts on. */
  reconfigure(flows: Readonly<Record<string, FlowNode>>, budgets: PlannedBudgets): void {
    this.#flows = flows;
    this.#steps.clear();
    if (isDeepStrictEqual(budgets, this.#limits)) return;
    this.#limits = budgets;
    this.#budgets = new BudgetBook(budgets, this.#options.now);
  }

  get active(): number {
    return this.#memory.live.size;
  }

  open(options: OpenOptions): RunHandle {
    const known = options.key === undefined ? undefined : this.#memory.keyed(options.key);
    if (known) return known;
    this.#demandReach(options.session);

    // Of one generation from its beginning to its end, whatever is reloaded meanwhile.
    const instances = this.#options.instances.generation?.() ?? this.#options.instances;
    const flow = options.flow ?? this.#defaultFlow(options.input);
    const admission = this.#admission(flow, options);
    const alone = admission.session === undefined;
    const opener = (id: string) => instances.sandbox(id);
    const session =
      admission.session ?? this.#options.sessions.alone(options.session ?? createId("s"), options.owner, opener);
    if (alone && options.history) session.conversation = { messages: options.history.map(toMessage) };
    const share = this.#share(session, options);
    const { continues = alone ? undefined : session.tip } = options;
    const created = this.#create({ flow, step: admission.step, session, instances, continues }, share, options);
    session.latest = created.run;
    this.#memory.add(created, options.key);
    void created.done.then(async () => {
      if (!alone) return;
      await options.keepUntil?.catch(() => undefined);
      session.sandboxes.close();
    });
    const [refusal] = [...admission.refusals, ...share.refusals];
    if (refusal !== undefined) created.refuse(refusal.error);
    else void created.start(() => this.#prepare(created, session, options, alone));
    return created;
  }

  /** When the run's turn in its session has come: what was said before, and the files. */
  async #prepare(run: Run, session: Session, options: OpenOptions, alone: boolean): Promise<void> {
    const { continues, mayRead } = options;
    if (continues !== undefined && continues !== session.spoken) {
      const { journals } = this.#options;
      const isFresh = session.sandboxes.ids.length === 0;
      session.conversation = await conversationOf(continues, { journals, mayRead, isFresh, until: run.done });
      session.spoken = continues;
    }
    await putFiles(session, options, alone);
  }

  /** What a run is made of, or why it is refused; a refused run exists as well, and tells why. */
  #admission(flow: string, { input, history = [], session, owner, continues }: OpenOptions): Admission {
    try {
      this.#admit();
      checkFiles(input.files ?? []);
      for (const message of history) checkFiles(message.files ?? []);
      if ("code" in input) checkInput(input, session !== undefined);
      if (history.length > 0 && continues !== undefined) {
        throw new SluiceError("SLUICE_USAGE", "a run has a history of its own, or continues another run", {
          cure: "Leave out one of `history` and `continues`.",
        });
      }
      const step = this.#step(flow, session !== undefined);
      const named = session === undefined ? undefined : this.#options.sessions.named(session, owner);
      return { step, session: named, refusals: [] };
    } catch (error) {
      return { step: refused, session: undefined, refusals: [{ error }] };
    }
  }

  #share(session: Session, { owner, budget, timeout }: OpenOptions): BudgetShare {
    try {
      // What a client calls itself gives it no budget of its own: those of one principal share theirs.
      const principal = owner?.split("/", 1)[0];
      return { ...this.#budgets.of({ session, owner: principal, budget, timeout }), refusals: [] };
    } catch (error) {
      return { budgets: [], timeout, refusals: [{ error }] };
    }
  }

  #create(
    parts: Pick<RunSetup, "flow" | "step" | "session" | "instances" | "continues">,
    { budgets, timeout }: BudgetShare,
    { input: given, owner, interactive = false, approve, tags = [], ...asked }: OpenOptions,
  ): Run {
    const { files = [], stdin, ...input } = { stdin: undefined, ...given };
    const { journals, mask = noSecrets, now } = this.#options;
    return new Run({
      ...{ ...parts, run: createId("r"), owner, interactive, approve, timeout, budgets, tags },
      ...{ journals, mask, now },
      budget: allowance(asked),
      input: told(input, files),
      pictures: picturesIn(files),
      stdin: stdin === undefined ? undefined : new RunStdin(stdin),
    });
  }

  get(run: string): RunHandle | undefined {
    return this.#memory.get(run);
  }

  /** Another host has the run now. */
  fence(run: string, error: SluiceError): void {
    for (const live of this.#memory.live) if (live.run === run) live.fence(error);
  }

  async list(query: RunQuery = {}): Promise<readonly RunRecord[]> {
    await this.#options.journals.flush();
    return (await this.#options.store()?.runs(query)) ?? [];
  }

  /** Resolves when the runs that are under way now have ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#memory.live].map((run) => run.done));
  }

  /** Takes nothing new, waits for what is under way until `signal` aborts, then cancels the rest. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    const all = [...this.#memory.live].map((run) => run.done);
    const cancelAll = () => {
      for (const run of this.#memory.live) run.cancel();
    };
    if (signal.aborted) cancelAll();
    else signal.addEventListener("abort", cancelAll, { once: true });
    await Promise.all(all);
    signal.removeEventListener("abort", cancelAll);
  }

  /** What cannot be told to anybody is not begun; sessions that are here already go on. */
  #demandReach(session: string | undefined): void {
    if (!this.#options.journals.cutOff) return;
    if (session !== undefined && this.#options.sessions.has(session)) return;
    throw new SluiceError("SLUICE_HOST_CUT_OFF", "the store that hosts share cannot be reached");
  }

  #admit(): void {
    if (this.#stopping) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping");
    if (this.#memory.live.size >= mostActive) {
      throw new SluiceError("SLUICE_OVERLOADED", `${mostActive} runs are under way`, { retryAfter: 1000 });
    }
  }

  #step(flow: string, cells: boolean): Step {
    const node = Object.hasOwn(this.#flows, flow) ? this.#flows[flow] : this.#modelAlone(flow);
    if (!node) {
      const names = Object.keys(this.#flows).join(", ");
      throw new SluiceError("SLUICE_FLOW_NOT_FOUND", `there is no flow ${flow}; the profile has: ${names}`);
    }
    const key = `${flow}\n${cells}`;
    const existing = this.#steps.get(key);
    if (existing) return existing;
    const step = compile(node, cells);
    this.#steps.set(key, step);
    return step;
  }

  #modelAlone(id: string): FlowNode | undefined {
    try {
      const instance: Partial<Model> = this.#options.instances.model(id);
      if (typeof instance.generate !== "function") return undefined;
    } catch {
      // No instance of that id, or one that does not run.
      return undefined;
    }
    return { kind: "instance", id, instance: "model", absent: false };
  }

  #defaultFlow(input: RunInput): string {
    const names = Object.keys(this.#flows);
    const wanted = "code" in input ? "run" : "chat";
    return names.includes(wanted) || names.length !== 1 ? wanted : (names[0] ?? wanted);
  }
}

interface Refusal {
  readonly error: unknown;
}

interface Admission {
  readonly step: Step;
  /** Undefined for a run that has one of its own. */
  readonly session: Session | undefined;
  readonly refusals: readonly Refusal[];
}

interface BudgetShare {
  readonly budgets: readonly Budget[];
  readonly timeout: number | undefined;
  readonly refusals: readonly Refusal[];
}

const refused: Step = () => {
  throw new SluiceError("SLUICE_INTERNAL", "a refused run was started");
};

/** Files of what was said before come first, where the run has no session that has them. */
async function putFiles(session: Session, { input, history = [] }: OpenOptions, alone: boolean): Promise<void> {
  const earlier = alone ? history.flatMap((message) => message.files ?? []) : [];
  const files = [...earlier, ...(input.files ?? [])];
  if (files.length > 0) await session.put(files);
}

/** What whoever opened a run allowed it; its time-out is its time. */
function allowance({ budget, timeout }: Pick<OpenOptions, "budget" | "timeout">): RunSetup["budget"] {
  if (budget === undefined && timeout === undefined) return undefined;
  const times = [budget?.time, timeout].filter((time) => time !== undefined);
  return { ...budget, ...(times.length === 0 ? {} : { time: Math.min(...times) }) };
}

function told(input: Omit<RunInput, "files">, files: readonly SandboxFile[]): RunSetup["input"] {
  const args = "args" in input && Array.isArray(input.args) ? { args: [...input.args] } : {};
  return { ...input, ...args, ...(files.length > 0 ? { files: files.map(({ path }) => path) } : {}) };
}

/** @throws SluiceError SLUICE_USAGE */
function checkInput(input: ProgramInput, cells: boolean): void {
  const { args = [], language } = codeBlockOf({ ...input, files: [] });
  if (!cells || (args.length === 0 && language !== "typescript")) return;
  const what = args.length > 0 ? "has no arguments" : "cannot be TypeScript";
  throw new SluiceError("SLUICE_USAGE", `a cell of a session ${what}`, {
    cure: "Run it as a program, without a session.",
  });
}

function toMessage({ role, text, files = [] }: HistoryMessage): Message {
  if (role === "user") {
    const paths = files.map(({ path }) => path);
    return { role, at: 0, text, ...(files.length > 0 ? { files: paths, pictures: picturesIn(files) } : {}) };
  }
  return { role: "model", at: 0, source: anyModel, text, code: [], complete: true };
}
