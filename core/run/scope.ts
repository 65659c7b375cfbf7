import type { CodeBlock } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Emission, Usage } from "../contract/event.ts";
import type { Model } from "../contract/model.ts";
import type { AskedPrompt, ModelParameters, RunAnswer } from "../contract/run.ts";
import type { SandboxSession, SessionSpec } from "../contract/sandbox.ts";
import type { Stage, StageQuestion } from "../contract/stage.ts";
import type { ProgramEnv } from "../flow/program-env.ts";
import type { Activity, Approval, BranchScope, Instances, RequestPermit, RunScope } from "../flow/step.ts";
import { canonicalLanguage } from "../kit/text/code-language.ts";
import { Bill } from "./bill.ts";
import { type Budget, Reservation } from "./budget.ts";
import { SandboxSet } from "./sandbox-set.ts";
import { type SharedBudget, SharedReservation } from "./shared-budget.ts";
import type { RunStdin } from "./stdin.ts";

export interface ScopeOptions {
  readonly run: string;
  readonly session: string;
  /** Questions that are approved for the rest of the session. */
  readonly approved: Set<string>;
  readonly tags: readonly string[];
  /** See `OpenOptions.parameters`. */
  readonly parameters: ModelParameters;
  readonly instances: Instances;
  readonly sandboxes: SandboxSet;
  readonly append: (emission: Emission) => void;
  readonly nextSeq: RunScope["nextSeq"];
  readonly pressure: () => Promise<void> | undefined;
  /** Milliseconds since 1970 at which the run's time is over. */
  readonly deadline: number | undefined;
  readonly now: () => number;
  /** What the run, its session and its client may use. */
  readonly budgets: readonly Budget[];
  /** The one that counts over all hosts. */
  readonly shared: SharedBudget | undefined;
  /** Whether anybody can answer. */
  readonly interactive: boolean;
  readonly stdin: RunStdin | undefined;
  readonly env: ProgramEnv | undefined;
  readonly mask: (text: string) => string;
  readonly asked: RunScope["asked"];
  /** See `OpenOptions.approve`. */
  readonly approve: (() => boolean) | undefined;
}

/** What all branches of one run share. */
class RunState {
  readonly bill = new Bill();
  readonly activities = new Set<Activity>();
  readonly abort = new AbortController();
  /** Stages that take their time. */
  readonly slow = new Set<() => Promise<void> | undefined>();
  /** The approvals that wait, oldest first, by the `seq` of their requests. */
  readonly approvals = new Map<number, (approval: Approval) => void>();
  /** Blocks that somebody approved, and what runs in their place: one text is another program in another language. */
  readonly approved = new Map<string, string>();
}

export class RootScope implements RunScope {
  readonly #options: ScopeOptions;
  readonly #state: RunState;
  readonly #sandboxes: SandboxSet;

  constructor(options: ScopeOptions, state = new RunState(), sandboxes = options.sandboxes) {
    this.#options = options;
    this.#state = state;
    this.#sandboxes = sandboxes;
  }

  get run(): string {
    return this.#options.run;
  }
  get session(): string {
    return this.#options.session;
  }
  get tags(): readonly string[] {
    return this.#options.tags;
  }
  parametersOf(model: string): Readonly<Record<string, unknown>> | undefined {
    const { parameters } = this.#options;
    return Object.hasOwn(parameters, model) ? parameters[model] : undefined;
  }
  get signal(): AbortSignal {
    return this.#state.abort.signal;
  }
  get env(): ProgramEnv | undefined {
    return this.#options.env;
  }
  get interactive(): boolean {
    return this.#options.interactive;
  }
  get bills(): Bill {
    return this.#state.bill;
  }
  get busy(): boolean {
    return this.#state.activities.size > 0;
  }

  nextSeq(next: Pick<Emission, "type" | "branch">): number {
    return this.#options.nextSeq(next);
  }

  mask(text: string): string {
    return this.#options.mask(text);
  }

  asked(seq: number, prompt: AskedPrompt): void {
    this.#options.asked(seq, prompt);
  }

  model(id: string): Model {
    return this.#options.instances.model(id);
  }

  stage(id: string): Stage {
    return this.#options.instances.stage(id);
  }

  sandbox(id: string, mode: SessionSpec["mode"]): Promise<SandboxSession> {
    return this.#sandboxes.open(id, mode);
  }

  remaining(): number | undefined {
    const { deadline, now } = this.#options;
    return deadline === undefined ? undefined : Math.max(1, deadline - now());
  }

  pressure(): Promise<void> | undefined {
    const reasons = [this.#options.pressure(), ...[...this.#state.slow].map((pressure) => pressure())];
    return reasons.find((reason) => reason !== undefined);
  }

  slow(pressure: () => Promise<void> | undefined): Disposable {
    const { slow } = this.#state;
    slow.add(pressure);
    return { [Symbol.dispose]: () => void slow.delete(pressure) };
  }

  stdin(): AsyncIterable<Uint8Array> | undefined {
    return this.#options.stdin?.open();
  }

  prices(source: string): Promise<void> | undefined {
    const { budgets, shared } = this.#options;
    const limited = shared?.limitsMoney === true || budgets.some((budget) => budget.limitsMoney);
    return limited ? this.model(source).loadPrices?.() : undefined;
  }

  admit(
    source: string,
    inputTokens: number,
    onRefused: (error: SluiceError) => void,
  ): RequestPermit | Promise<RequestPermit> {
    const { budgets, shared } = this.#options;
    // As it is now: the bill is made when the answer has ended, whatever became of the model meanwhile.
    const model = this.model(source);
    const price = (usage: Usage) => model.cost?.(usage) ?? null;
    const reservation = budgets.length > 0 ? Reservation.of(budgets, source, price, inputTokens) : undefined;
    const permit = (drawn?: SharedReservation): RequestPermit => ({
      written: (outputTokens) => {
        reservation?.written(outputTokens);
        drawn?.written(outputTokens);
      },
      settle: (usage) => {
        reservation?.settle(usage);
        drawn?.settle(usage);
        this.#state.bill.add(usage, price(usage));
      },
    });
    if (shared === undefined) return permit();
    return SharedReservation.of({ budget: shared, source, price, inputTokens, onRefused }).then(permit, (error) => {
      reservation?.settle({ inputTokens: 0, outputTokens: 0 });
      throw error;
    });
  }

  running(activity: Activity): Disposable {
    const { activities } = this.#state;
    activities.add(activity);
    return { [Symbol.dispose]: () => void activities.delete(activity) };
  }

  ask(source: string, question: StageQuestion, branch?: string): Promise<Approval> {
    const { append, approved, deadline, interactive } = this.#options;
    const place = { source, ...(branch === undefined ? {} : { branch }) };
    // What is asked under another name, or with another reason, is another question.
    const key = JSON.stringify([source, question.message]);
    const until = deadline === undefined ? {} : { until: new Date(deadline).toISOString() };
    return new Promise((resolve, reject) => {
      const stop = () => reject(new SluiceError("SLUICE_RUN_CANCELLED", "the run ended before it was approved"));
      this.signal.addEventListener("abort", stop, { once: true });
      const seq = this.nextSeq({ type: "approval-request", branch });
      this.#state.approvals.set(seq, (approval) => {
        this.signal.removeEventListener("abort", stop);
        append({ ...place, type: "approval-response", data: approval });
        if (approval.approved && approval.always) approved.add(key);
        if (approval.approved && question.code !== undefined) {
          const { code, language = "" } = question;
          const runs = approval.code ?? code;
          this.#state.approved.set(blockKey({ code, language }), runs).set(blockKey({ code: runs, language }), runs);
        }
        resolve(approval);
      });
      append({ ...place, type: "approval-request", data: { ...question, ...until } });
      if (approved.has(key)) void this.answer({ kind: "approval", approved: true, always: true, question: seq });
      else if (!interactive) {
        const message = "nobody is there to approve it";
        void this.answer({ kind: "approval", approved: false, message, question: seq });
      }
    });
  }

  guards(block: CodeBlock): boolean {
    return this.#options.approve?.() === true && !this.#state.approved.has(blockKey(block));
  }

  edited(block: CodeBlock): string | undefined {
    const runs = this.#state.approved.get(blockKey(block));
    return runs === block.code ? undefined : runs;
  }

  fork(branch: string): BranchScope {
    const parent = this.#sandboxes;
    const own = new SandboxSet(
      `${this.session}.${branch}`,
      (id) => this.#options.instances.sandbox(id),
      (id, session) => parent.seed(id, session),
    );
    return new ForkedScope(this.#options, this.#state, own, parent);
  }

  stopStep(): void {
    for (const activity of [...this.#state.activities]) activity.stop();
  }

  abort(reason: SluiceError): void {
    this.#state.abort.abort(reason);
  }

  async interrupt(): Promise<boolean> {
    const sessions = this.#executing();
    const answers = await Promise.all(sessions.map((session) => session.interrupt()));
    return answers.includes(true);
  }

  /** `asked` is where the program is that a line is for. @throws SluiceError SLUICE_RUN_NOT_WAITING */
  async answer(answer: RunAnswer, asked?: Pick<Emission, "source" | "branch">): Promise<void> {
    if (answer.kind === "approval") {
      const { approvals } = this.#state;
      const { kind: _, question = approvals.keys().next().value ?? 0, ...approval } = answer;
      const waiting = approvals.get(question);
      if (!waiting) throw new SluiceError("SLUICE_RUN_NOT_WAITING", "the run does not wait for that approval");
      approvals.delete(question);
      waiting(approval);
      return;
    }
    const [session] = this.#executing(asked);
    if (!session) throw new SluiceError("SLUICE_RUN_NOT_WAITING", "no program of the run waits for input");
    await session.input(answer.text);
  }

  #executing(place?: Pick<Emission, "source" | "branch">): SandboxSession[] {
    return [...this.#state.activities].flatMap(({ session, source, branch }) =>
      session && (place === undefined || (source === place.source && branch === place.branch)) ? [session] : [],
    );
  }
}

class ForkedScope extends RootScope implements BranchScope {
  readonly #own: SandboxSet;
  readonly #parent: SandboxSet;

  constructor(options: ScopeOptions, state: RunState, own: SandboxSet, parent: SandboxSet) {
    super(options, state, own);
    this.#own = own;
    this.#parent = parent;
  }

  adopt(): void {
    this.#parent.adopt(this.#own);
  }

  release(): void {
    this.#own.close();
  }
}

function blockKey({ code, language }: Pick<CodeBlock, "code" | "language">): string {
  return `${canonicalLanguage(language)}\n${code}`;
}
