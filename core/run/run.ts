import { defer, type Subscription } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission, EventData, EventOf, RunEvent } from "../contract/event.ts";
import type { AskedPrompt, RunAnswer, RunHandle } from "../contract/run.ts";
import type { FileInfo } from "../contract/sandbox.ts";
import { ConversationFold, emptyConversation, settle } from "../flow/fold.ts";
import { startTimer, type Timer } from "../kit/timing/timer.ts";
import { contained } from "../kit/untrusted/contained.ts";
import { demandEventShape } from "../kit/untrusted/event-shape.ts";
import { askedMessage } from "./earlier.ts";
import { MaskedStream } from "./masked-stream.ts";
import { isOfRun, outcomeOf, statusOfError, tookTooLong } from "./outcome.ts";
import { Prompts } from "./prompts.ts";
import { Questions } from "./questions.ts";
import { firstOf, type RunSetup } from "./run-setup.ts";
import { RootScope } from "./scope.ts";

/** Milliseconds that a program gets to end by its time-out or after a cancel. Then the run ends without it. */
const endGrace = 1500;
/** Made once: nobody is told of it, and its stack would cost as much as the rest of a run's end. */
const over = new SluiceError("SLUICE_RUN_CANCELLED", "the run is over");

/** One execution of a flow: subscribes to it, appends what it emits, and ends it exactly once. */
export class Run implements RunHandle {
  readonly run: string;
  readonly session: string;
  readonly flow: string;
  readonly owner: string | undefined;
  refusal?: SluiceError;
  readonly done: Promise<EventOf<"run-end">>;
  readonly #options: RunSetup;
  readonly #scope: RootScope;
  #folding: ConversationFold;
  #subscription: Subscription | undefined;
  #lastEnd: EventData["exec-end"] | undefined;
  readonly #questions = new Questions();
  readonly #prompts = new Prompts();
  readonly #began: number;
  readonly #told: MaskedStream;
  #seq = 0;
  #ended = false;
  /** Whether its turn in the session has come: before it, it has no part in the conversation. */
  #hasSpoken = false;
  #timer: Timer | undefined;
  #grace: NodeJS.Timeout | undefined;
  #resolve: (end: EventOf<"run-end">) => void = () => {};

  constructor(options: RunSetup) {
    this.#options = options;
    this.#began = options.now();
    this.run = options.run;
    this.session = options.session.name;
    this.flow = options.flow;
    this.owner = options.owner;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#folding = new ConversationFold(options.session.conversation);
    this.#scope = new RootScope({
      run: options.run,
      session: options.session.name,
      tags: options.tags,
      parameters: options.parameters,
      instances: options.instances,
      sandboxes: options.session.sandboxes,
      append: (emission) => this.#take(emission),
      nextSeq: (next) => this.#seq + 1 + this.#told.due(next),
      pressure: () => options.journals.pressure(),
      deadline: !options.timeout ? undefined : options.now() + options.timeout,
      now: options.now,
      budgets: options.budgets,
      shared: options.shared,
      interactive: options.interactive,
      approve: options.approve,
      approved: options.session.approved,
      stdin: options.stdin,
      env: options.env,
      mask: (text) => options.mask.text(text),
      asked: (seq, prompt) => this.#prompts.add(seq, prompt),
    });
    this.#told = new MaskedStream(options.mask);
    options.journals.open(options.run, options.after);
    this.#append(firstOf(options));
  }

  /** Waits for the session's turn and subscribes. */
  async start(prepare: () => Promise<void>): Promise<void> {
    const { session, timeout } = this.#options;
    if (timeout !== undefined) this.#timer = startTimer(() => this.#wind(tookTooLong(timeout)), timeout);
    const release = await session.turn();
    void this.done.then(release);
    // Where hosts share a store, whoever's start it takes has the run; nothing is done before.
    await this.#options.journals.begun(this.run);
    if (this.#ended) return;
    try {
      await this.#keepToBudget();
      await prepare();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#ended) return;
    const { input, pictures } = this.#options;
    const asked = { ...askedMessage(input), ...(pictures.length > 0 ? { pictures } : {}) };
    const conversation = { messages: [...session.conversation.messages, asked] };
    this.#hasSpoken = true;
    this.#folding = new ConversationFold(conversation);
    const turn = { conversation, scope: this.#scope };
    // Deferred, so that a plugin that throws before there is anything to subscribe to fails its run as well.
    this.#subscription = defer(() => this.#options.step(turn)).subscribe({
      // What a subscriber throws would end the process: RxJS throws it on.
      next: contained(
        (emission: Emission) => this.#take(emission),
        (error) => this.#fail(error),
      ),
      error: (error: unknown) => this.#fail(error),
      complete: contained(
        () => this.#complete(),
        (error) => this.#fail(error),
      ),
    });
    if (this.#ended) this.#subscription.unsubscribe();
  }

  /** Ends a run that could not even begin. */
  refuse(error: unknown): void {
    this.refusal = SluiceError.from(error);
    this.#fail(error);
  }

  /** Ends it before it begins, for want of a budget: that is the end of a run, and no refusal. */
  overspent(error: unknown): void {
    this.#fail(error);
  }

  /** Keeps to the time that is left of a budget which hosts share. @throws SluiceError SLUICE_RUN_BUDGET, SLUICE_HOST_CUT_OFF */
  async #keepToBudget(): Promise<void> {
    const { timeout, now, shared } = this.#options;
    const left = await shared?.timeLeft();
    if (left === undefined || this.#ended) return;
    if (timeout !== undefined && timeout - (now() - this.#began) <= left) return;
    this.#timer?.stop();
    this.#timer = startTimer(() => this.#wind(tookTooLong(Math.round(left))), left);
  }

  /** Another host has the run now: what it still does here counts for nothing, and ends. */
  fence(error: SluiceError): void {
    if (this.#ended) return;
    const { bills } = this.#close(error);
    const data = { status: "lost", usage: bills.usage, cost: bills.cost, reason: error.message } as const;
    const time = new Date(this.#options.now()).toISOString();
    this.#resolve({ run: this.run, seq: this.#seq + 1, time, source: "core", type: "run-end", data });
  }

  events(after = 0): AsyncIterable<RunEvent> {
    return this.#options.journals.events(this.run, after);
  }

  cancel(scope: "run" | "step" = "run"): void {
    if (this.#ended) return;
    if (scope === "step") {
      this.#scope.stopStep();
      return;
    }
    this.#wind(new SluiceError("SLUICE_RUN_CANCELLED", "the run was cancelled"));
  }

  interrupt(): Promise<boolean> {
    return this.#scope.interrupt();
  }

  async input(answer: RunAnswer): Promise<void> {
    const asked = answer.kind === "stdin" ? this.#questions.take(answer.question) : undefined;
    if (answer.kind === "stdin") {
      const { secret, ...place } = asked ?? { source: "core" };
      const text = secret && answer.text !== null ? "***" : answer.text;
      this.#take({ ...place, type: "input-response", data: { text } });
    }
    await this.#scope.answer(answer, asked);
  }

  prompt(seq: number): AskedPrompt | undefined {
    return this.#prompts.of(seq);
  }

  async files(): Promise<readonly FileInfo[]> {
    return (await this.#sandbox()).list();
  }

  async file(path: string): Promise<Uint8Array> {
    return (await this.#sandbox()).get(path);
  }

  #sandbox() {
    const sandbox = this.#options.session.sandboxes.first();
    if (!sandbox) throw new SluiceError("SLUICE_SANDBOX_CLOSED", `the sandbox of run ${this.run} is closed`);
    return sandbox;
  }

  #take(emission: Emission): void {
    if (this.#ended) return;
    demandEventShape(emission.source, emission.type, emission.data);
    for (const held of this.#told.before(emission)) this.#write(held);
    this.#folding.add(emission, this.#seq + 1);
    if (emission.type === "exec-end") this.#lastEnd = emission.data;
    if (emission.type === "exec-end") this.#questions.forget(emission);
    this.#append(emission);
    if (emission.type !== "input-request") return;
    this.#questions.add(emission, this.#seq);
    // Nobody is there to answer: the program reads the end of its input, at once.
    if (!this.#options.interactive) {
      this.input({ kind: "stdin", text: null, question: this.#seq }).catch(() => undefined);
    }
  }

  /** Undefined for a piece of which nothing is told yet. */
  #append(emission: Emission): RunEvent | undefined {
    for (const held of this.#told.before(emission)) this.#write(held);
    const told = this.#told.pass(emission);
    return told === undefined ? undefined : this.#write(told);
  }

  #write(emission: Emission): RunEvent {
    const event = this.#options.journals.append(this.run, emission);
    if (!event) throw new SluiceError("SLUICE_INTERNAL", `the journal of ${this.run} refused ${emission.type}`);
    this.#seq = event.seq;
    return event;
  }

  /** Tells every step to stop, and ends the run when they have, or after the grace. */
  #wind(reason: SluiceError): void {
    if (this.#ended || this.#grace) return;
    if (!this.#subscription) {
      this.#fail(reason);
      return;
    }
    this.#grace = setTimeout(() => this.#fail(reason), endGrace);
    // A program whose own time-out is this moment ends by it, which says more than a cancel would.
    if (reason.code === "SLUICE_RUN_TIMEOUT" && this.#scope.busy) {
      setTimeout(() => this.#scope.abort(reason), endGrace / 3).unref();
    } else {
      this.#scope.abort(reason);
    }
  }

  #complete(): void {
    const outcome = outcomeOf(this.#folding.conversation, this.#lastEnd);
    const { timeout } = this.#options;
    if (this.#scope.signal.aborted) this.#fail(this.#scope.signal.reason);
    else if (timeout && isOfRun(outcome, this.#scope.remaining())) this.#fail(tookTooLong(timeout));
    else this.#end(outcome);
  }

  #fail(thrown: unknown): void {
    if (this.#ended) return;
    const aborted = this.#scope.signal.aborted ? (this.#scope.signal.reason as SluiceError) : undefined;
    const error = aborted ?? SluiceError.from(thrown);
    const status = statusOfError(error.code);
    if (status !== "cancelled") this.#append({ source: "core", type: "error", data: error.toBody() });
    this.#end({ status, reason: error.message });
  }

  #end(outcome: Pick<EventData["run-end"], "status" | "exitCode" | "signal" | "reason">): void {
    if (this.#ended) return;
    const { bills } = this.#close(over);
    const stdin = this.#options.stdin?.told(this.#options.mask);
    const end = this.#append({
      source: "core",
      type: "run-end",
      data: { ...outcome, usage: bills.usage, cost: bills.cost, ...(stdin && { stdin }) },
    });
    this.#resolve(end as EventOf<"run-end">);
  }

  /** Lets go of everything; only how it ended is still to be said. */
  #close(reason: SluiceError): Pick<RootScope, "bills"> {
    this.#ended = true;
    this.#timer?.stop();
    clearTimeout(this.#grace);
    this.#options.stdin?.close();
    // Unsubscribing first: the models' part of the bill is known only when they have stopped.
    this.#subscription?.unsubscribe();
    this.#scope.abort(reason);
    const { session } = this.#options;
    const took = this.#options.now() - this.#began;
    for (const budget of this.#options.budgets) budget.addTime(took);
    this.#options.shared?.addTime(took);
    if (this.#hasSpoken) {
      session.conversation = settle(this.#folding.conversation);
      session.spoken = this.run;
    }
    // An ended run is kept for a while, and need not keep with it all that was said before.
    this.#folding = new ConversationFold(emptyConversation);
    session.lastUsed = this.#options.now();
    session.runs += 1;
    return this.#scope;
  }
}
