import { once } from "node:events";
import { WebSocket } from "ws";
import { token } from "./websocket-kit.ts";

/** When a client acknowledges by itself, and whether it answers when it is asked. */
export type Habit =
  | { readonly kind: "events"; readonly every: number; readonly answers: boolean }
  | { readonly kind: "bytes"; readonly every: number; readonly answers: boolean }
  | { readonly kind: "asked" };

interface Read {
  readonly seqs: readonly number[];
  readonly lengths: readonly number[];
}

type Frame = { readonly t: string } & Readonly<Record<string, unknown>>;

/** A client of the wire that knows no more than its page: it joins parts, acknowledges by habit, resumes after a cut. */
export class HabitClient {
  readonly #url: string;
  readonly #habit: Habit;
  readonly #seqs: number[] = [];
  readonly #lengths: number[] = [];
  #run: string | undefined;
  #parts: string[] = [];
  #owed = { events: 0, bytes: 0 };
  #ended = false;

  constructor(url: string, habit: Habit) {
    this.#url = url;
    this.#habit = habit;
  }

  /** Reads one run to its end; the socket breaks after so many frames, each in turn. */
  async read(cuts: readonly number[]): Promise<Read> {
    for (const cut of cuts) {
      if (!this.#ended) await this.#connection(cut);
    }
    if (!this.#ended) await this.#connection(Number.POSITIVE_INFINITY);
    return { seqs: this.#seqs, lengths: this.#lengths };
  }

  async #connection(cut: number): Promise<void> {
    const socket = new WebSocket(this.#url, "sluice.v1", { perMessageDeflate: false });
    this.#parts = [];
    this.#owed = { events: 0, bytes: 0 };
    let left = cut;
    socket.on("message", (data: Buffer) => {
      if (left <= 0) return;
      left -= 1;
      this.#receive(socket, JSON.parse(data.toString()) as Frame);
      if (this.#ended || left <= 0) socket.terminate();
    });
    await once(socket, "open");
    const resume = this.#run === undefined ? [] : [{ run: this.#run, after: this.#seqs.at(-1) ?? 0 }];
    socket.send(JSON.stringify({ t: "hello", client: "habit", token, resume }));
    if (this.#run === undefined) socket.send(JSON.stringify({ t: "open", id: "one", input: { text: "x" } }));
    await once(socket, "close");
  }

  #receive(socket: WebSocket, frame: Frame): void {
    if (frame.t === "part") {
      this.#parts.push(String(frame["text"]));
      if (this.#parts.length < Number(frame["count"])) return;
      const whole = this.#parts.join("");
      this.#parts = [];
      this.#receive(socket, JSON.parse(whole) as Frame);
    } else if (frame.t === "opened") this.#run = String(frame["run"]);
    else if (frame.t === "event") this.#event(socket, frame["event"] as Frame);
    else if (frame.t === "ack-request" && (this.#habit.kind === "asked" || this.#habit.answers)) this.#ack(socket);
    else if (frame.t === "error") throw new Error(JSON.stringify(frame));
  }

  #event(socket: WebSocket, event: Frame): void {
    const { seq, type, data } = event as unknown as { seq: number; type: string; data: { text?: string } };
    this.#seqs.push(seq);
    if (type === "text-delta") this.#lengths.push(data.text?.length ?? 0);
    this.#ended = type === "run-end";
    this.#owed.events += 1;
    this.#owed.bytes += data.text?.length ?? 0;
    if (this.#habit.kind !== "asked" && this.#owed[this.#habit.kind] >= this.#habit.every) this.#ack(socket);
  }

  #ack(socket: WebSocket): void {
    this.#owed = { events: 0, bytes: 0 };
    socket.send(JSON.stringify({ t: "ack", run: this.#run, seq: this.#seqs.at(-1) ?? 0 }));
  }
}
