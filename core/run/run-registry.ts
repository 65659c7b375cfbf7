import { isDeepStrictEqual } from "node:util";
import type { Plan, PlannedBudgets } from "../config/plan.ts";
import { SecretMask } from "../config/report/mask.ts";
import { SluiceError } from "../contract/errors.ts";
import type { FlowNode } from "../contract/flow.ts";
import type { Runs, Settings } from "../contract/host.ts";
import type { Model } from "../contract/model.ts";
import type { RunQueue } from "../contract/queue.ts";
import type { OpenOptions, RunHandle } from "../contract/run.ts";
import type { RunQuery, RunRecord, Store } from "../contract/store.ts";
import { compile } from "../flow/compile.ts";
import { picturesIn } from "../flow/pictures.ts";
import type { Instances, Step } from "../flow/step.ts";
import type { Journals } from "../journal/journal.ts";
import { unknownFlow } from "../kit/text/unknown-name.ts";
import { checkFiles } from "../kit/untrusted/file-path.ts";
import { type Admission, type BudgetShare, refused } from "./admission.ts";
import { BudgetBook } from "./budget-book.ts";
import { ClusterRuns, type RunPlace } from "./cluster-runs.ts";
import type { ClusterSessions } from "./cluster-sessions.ts";
import { recall } from "./earlier.ts";
import { createId } from "./ids.ts";
import { demandPlace, type Places } from "./places.ts";
import { principalOf } from "./principal.ts";
import { Run } from "./run.ts";
import { allowance, checkFlow, checkInput, envOf, putFiles, told, toMessage } from "./run-input.ts";
import { RunMemory } from "./run-memory.ts";
import type { RunSetup } from "./run-setup.ts";
import type { Session, SessionRegistry } from "./sessions.ts";
import { RunStdin } from "./stdin.ts";

/** Runs of one principal under way at once; beyond it `open` gives runs that are refused at once. */
const places: Places = { most: 200, taken: (count) => `${count} runs are under way`, retryAfter: 1_000 };

const noSecrets = new SecretMask();

export interface RunRegistryOptions {
  readonly flows: Readonly<Record<string, FlowNode>>;
  readonly retries?: Readonly<Record<string, number>>;
  readonly budgets?: PlannedBudgets;
  readonly instances: Instances;
  readonly sessions: SessionRegistry;
  readonly journals: Journals;
  readonly mask?: SecretMask;
  readonly store: () => Store | undefined;
  readonly demandForRun?: Settings["demandForRun"];
  readonly now: () => number;
  /** Where runs of a cluster wait for a host. */
  readonly queue?: () => RunQueue | undefined;
  readonly clusterSessions?: ClusterSessions;
}

/** All runs of a host: begins them, finds them, ends them when the host stops. One of them is a `Run` (`run.ts`). */
export class RunRegistry implements Runs {
  readonly #options: RunRegistryOptions;
  readonly #memory: RunMemory;
  readonly #cluster: ClusterRuns;
  readonly #steps = new Map<string, Step>();
  #flows: Readonly<Record<string, FlowNode>>;
  #retries: Readonly<Record<string, number>>;
  #limits: PlannedBudgets;
  #budgets: BudgetBook;
  #stopping = false;
  readonly #values = () => this.#options.queue?.()?.values;

  constructor(options: RunRegistryOptions) {
    this.#options = options;
    this.#memory = new RunMemory(options.journals, options.now);
    this.#cluster = new ClusterRuns({
      ...{ own: this, journals: options.journals, queue: () => options.queue?.() },
      sessions: options.clusterSessions,
      find: async (run) => (await options.store()?.runs({ run, limit: 1 }))?.[0],
    });
    this.#flows = options.flows;
    this.#retries = options.retries ?? {};
    this.#limits = options.budgets ?? {};
    this.#budgets = new BudgetBook(this.#limits, options.now, this.#values);
  }

  /** For runs that begin from now on. What was used of budgets that stay as they are counts on. */
  reconfigure({ flows, retries, budgets }: Pick<Plan, "flows" | "retries" | "budgets">): void {
    this.#flows = flows;
    this.#retries = retries;
    this.#steps.clear();
    if (isDeepStrictEqual(budgets, this.#limits)) return;
    this.#limits = budgets;
    this.#budgets = new BudgetBook(budgets, this.#options.now, this.#values);
  }

  get active(): number {
    return this.#memory.live.size;
  }

  /** A queue of a cluster may take the run; else it begins at this host. */
  open(options: OpenOptions): RunHandle {
    const known = options.key === undefined ? undefined : this.#memory.keyed(options.key);
    if (known) return known;
    this.#demandReach(options.session);
    const given = this.#stopping ? undefined : this.#cluster.offer(options);
    if (given === undefined) return this.beginHere(options);
    if (options.key !== undefined) this.#memory.remember(options.key, given);
    return given;
  }

  /**
   * Begins a run at this host: checks what it asks for, finds its session and budgets, and gives it to the turns of its
   * session. A run that is refused exists as well, ends at once, and tells why. `place`: as a queue has it.
   */
  beginHere(options: OpenOptions, place: Partial<RunPlace> = {}): RunHandle {
    // Of one generation from its beginning to its end, whatever is reloaded meanwhile.
    const instances = this.#options.instances.generation?.() ?? this.#options.instances;
    const flow = this.defaultFlow(options);
    const admission = this.#admission(flow, options, place.refusal);
    const { step, env } = admission;
    const alone = admission.session === undefined;
    const opener = (id: string) => instances.sandbox(id);
    const session =
      admission.session ??
      this.#options.sessions.alone(options.session ?? place.session ?? createId("s"), options.owner, opener);
    if (alone && options.history) session.conversation = { messages: options.history.map(toMessage) };
    const share = this.#share(session, options);
    const { continues = alone ? undefined : session.tip } = options;
    const created = this.#create({ flow, step, env, session, instances, continues, place }, share, options);
    session.latest = created.run;
    this.#memory.add(created, options.key);
    this.#cluster.opened(created);
    void created.done.then(async () => {
      if (!alone) return;
      await options.keepUntil?.catch(() => undefined);
      session.sandboxes.close();
    });
    const [refusal] = admission.refusals;
    const [overspent] = share.refusals;
    if (refusal !== undefined) created.refuse(refusal.error);
    else if (overspent !== undefined) created.overspent(overspent.error);
    else void created.start(() => this.#prepare(created, session, options, alone));
    return created;
  }

  /** When the run's turn in its session has come: what was said before, and the files. */
  async #prepare(run: Run, session: Session, options: OpenOptions, alone: boolean): Promise<void> {
    await recall(session, options, { journals: this.#options.journals, until: run.done });
    await putFiles(session, options, alone);
  }

  /** What a run is made of, or why it is refused; a refused run exists as well, and tells why. */
  #admission(
    flow: string,
    { input, history = [], session, owner, continues, parameters = {} }: OpenOptions,
    refusal?: SluiceError,
  ): Admission {
    try {
      if (refusal !== undefined) throw refusal;
      this.#admit(owner);
      for (const { files = [] } of [input, ...history]) checkFiles(files);
      if ("code" in input) checkInput(input, session !== undefined);
      if (history.length > 0 && continues !== undefined) {
        throw new SluiceError("SLUICE_USAGE", "a run has a history of its own, or continues another run", {
          cure: "Leave out one of `history` and `continues`.",
        });
      }
      for (const [id, values] of Object.entries(parameters)) this.#options.demandForRun?.(id, values);
      const step = this.#step(flow, session !== undefined, input);
      const named = session === undefined ? undefined : this.#options.sessions.named(session, owner);
      return { step, session: named, env: envOf(input, named), refusals: [] };
    } catch (error) {
      return { step: refused, session: undefined, env: undefined, refusals: [{ error }] };
    }
  }

  #share(session: Session, { owner, budget, timeout }: OpenOptions): BudgetShare {
    try {
      return { ...this.#budgets.of({ session, owner: principalOf(owner), budget, timeout }), refusals: [] };
    } catch (error) {
      return { budgets: [], shared: undefined, timeout, refusals: [{ error }] };
    }
  }

  #create(
    parts: Pick<RunSetup, "flow" | "step" | "env" | "session" | "instances" | "continues"> & {
      readonly place: Partial<RunPlace>;
    },
    { budgets, shared, timeout }: BudgetShare,
    { input: given, owner, interactive = false, approve, tags = [], parameters = {}, ...asked }: OpenOptions,
  ): Run {
    const { files = [], stdin, env: _, ...input } = { stdin: undefined, env: undefined, ...given };
    const { journals, mask = noSecrets, now } = this.#options;
    return new Run({
      ...{
        ...parts,
        run: parts.place.run ?? createId("r"),
        after: parts.place.after ?? 0,
        attempt: parts.place.attempt ?? 1,
      },
      ...{ owner, interactive, approve, timeout, budgets, shared, tags, parameters },
      ...{ journals, now, mask: parts.session.masks(mask, parts.env) },
      budget: allowance(asked),
      input: told(input, { files, env: parts.env, stdin: stdin !== undefined }),
      pictures: picturesIn(files),
      stdin: stdin === undefined ? undefined : new RunStdin(stdin),
    });
  }

  defaultFlow({ flow, input }: OpenOptions): string {
    if (flow !== undefined) return flow;
    const names = Object.keys(this.#flows);
    const wanted = "code" in input ? "run" : "chat";
    return names.includes(wanted) || names.length !== 1 ? wanted : (names[0] ?? wanted);
  }

  attemptsOf(flow: string): number | undefined {
    return Object.hasOwn(this.#retries, flow) ? this.#retries[flow] : undefined;
  }

  get(run: string): RunHandle | undefined {
    return this.#memory.get(run) ?? this.#cluster.get(run);
  }

  ownRun(run: string): RunHandle | undefined {
    return this.#memory.get(run);
  }

  ownerOfSession(session: string): { readonly owner: string | undefined } | undefined {
    return this.#options.sessions.has(session) ? { owner: this.#options.sessions.named(session).owner } : undefined;
  }

  async find(run: string): Promise<RunHandle | undefined> {
    return this.#memory.get(run) ?? (await this.#cluster.find(run));
  }

  /** What a queue calls to have runs executed here. */
  get cluster(): ClusterRuns {
    return this.#cluster;
  }

  /** Another host has the run now. */
  fence(run: string, error: SluiceError): void {
    for (const live of this.#memory.live) if (live.run === run) live.fence(error);
    this.#memory.drop(run);
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
    await this.#budgets.counted();
  }

  /** What cannot be told to anybody is not begun; sessions that are here already go on. */
  #demandReach(session: string | undefined): void {
    if (!this.#options.journals.cutOff) return;
    if (session !== undefined && this.#options.sessions.has(session)) return;
    throw new SluiceError("SLUICE_HOST_CUT_OFF", "the store that hosts share cannot be reached");
  }

  #admit(owner: string | undefined): void {
    if (this.#stopping) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping");
    demandPlace(this.#memory.live, owner, places);
  }

  #step(flow: string, cells: boolean, input: OpenOptions["input"]): Step {
    const node = Object.hasOwn(this.#flows, flow) ? this.#flows[flow] : this.#modelAlone(flow);
    if (!node) throw unknownFlow(flow, Object.keys(this.#flows));
    checkFlow(flow, node, input);
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
}
