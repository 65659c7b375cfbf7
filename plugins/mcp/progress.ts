import type { ServerContext } from "@modelcontextprotocol/server";
import type { RunEvent } from "../../core/contract/index.ts";
import { cutTextsStart, startTimer, type Timer } from "../../core/kit/index.ts";

/** Milliseconds after which a silent call says that it is still at work: clients give up on those that say nothing. */
const silence = 10_000;
/** Characters of one notice; of more, the latest. */
const most = 2_000;

/** Tells a client that asked for it what a run does. Notices are `pause` milliseconds apart or more. */
export class Progress implements Disposable {
  readonly #context: ServerContext["mcpReq"];
  readonly #pause: number;
  #count = 0;
  #text = "";
  #last = 0;
  #timer: Timer | undefined;
  #over = false;

  constructor(context: ServerContext["mcpReq"], pause: number) {
    this.#context = context;
    this.#pause = pause;
    if (this.#token === undefined) this.#over = true;
    else this.#wait(silence);
  }

  get #token(): string | number | undefined {
    return this.#context._meta?.progressToken;
  }

  observe(event: RunEvent): void {
    const text = this.#over ? undefined : textOf(event);
    if (text === undefined || text === "") return;
    this.#text = cutTextsStart(this.#text, text, most);
    this.#wait(Math.max(0, this.#last + this.#pause - performance.now()));
  }

  #wait(milliseconds: number): void {
    this.#timer?.stop();
    if (milliseconds === 0) this.#send();
    else this.#timer = startTimer(() => this.#send(), milliseconds);
    this.#timer?.unref();
  }

  #send(): void {
    const message = this.#text;
    const progressToken = this.#token;
    if (progressToken === undefined || this.#over) return;
    this.#text = "";
    this.#last = performance.now();
    this.#count += 1;
    const params = { progressToken, progress: this.#count, ...(message === "" ? {} : { message }) };
    // Whoever is gone hears nothing; that ends the call by itself where it should.
    this.#context.notify({ method: "notifications/progress", params }).catch(() => undefined);
    this.#wait(silence);
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#timer?.stop();
  }
}

function textOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case "exec-stdout":
    case "exec-stderr":
    case "text-delta":
    case "code-delta":
      return event.data.text;
    case "exec-start":
      return `[${event.data.language} runs]\n`;
    case "model-start":
      return `[${event.data.model} answers]\n`;
    default:
      return undefined;
  }
}
