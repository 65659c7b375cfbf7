import { concatMap, defer, from, Observable, type Subscriber } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission, EmissionOf, EventType, Usage } from "../contract/event.ts";
import type { ModelEvent } from "../contract/model.ts";
import { contained } from "../kit/untrusted/contained.ts";
import { demandEventShape } from "../kit/untrusted/event-shape.ts";
import { estimatePrompt } from "../kit/upstream/estimate.ts";
import { AnswerWriter } from "./answer-writer.ts";
import { toError } from "./code-fault.ts";
import { unansweredPictures } from "./pictures.ts";
import { codeInstructions, toPrompt } from "./prompt.ts";
import type { RequestPermit, Step, Turn } from "./step.ts";
import { whenAdmitted } from "./when-admitted.ts";

export interface ModelStepOptions {
  /** Whether a sandbox follows, so that the model is told that its code will run. */
  readonly codeWanted: boolean;
  /** The sandbox that will run it: opened as soon as the model begins to write code. */
  readonly prewarm?: (turn: Turn) => void;
}

/** A model reads the conversation and answers. */
export function modelStep(id: string, options: ModelStepOptions): Step {
  return (turn) =>
    defer(() => {
      const answer = new Observable<Emission>((subscriber) => ask(id, options, turn, subscriber));
      const prices = turn.scope.prices(id);
      return prices ? from(prices).pipe(concatMap(() => answer)) : answer;
    });
}

/** Made once: every answer ends by it, and the stack of an error costs more than all else of that. */
const unread = new SluiceError("SLUICE_RUN_CANCELLED", "nobody reads the answer any more");

/** Makes one request as soon as it may; returns what stops it. */
function ask(id: string, options: ModelStepOptions, turn: Turn, subscriber: Subscriber<Emission>): () => void {
  const { scope } = turn;
  const system = options.codeWanted ? codeInstructions : "";
  const vision = scope.model(id).vision ?? false;
  const messages = toPrompt(turn.conversation, id, { vision, mask: (text) => scope.mask(text) });
  const prompt = estimatePrompt({ system, messages });
  let refuse: (error: SluiceError) => void = () => undefined;
  const admission = scope.admit(id, prompt, (error) => refuse(error));
  const request: PreparedRequest = { id, turn, options, system, messages, prompt };
  const begin = (permit: RequestPermit) =>
    askNow(request, permit, subscriber, (handler) => {
      refuse = handler;
    });
  return admission instanceof Promise ? whenAdmitted(admission, begin, scope.signal, subscriber) : begin(admission);
}

/** One request as it will be made. */
interface PreparedRequest {
  readonly id: string;
  readonly turn: Turn;
  readonly options: ModelStepOptions;
  readonly system: string;
  readonly messages: ReturnType<typeof toPrompt>;
  /** Tokens of the prompt, as estimated. */
  readonly prompt: number;
}

/** Makes one request; returns what stops it and settles its bill. */
function askNow(
  { id, turn, options, system, messages, prompt }: PreparedRequest,
  admission: RequestPermit,
  subscriber: Subscriber<Emission>,
  onRefused: (refuse: (error: SluiceError) => void) => void,
): () => void {
  const { scope, branch } = turn;
  const { codeWanted } = options;
  const vision = scope.model(id).vision ?? false;

  const abort = new AbortController();
  const onCancel = () => abort.abort(scope.signal.reason);
  if (scope.signal.aborted) onCancel();
  scope.signal.addEventListener("abort", onCancel, { once: true });
  const activity = scope.running({
    stop: () => abort.abort(new SluiceError("SLUICE_RUN_CANCELLED", "the step was stopped")),
  });

  const emit: Emit = (type, data) =>
    subscriber.next({ source: id, ...(branch === undefined ? {} : { branch }), type, data } as Emission);
  const asked = {
    system,
    messages: messages.map(({ pictures = [], ...message }) => ({ ...message, pictures: pictures.length })),
  };
  const terms = { admission, prompt, begun: (seq: number) => scope.asked(seq, asked) };
  const answer = new Answer(id, turn, emit, terms, options, subscriber, abort.signal);
  onRefused((error) => answer.refuse(error));
  const unseen = vision ? [] : unansweredPictures(turn.conversation, id);
  if (unseen.length > 0) emit("error", cannotSee(id, unseen).toBody());
  answer.begin();
  const session = branch === undefined ? scope.session : `${scope.session}.${branch}`;
  const parameters = scope.parametersOf(id);
  const request = { system, messages, codeWanted, session, ...(parameters === undefined ? {} : { parameters }) };
  const fault = (error: SluiceError) => subscriber.error(error);
  const subscription = scope
    .model(id)
    .generate(request, abort.signal)
    .subscribe({
      next: contained((event) => answer.next(event), fault),
      error: contained((error: unknown) => answer.error(error), fault),
      complete: contained(() => answer.complete(), fault),
    });

  return () => {
    subscription.unsubscribe();
    activity[Symbol.dispose]();
    scope.signal.removeEventListener("abort", onCancel);
    abort.abort(unread);
    answer.settle();
  };
}

function cannotSee(id: string, paths: readonly string[]): SluiceError {
  const message = `${id} cannot see pictures: it was told where ${paths.join(", ")} ${paths.length === 1 ? "lies" : "lie"}.`;
  return new SluiceError("SLUICE_MODEL_VISION", message);
}

type Emit = <Type extends EventType>(type: Type, data: EmissionOf<Type>["data"]) => void;

interface Terms {
  readonly admission: RequestPermit;
  /** Tokens of the prompt, as estimated. */
  readonly prompt: number;
  /** Told the `seq` of each beginning of the answer. */
  begun(seq: number): void;
}

/** Reads one answer and says it in the events of the grammar. */
class Answer {
  readonly #id: string;
  readonly #turn: Turn;
  readonly #emit: Emit;
  readonly #terms: Terms;
  readonly #subscriber: Subscriber<Emission>;
  readonly #stop: AbortSignal;
  readonly #writer: AnswerWriter;
  readonly #codeWanted: boolean;
  /** Whether the model ran code by itself, so that there is an answer whatever it says then. */
  #ran = false;
  /** `seq` of the answer's first event, and of what a rewind begins with. */
  #began = 0;
  #from = 0;
  #usage: Usage | undefined;
  #reason: EmissionOf<"model-end">["data"]["reason"] = "other";
  /** Refused before it said anything, which nobody charges for. */
  #refused = false;
  #settled = false;

  constructor(
    id: string,
    turn: Turn,
    emit: Emit,
    terms: Terms,
    options: ModelStepOptions,
    subscriber: Subscriber<Emission>,
    stop: AbortSignal,
  ) {
    this.#id = id;
    this.#turn = turn;
    this.#emit = emit;
    this.#terms = terms;
    this.#subscriber = subscriber;
    this.#stop = stop;
    this.#codeWanted = options.codeWanted;
    this.#writer = new AnswerWriter({
      emit,
      codeWanted: options.codeWanted,
      calls: turn.scope.model(id).textCalls ?? "run",
      onCode: () => options.prewarm?.(turn),
      onVoid: (why) => this.#void(why),
    });
  }

  begin(): void {
    const { scope } = this.#turn;
    this.#began = this.#nextSeq();
    this.#from = this.#began;
    this.#terms.begun(this.#began);
    this.#emit("model-start", { model: scope.model(this.#id).modelId });
  }

  next(event: ModelEvent): void {
    if (event.type === "finish") {
      this.#usage = event.usage;
      this.#reason = event.reason;
    } else if (event.type === "rewind") {
      this.#writer.close();
      this.#from = this.#began;
      this.#ran = false;
      this.#void(event.reason);
    } else if (event.type === "exec") {
      this.#writer.close();
      this.#ran = true;
      demandEventShape(this.#id, event.event.type, event.event.data);
      this.#emit(event.event.type, event.event.data);
      this.#from = this.#nextSeq();
    } else {
      this.#writer.write(event);
      this.#count();
    }
  }

  /** The `seq` of the next event that is no piece. Text that was held back comes before it, and is not taken back. */
  #nextSeq(): number {
    const { scope, branch } = this.#turn;
    return scope.nextSeq({ type: "model-start", ...(branch === undefined ? {} : { branch }) });
  }

  /** Takes back what was said, and begins anew where that was the whole answer. */
  #void(reason: string): void {
    this.#emit("rewind", { from: this.#from, reason });
    if (this.#from === this.#began) this.begin();
  }

  #count(): void {
    try {
      this.#terms.admission.written(tokensOf(this.#writer.characters));
    } catch (error) {
      this.refuse(error);
    }
  }

  /** No more of it fits a budget. */
  refuse(error: unknown): void {
    this.#writer.close();
    this.settle();
    this.#subscriber.error(error);
  }

  error(error: unknown): void {
    this.#writer.close();
    this.#refused = this.#writer.characters === 0 && !this.#stop.aborted;
    this.settle();
    // A step that was told to stop has ended as asked; what it said until then stays.
    if (this.#stop.aborted) this.#subscriber.complete();
    else this.#subscriber.error(SluiceError.from(error, "SLUICE_MODEL_MALFORMED"));
  }

  complete(): void {
    this.#writer.close();
    this.settle();
    if (!this.#usage && !this.#stop.aborted) {
      const message = `the answer of ${this.#id} stopped without its end`;
      this.#subscriber.error(new SluiceError("SLUICE_MODEL_INCOMPLETE", message));
      return;
    }
    if (this.#usage && !this.#writer.said && !this.#ran) {
      const message = `${this.#id}: the model answered nothing (${this.#reason}).`;
      this.#subscriber.error(new SluiceError("SLUICE_MODEL_EMPTY", message));
      return;
    }
    // Before the end, so that nobody is asked to approve code that will not run.
    const fault = this.#codeWanted && this.#usage ? this.#writer.fault(this.#reason) : undefined;
    if (fault) this.#emit("error", toError(fault).toBody());
    if (this.#usage) {
      const amount = this.#turn.scope.model(this.#id).cost?.(this.#usage) ?? null;
      this.#emit("model-end", { reason: this.#reason, usage: this.#usage, cost: { amount, currency: "USD" } });
    }
    this.#subscriber.complete();
  }

  /** Puts the answer on the bill, before anybody hears that it has ended: a model may end as soon as it is asked. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#terms.admission.settle(this.#used(this.#terms.prompt));
  }

  /** What the provider told, else a rough measure, marked so. */
  #used(prompt: number): Usage {
    if (this.#usage) return this.#usage;
    if (this.#refused) return { inputTokens: 0, outputTokens: 0 };
    return { inputTokens: prompt, outputTokens: tokensOf(this.#writer.characters), estimated: true };
  }
}

/** Four characters to a token, as providers themselves tell for English and code. */
function tokensOf(characters: number): number {
  return Math.ceil(characters / 4);
}
