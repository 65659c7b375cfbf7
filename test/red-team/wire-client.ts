import type { RawSocket } from "../contract/transport-raw.ts";

/** The host keeps at most 256 events beyond what was acknowledged. */
const lookBack = 400;
const ackEvery = 32;

type Frame = Readonly<Record<string, unknown>>;

/** A client of the wire that waits for each answer, and bears being sent away. */
export class WireClient {
  readonly socket: RawSocket;
  readonly #hello: Frame;
  #greeted = false;
  #count = 0;
  lastRun = "";

  constructor(socket: RawSocket, client: string, token: string | undefined) {
    this.socket = socket;
    this.#hello = { t: "hello", client, ...(token === undefined ? {} : { token }) };
  }

  /** The answer, or how the socket ended. */
  async ask(frame: Frame): Promise<Frame> {
    await this.#greet();
    this.#count += 1;
    const id = `ask-${this.#count}`;
    this.socket.send(JSON.stringify({ id, ...frame }));
    const re = String(frame["id"] ?? id);
    return (await this.#find((each) => each["re"] === re)) ?? { t: "closed" };
  }

  call(method: string, params: object = {}): Promise<Frame> {
    return this.ask({ t: "call", method, params });
  }

  /** Runs code to its end; everything that the run told. */
  async code(code: string, session?: string): Promise<string> {
    const input = { code, language: "python" };
    const opened = await this.ask({ t: "open", flow: "run", input, ...(session === undefined ? {} : { session }) });
    const run = opened["run"];
    if (typeof run !== "string") return JSON.stringify(opened);
    this.lastRun = run;
    const ofRun = (text: string) => text.includes(run);
    await this.#find((each) => each["t"] === "event" && ofRun(JSON.stringify(each)) && isEnd(each));
    return this.socket.messages.filter(ofRun).join("\n");
  }

  close(): void {
    if (!this.socket.gone) void this.socket.close();
  }

  async #greet(): Promise<void> {
    if (this.#greeted) return;
    this.#greeted = true;
    this.socket.send(JSON.stringify(this.#hello));
    await this.#find((each) => each["t"] === "welcome");
  }

  #acknowledge({ event }: Frame): void {
    const { run, seq = 0 } = (event ?? {}) as { run?: string; seq?: number };
    if (run === undefined || (seq % ackEvery !== 0 && !isEnd({ event }))) return;
    if (!this.socket.gone) this.socket.send(JSON.stringify({ t: "ack", run, seq }));
  }

  async #find(fits: (frame: Frame) => boolean): Promise<Frame | undefined> {
    let found: Frame | undefined;
    let seen = this.socket.messages.length === 0 ? 0 : Math.max(0, this.socket.messages.length - lookBack);
    const look = () => {
      for (; seen < this.socket.messages.length; seen += 1) {
        const frame = JSON.parse(this.socket.messages[seen] ?? "{}") as Frame;
        this.#acknowledge(frame);
        if (fits(frame)) found ??= frame;
      }
      return found !== undefined;
    };
    // A busy machine may be silent for long; an attack is not to be told of for that.
    for (let patience = 4; ; patience -= 1) {
      try {
        await this.socket.until(look);
        break;
      } catch (error) {
        if (patience === 1) throw error;
      }
    }
    return found;
  }
}

function isEnd(frame: Frame): boolean {
  return (frame["event"] as { type?: string } | undefined)?.type === "run-end";
}
