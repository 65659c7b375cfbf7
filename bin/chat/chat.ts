import { type EventOf, type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { approvalOf } from "../execution/own-stdin.ts";
import { TranscriptView } from "../execution/transcript-view.ts";
import type { HostConnection } from "../host/connection.ts";
import { failureText } from "../output/failure.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { painter } from "../output/style.ts";
import { type ChatState, command } from "./commands.ts";
import type { History } from "./history.ts";
import { MadeFiles } from "./made.ts";
import { MultiLine } from "./multi-line.ts";
import { ChatPrompt } from "./prompt.ts";
import { Protocol } from "./protocol.ts";

/** A second Ctrl-C within this time leaves. Milliseconds. */
const twice = 2_000;

/** Question and answer in one session, until the person leaves. */
export class Chat implements ChatState, Disposable {
  readonly connection: HostConnection;
  readonly made = new MadeFiles();
  readonly protocol = new Protocol();
  readonly home: string;
  flow: string;
  session: string;
  tip: string | null | undefined;
  readonly #outputs: Outputs = processOutputs();
  readonly #history: History;
  readonly #prompt: ChatPrompt;
  readonly #paint = painter(process.stdout);
  readonly #note = painter(process.stderr);
  readonly #message = new MultiLine();
  #running: RunHandle | undefined;
  #asked = 0;
  #left = false;

  constructor(connection: HostConnection, flow: string, session: string, history: History) {
    this.connection = connection;
    this.home = flow;
    this.flow = flow;
    this.session = session;
    this.#history = history;
    this.#prompt = new ChatPrompt(history, { onInterrupt: () => this.#interrupt() });
    process.on("SIGINT", this.#signal);
    process.on("SIGTERM", this.#terminate);
    process.on("SIGHUP", this.#terminate);
  }

  readonly enter = (session: string): void => {
    this.session = session;
    this.tip = undefined;
    this.made.clear();
    this.protocol.clear();
  };

  readonly leave = (): void => {
    this.#left = true;
  };

  async run(): Promise<void> {
    if (process.stdout.isTTY) await this.#outputs.stdout.write(`${this.#paint("dim", await this.#whoAnswers())}\n`);
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
    const fault = await this.connection.unstored();
    if (fault !== undefined) throw fault;
  }

  /** `chat: gpt (gpt-5.2) or tiny answers, code runs in box; /help lists the commands`. */
  async #whoAnswers(): Promise<string> {
    const [flows, all] = await Promise.all([this.connection.flows(), this.connection.instances()]);
    const own = flows.find(({ name }) => name === this.flow)?.instances ?? [];
    const of = (wanted: string): string[] =>
      all
        .filter(({ id, kind, status }) => own.includes(id) && kind === wanted && status !== "absent")
        .map(({ id }) => id);
    const [models, sandboxes] = [of("model"), of("sandbox")];
    const who = models.length === 0 ? "no model" : models.join(", ");
    const where = sandboxes.length === 0 ? "" : `; code runs in ${sandboxes.join(", ")}`;
    return `${printable(this.flow)}: ${printable(who)} answers${printable(where)}; /help lists the commands`;
  }

  async #command(line: string): Promise<void> {
    try {
      const said = await command(this, line);
      if (said !== "") await this.#outputs.stdout.write(`${said}\n`);
    } catch (error) {
      await this.#tell(error);
    }
  }

  async #ask(text: string): Promise<void> {
    const view = new TranscriptView(this.#outputs, { echoed: process.stdin.isTTY, saving: "/get DIR saves it" });
    this.protocol.begin();
    try {
      const handle = await this.connection.open({
        flow: this.flow,
        input: { text },
        session: this.session,
        ...(this.tip === undefined ? {} : { continues: this.tip }),
        interactive: true,
      });
      this.tip = handle.run;
      this.#running = handle;
      if (this.#left) handle.cancel("run");
      let isTold = false;
      for await (const event of handle.events()) {
        await view.show(event);
        this.made.observe(event);
        this.protocol.observe(event);
        isTold ||= event.type === "error";
        if (event.type === "input-request") void this.#answer(handle, event, view.begun);
        if (event.type === "approval-request") void this.#approve(handle, event);
        if (event.type === "run-end") await this.#mark(event, isTold);
      }
    } catch (error) {
      await this.#tell(error);
    } finally {
      this.#running = undefined;
      this.#prompt.giveUp();
    }
  }

  /** An answer that is not whole says so. */
  async #mark({ data: { status, reason } }: EventOf<"run-end">, isTold: boolean): Promise<void> {
    if (status === "ok" || (status === "failed" && isTold)) return;
    const how =
      status === "cancelled" ? "interrupted: the answer above is not whole" : `${status}: ${reason ?? "no reason"}`;
    await this.#outputs.stderr.write(`${this.#note("yellow", `[${printable(how)}]`)}\n`);
  }

  async #tell(error: unknown): Promise<void> {
    await this.#outputs.stderr.write(failureText(SluiceError.from(error), process.stderr));
  }

  /** The line is drawn anew, with what the program has written in it. */
  async #answer(handle: RunHandle, { seq, data }: EventOf<"input-request">, begun: string): Promise<void> {
    const text = await this.#prompt.ask(begun, { secret: data.secret });
    await handle.input({ kind: "stdin", text, question: seq }).catch(() => undefined);
  }

  /** Of what was read: the run may ask another thing when the line is there. */
  async #approve(handle: RunHandle, { seq }: EventOf<"approval-request">): Promise<void> {
    const line = await this.#prompt.ask("");
    await handle.input({ ...approvalOf(line), question: seq }).catch(() => undefined);
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
    const running = this.#running;
    // Where no terminal is, nobody could type it again.
    if (again || (running === undefined && !process.stdin.isTTY)) {
      this.#terminate();
      return;
    }
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
