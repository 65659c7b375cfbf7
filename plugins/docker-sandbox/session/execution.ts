import type { Subscriber } from "rxjs";
import {
  type ErrorCode,
  type EventData,
  type ExecEvent,
  type ExecuteOptions,
  SluiceError,
} from "../../../core/index.ts";
import type { Channel, ChannelListener } from "../container/channel.ts";
import { FromSandbox, ToSandbox } from "../protocol/frames.ts";
import { OutputText } from "../protocol/output.ts";
import { inputRequestOf, parseObject, programErrorOf, resultOf } from "./messages.ts";
import { mimeOf } from "./mime.ts";

export interface ExecutionRequest {
  readonly code: string;
  readonly options: ExecuteOptions;
  readonly fresh: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes. */
  readonly output: number;
  readonly container: string;
}

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
  #error: EventData["exec-end"]["error"];
  #started = false;
  #stopped = false;
  #isDone = false;
  #finish: () => void = () => {};

  constructor(channel: Channel, request: ExecutionRequest, subscriber: Subscriber<ExecEvent>) {
    this.#channel = channel;
    this.#request = request;
    this.#subscriber = subscriber;
    this.#id = channel.nextId();
    this.#stdout = new OutputText((data) => this.#emit({ type: "exec-stdout", data }));
    this.#stderr = new OutputText((data) => this.#emit({ type: "exec-stderr", data }));
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  begin(): void {
    const { code, options, fresh, timeout, output } = this.#request;
    this.#channel.listen(this);
    this.#channel.send(ToSandbox.exec, { id: this.#id, language: options.language, code, fresh, timeout, output });
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

  onFrame(kind: number, payload: Buffer): void {
    this.onChunkEnd();
    switch (kind) {
      case FromSandbox.started:
        this.#start();
        return;
      case FromSandbox.refused:
        this.#refuse(parseObject(payload));
        return;
      case FromSandbox.result: {
        const data = resultOf(payload);
        if (data) this.#emit({ type: "exec-result", data });
        return;
      }
      case FromSandbox.inputRequest: {
        const data = inputRequestOf(payload);
        if (data) this.#emit({ type: "input-request", data });
        return;
      }
      case FromSandbox.error:
        this.#error = programErrorOf(payload);
        return;
      case FromSandbox.file: {
        const file = parseObject(payload) as { path: string; size: number };
        this.#emit({ type: "exec-file", data: { path: file.path, size: file.size, mime: mimeOf(file.path) } });
        return;
      }
      case FromSandbox.end: {
        const { id, ...data } = parseObject(payload) as unknown as EventData["exec-end"] & { id: number };
        if (id === this.#id) this.#end({ ...data, ...(this.#error && failed(data) ? { error: this.#error } : {}) });
      }
    }
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const { code, options, container } = this.#request;
    this.#emit({ type: "exec-start", data: { language: options.language, code, container } });
  }

  #refuse(reply: Readonly<Record<string, unknown>> | undefined): void {
    const code = String(reply?.["code"] ?? "SLUICE_INTERNAL") as ErrorCode;
    this.#close();
    this.#subscriber.error(new SluiceError(code, String(reply?.["message"] ?? "the supervisor refused the code")));
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
