import { type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { approvalOf } from "../execution/own-stdin.ts";
import { TranscriptView } from "../execution/transcript-view.ts";
import type { Connection } from "../host/connection.ts";
import { failureText } from "../output/failure.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { painter } from "../output/style.ts";
import type { History } from "./history.ts";
import { MultiLine } from "./multi-line.ts";
import { Prompt } from "./prompt.ts";

/** A second Ctrl-C within this time leaves. Milliseconds. */
const twice = 2_000;

const chatHelp = `/new    begin a new session: nothing said or set before is known in it
/help   this
/exit   leave; so do Ctrl-D, and Ctrl-C twice
A line that ends with \\ goes on in the next one; between two lines of """ everything is one message.
Ctrl-C interrupts what runs and keeps the session's variables.
`;

/** Question and answer in one session, until the person leaves. */
export class Chat implements Disposable {
  readonly #connection: Connection;
  readonly #flow: string;
  readonly #outputs: Outputs = processOutputs();
  readonly #history: History;
  readonly #prompt: Prompt;
  readonly #paint = painter(process.stdout);
  readonly #message = new MultiLine();
  #session: string;
  #running: RunHandle | undefined;
  #asked = 0;
  #left = false;

  constructor(connection: Connection, flow: string, session: string, history: History) {
    this.#connection = connection;
    this.#flow = flow;
    this.#session = session;
    this.#history = history;
    this.#prompt = new Prompt(history, { onInterrupt: () => this.#interrupt() });
    process.on("SIGINT", this.#signal);
    process.on("SIGTERM", this.#terminate);
    process.on("SIGHUP", this.#terminate);
  }

  async run(): Promise<void> {
    while (!this.#left) {
      const line = await this.#prompt.ask(this.#message.open ? this.#paint("dim", "... ") : this.#paint("bold", "> "));
      if (line === null) break;
      const message = this.#message.push(line);
      if (message === undefined || message.trim() === "") continue;
      this.#history.append(message);
      if (message.startsWith("/") && !message.includes("\n")) await this.#command(message.trim());
      else await this.#ask(message);
    }
    if (process.stdin.isTTY) process.stdout.write("\n");
    const fault = await this.#connection.unstored();
    if (fault !== undefined) throw fault;
  }

  async #command(command: string): Promise<void> {
    const { stdout, stderr } = this.#outputs;
    if (command === "/exit" || command === "/quit") this.#left = true;
    else if (command === "/new") {
      this.#session = crypto.randomUUID();
      await stdout.write("a new session\n");
    } else if (command === "/help") await stdout.write(chatHelp);
    else await stderr.write(`${command} is no command; /help lists them\n`);
  }

  async #ask(text: string): Promise<void> {
    const view = new TranscriptView(this.#outputs, { echoed: process.stdin.isTTY });
    try {
      const handle = await this.#connection.open({
        flow: this.#flow,
        input: { text },
        session: this.#session,
        interactive: true,
      });
      this.#running = handle;
      for await (const event of handle.events()) {
        await view.show(event);
        if (event.type === "input-request") void this.#answer(handle);
        if (event.type === "approval-request") void this.#approve(handle);
      }
    } catch (error) {
      await this.#outputs.stderr.write(failureText(SluiceError.from(error), process.stderr));
    } finally {
      this.#running = undefined;
      this.#prompt.giveUp();
    }
  }

  async #answer(handle: RunHandle): Promise<void> {
    const text = await this.#prompt.ask("");
    await handle.input({ kind: "stdin", text }).catch(() => undefined);
  }

  async #approve(handle: RunHandle): Promise<void> {
    await handle.input(approvalOf(await this.#prompt.ask(""))).catch(() => undefined);
  }

  readonly #signal = (): void => this.#interrupt();

  readonly #terminate = (): void => {
    this.#left = true;
    this.#running?.cancel("run");
    this.#prompt[Symbol.dispose]();
  };

  #interrupt(): void {
    const now = performance.now();
    const again = now - this.#asked < twice && this.#asked > 0;
    this.#asked = now;
    if (again) {
      this.#terminate();
      return;
    }
    const running = this.#running;
    if (running === undefined) {
      this.#message.reset();
      this.#prompt.clearLine(this.#paint("dim", "Ctrl-C again leaves"));
      return;
    }
    running.interrupt().then(
      (interrupted) => interrupted || running.cancel("run"),
      () => running.cancel("run"),
    );
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#signal);
    process.off("SIGTERM", this.#terminate);
    process.off("SIGHUP", this.#terminate);
    this.#prompt[Symbol.dispose]();
  }
}
