import type { Subscriber } from "rxjs";
import {
  type ErrorCode,
  type EventData,
  type ExecEvent,
  type ExecuteOptions,
  SluiceError,
} from "../../../core/contract/index.ts";
import { didYouMean, readLargeResult } from "../../../core/kit/index.ts";
import type { Channel, ChannelListener } from "../container/channel.ts";
import type { FrameRest } from "../container/frame-queue.ts";
import { FromSandbox, ToSandbox } from "../protocol/frames.ts";
import { OutputText } from "../protocol/output.ts";
import { fileOf, inputRequestOf, parseObject, programErrorOf, smallResultOf } from "./messages.ts";
import { Meter } from "./meter.ts";
import { mimeOf } from "./mime.ts";
import { StdinLines, StdinPump } from "./stdin.ts";

export interface ExecutionRequest {
  readonly code: string;
  readonly options: ExecuteOptions;
  /** A program of its own, and not a cell of the session's interpreter. */
  readonly program: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes. */
  readonly output: number;
  readonly container: string;
}

/** What a mistyped language is likely to have meant. */
const likelyLanguages = [
  "python",
  "javascript",
  "typescript",
  "bash",
  "ruby",
  "perl",
  "lua",
  "php",
  "node",
  "notebook",
];

/** Bytes of a result from where it is read on another thread: it may have tens of thousands of values. */
const large = 64 * 1024;

/** One execution as the host sees it: frames in, events out, exactly one `exec-end`. */
export class Execution implements ChannelListener {
  /** Resolves when it has ended, whatever became of its subscriber. */
  readonly done: Promise<void>;
  readonly #channel: Channel;
  readonly #request: ExecutionRequest;
  readonly #subscriber: Subscriber<ExecEvent>;
  readonly #id: number;
  readonly #began = performance.now();
  readonly #stdout: OutputText;
  readonly #stderr: OutputText;
  /** Output of one stream in one chunk of the pipe: the engine cuts it small, and an event costs more than its bytes. */
  #pieces: Buffer[] = [];
  #kind = 0;
  #pump: StdinPump | undefined;
  /** Answers a cell that asks. */
  #lines: StdinLines | undefined;
  #error: EventData["exec-end"]["error"];
  #errorFrame: Buffer | undefined;
  readonly #meter: Meter;
  #started = false;
  #stopped = false;
  #isDone = false;
  #finish: () => void = () => {};

  constructor(channel: Channel, request: ExecutionRequest, subscriber: Subscriber<ExecEvent>) {
    this.#channel = channel;
    this.#request = request;
    this.#subscriber = subscriber;
    this.#id = channel.nextId();
    this.#meter = new Meter(request.output);
    this.#stdout = new OutputText((data) => this.#emit({ type: "exec-stdout", data }));
    this.#stderr = new OutputText((data) => this.#emit({ type: "exec-stderr", data }));
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  begin(): void {
    const { code, options, program, timeout, output } = this.#request;
    const { language, file, placed, args = [], env = {}, stdin, interactive } = options;
    if (stdin && program) this.#pump = new StdinPump(this.#channel, this.#id, stdin);
    if (stdin && !program) this.#lines = new StdinLines(stdin);
    this.#channel.listen(this);
    this.#channel.send(ToSandbox.exec, {
      id: this.#id,
      language,
      code,
      program,
      ...(file === undefined ? {} : { file, placed: placed === true }),
      args,
      env,
      stdin: this.#pump ? "stream" : interactive ? "ask" : "none",
      timeout,
      output,
    });
  }

  interrupt(): void {
    this.#channel.send(ToSandbox.interrupt, { id: this.#id });
  }

  /** Ends the program and everything it started; `exec-end` says `killed` when that has been seen. */
  stop(): void {
    if (this.#stopped || this.#isDone) return;
    this.#stopped = true;
    this.#channel.send(ToSandbox.stop, { id: this.#id });
  }

  input(text: string | null): void {
    this.#channel.send(ToSandbox.input, { text });
  }

  pressure(): Promise<void> | undefined {
    return this.#subscriber.closed ? undefined : this.#request.options.pressure?.();
  }

  onOutput(kind: number, piece: Buffer): void {
    if (kind !== this.#kind) this.onChunkEnd();
    this.#kind = kind;
    this.#pieces.push(piece);
  }

  onChunkEnd(): void {
    const [first] = this.#pieces;
    if (first === undefined) return;
    const whole = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    (this.#kind === FromSandbox.stdout ? this.#stdout : this.#stderr).push(whole);
  }

  onFrame(kind: number, payload: Buffer): FrameRest | undefined {
    this.onChunkEnd();
    switch (kind) {
      case FromSandbox.started:
        this.#start(parseObject(payload)?.["shell"]);
        return undefined;
      case FromSandbox.refused:
        this.#refuse(parseObject(payload));
        return undefined;
      case FromSandbox.result:
        return this.#result(payload);
      case FromSandbox.inputRequest: {
        const data = this.#meter.question(payload.length) ? inputRequestOf(payload) : undefined;
        if (data && this.#lines) this.#answer(data.prompt, this.#lines);
        else if (data) this.#emit({ type: "input-request", data: { ...data, ...this.#until() } });
        // Said more than it may: it reads the end of its input.
        else this.input(null);
        return undefined;
      }
      case FromSandbox.stdinTaken:
        this.#pump?.taken(payload);
        return undefined;
      case FromSandbox.error:
        // Read when it has ended: the last one counts, and a program may send any number.
        this.#errorFrame = payload;
        return undefined;
      case FromSandbox.file: {
        const file = this.#meter.file() ? fileOf(payload) : undefined;
        if (file) this.#emit({ type: "exec-file", data: { ...file, mime: mimeOf(file.path) } });
        return undefined;
      }
      case FromSandbox.end: {
        const { id, ...data } = (parseObject(payload) ?? {}) as unknown as EventData["exec-end"] & { id: number };
        if (id !== this.#id) return undefined;
        this.#error ??= this.#errorFrame && programErrorOf(this.#errorFrame);
        this.#end({ ...this.#meter.told(data), ...(this.#error && failed(data) ? { error: this.#error } : {}) });
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #result(payload: Buffer): FrameRest | undefined {
    if (!this.#meter.result(payload.length)) return undefined;
    const show = (data: EventData["exec-result"] | undefined) => {
      if (data) this.#emit({ type: "exec-result", data });
      else this.#meter.drop(0);
    };
    if (payload.length < large) {
      show(smallResultOf(payload));
      return undefined;
    }
    const { ready, shown } = readLargeResult(payload);
    return { ready, finish: () => show(shown()) };
  }

  #start(shell?: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const { code, options, container } = this.#request;
    const data: EventData["exec-start"] = { language: options.language, code, container };
    if (shell === "ipython" || shell === "python") data.shell = shell;
    this.#emit({ type: "exec-start", data });
    this.#pump?.run().catch((error) => this.#inputFailed(error));
  }

  /** When its time-out ends it, if nobody answers. */
  #until(): { until?: string } {
    const { timeout } = this.#request;
    if (timeout === 0) return {};
    return { until: new Date(Date.now() + this.#began + timeout - performance.now()).toISOString() };
  }

  /** As Python does where its standard input is no terminal: the prompt is printed, and a line is read. */
  #answer(prompt: string, lines: StdinLines): void {
    this.#stdout.push(Buffer.from(prompt));
    lines.next().then(
      (text) => this.input(text),
      (error) => this.#inputFailed(error),
    );
  }

  /** The sender of the input has failed: a program must not take a part for the whole. */
  #inputFailed(error: unknown): void {
    if (this.#isDone) return;
    const message = `its standard input failed: ${error instanceof Error ? error.message : String(error)}`;
    this.#error = { name: "InputError", message };
    this.stop();
  }

  #refuse(reply: Readonly<Record<string, unknown>> | undefined): void {
    const code = String(reply?.["code"] ?? "SLUICE_INTERNAL") as ErrorCode;
    this.#close();
    const message = String(reply?.["message"] ?? "the supervisor refused the code");
    const refused = new SluiceError(code, message);
    const near =
      code === "SLUICE_SANDBOX_LANGUAGE" ? didYouMean(this.#request.options.language ?? "", likelyLanguages) : "";
    this.#subscriber.error(near === "" ? refused : new SluiceError(code, message, { cure: near + refused.cure }));
  }

  #end(data: EventData["exec-end"]): void {
    if (this.#isDone) return;
    this.#start();
    this.#stdout.flush();
    this.#stderr.flush();
    this.#close();
    this.#emit({ type: "exec-end", data });
    this.#subscriber.complete();
  }

  /** The container went away in the middle: nobody saw the program's end. */
  onClosed(): void {
    this.onChunkEnd();
    this.#end({
      status: "lost",
      exitCode: null,
      signal: null,
      stateLost: true,
      wallMs: performance.now() - this.#began,
      cpuMs: 0,
      peakBytes: 0,
      error: { name: "SLUICE_SANDBOX_LOST", message: `the container was lost: ${this.#channel.reason}` },
    });
  }

  #close(): void {
    this.#isDone = true;
    this.#pump?.stop();
    this.#lines?.stop();
    this.#channel.listen(undefined);
    this.#finish();
  }

  #emit(event: ExecEvent): void {
    if (!this.#subscriber.closed) this.#subscriber.next(event);
  }
}

function failed(data: EventData["exec-end"]): boolean {
  return data.status !== "exited" || data.exitCode !== 0;
}
