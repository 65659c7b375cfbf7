import fc from "fast-check";
import { decodeFrame } from "../../plugins/websocket/frames.ts";
import { malformedFrames, malformedHandshakes, sendRaw } from "./transport-frames.ts";
import { malformedJson } from "./transport-inputs.ts";
import { hostError, type Input, judge, parsed, type Verdict } from "./transport-judge.ts";
import { exchange, frameOf, RawSocket, upgradeRequest } from "./transport-raw.ts";

type Frame = { readonly t?: string; readonly re?: string; readonly run?: string } & Readonly<Record<string, unknown>>;

export const subprotocol = { "sec-websocket-protocol": "sluice.v1" };

/** One client of the wire after another: whoever is sent away is followed by the next one. */
export class WireTalk {
  readonly #port: number;
  readonly #token: string;
  readonly #client: string;
  #socket: RawSocket | undefined;
  #count = 0;
  #violations = 0;

  constructor(port: number, token: string, client = "malformed") {
    this.#port = port;
    this.#token = token;
    this.#client = client;
  }

  async socket(): Promise<RawSocket> {
    if (this.#socket !== undefined && !this.#socket.gone) return this.#socket;
    const socket = await RawSocket.connect(this.#port, subprotocol);
    this.#socket = socket;
    this.#violations = 0;
    socket.send(JSON.stringify({ t: "hello", client: this.#client, token: this.#token }));
    await socket.until(() => framesOf(socket).some(({ t }) => t === "welcome"));
    return socket;
  }

  /** Sends one message and waits for its answer. */
  async ask(frame: Readonly<Record<string, unknown>>): Promise<Frame> {
    const socket = await this.socket();
    this.#count += 1;
    const id = `ask-${this.#count}`;
    socket.send(JSON.stringify({ ...frame, id }));
    const answered = () => framesOf(socket).find(({ re }) => re === id);
    await socket.until(() => answered() !== undefined);
    const answer = answered();
    if (answer === undefined) throw new Error(`closed with ${await socket.closed} instead of an answer`);
    return answer;
  }

  /** Sends what is malformed, and waits for what is due to it: an answer, or the close. */
  async provoke(bytes: Buffer): Promise<Verdict> {
    const socket = await this.socket();
    const before = socket.messages.length;
    this.#count += 1;
    const content = Buffer.from(bytes.toString("latin1").replaceAll('"id":"m"', `"id":"m-${this.#count}"`), "latin1");
    socket.send(content);
    const said = () => framesOf(socket, before).filter(({ t }) => t === "error" || t === "result" || t === "opened");
    const id = idIn(content);
    const type = typeOf(content);
    if (type !== "ack") await socket.until(() => said().some(({ re }) => id === undefined || re === id));
    const [answer] = said();
    // The library's own refusal, before the transport hears of it.
    if (answer === undefined && socket.gone && (await socket.closed) === 1007) return { said: "closed 1007" };
    if (type === undefined || type === "hello") await this.#violated(socket);
    else if (socket.gone) throw new Error(`closed with ${await socket.closed}`);
    for (const error of said().filter(({ t }) => t === "error")) {
      if (hostError({ error }) === undefined) throw new Error(`no typed error: ${JSON.stringify(error).slice(0, 300)}`);
    }
    const runs = said().flatMap(({ t, run }) => (t === "opened" && run !== undefined ? [run] : []));
    return { said: answer === undefined ? "ack" : String(answer["code"] ?? answer.t), runs };
  }

  /** Sends a frame that is none of the protocol's, of any kind. */
  async violate(frame: Buffer): Promise<Verdict> {
    const socket = await this.socket();
    const before = socket.messages.length;
    socket.write(frame);
    await socket.until(() => framesOf(socket, before).some(({ t }) => t === "error"));
    await this.#violated(socket);
    return { said: "binary refused" };
  }

  /** The fifth one is the last. */
  async #violated(socket: RawSocket): Promise<void> {
    this.#violations += 1;
    if (this.#violations < 5) return;
    await socket.until(() => socket.gone);
    const code = await socket.closed;
    if (code !== 4400) throw new Error(`closed with ${code} instead of 4400`);
  }

  async end(): Promise<void> {
    await this.#socket?.close();
    this.#socket = undefined;
  }
}

function framesOf(socket: RawSocket, from = 0): readonly Frame[] {
  return socket.messages.slice(from).map((text) => JSON.parse(text) as Frame);
}

function idIn(content: Buffer): string | undefined {
  const { id } = (parsed(content.toString("utf8")) ?? {}) as { readonly id?: unknown };
  return typeof id === "string" && id !== "" && id.length <= 128 ? id : undefined;
}

/** Undefined for what is no frame: a violation. An acknowledgement is the one message that has no answer. */
function typeOf(content: Buffer): string | undefined {
  try {
    return decodeFrame(content, false).t;
  } catch {
    return undefined;
  }
}

const files = [{ path: "a.txt", base64: "aGVsbG8=" }];
const call = (method: string, params: object) => ({ t: "call", id: "m", method, params });

/** One valid frame of each kind; `run` is one that has ended. */
const validFrames = (run: string): readonly object[] => [
  { t: "hello", id: "m", client: "again", resume: [{ run, after: 0 }] },
  { t: "open", id: "m", flow: "chat", input: { text: "hi", files }, history: [{ role: "user", text: "x" }] },
  { t: "open", id: "m", flow: "run", input: { code: "print x", language: "python" }, session: "s", after: 0 },
  { t: "open", id: "m", input: { text: "hi" }, budget: { time: 1000, tokens: 10 }, onDisconnect: "cancel" },
  { t: "follow", id: "m", run, after: 1 },
  { t: "unfollow", id: "m", run },
  { t: "input", id: "m", run, kind: "stdin", text: "x" },
  { t: "input", id: "m", run, kind: "approval", approved: true },
  { t: "cancel", id: "m", run, scope: "step" },
  { t: "interrupt", id: "m", run },
  { t: "ack", run, seq: 10 },
  { t: "watch", id: "m", watch: "w", history: 3, after: 0, filter: { level: "warn" } },
  { t: "unwatch", id: "m", watch: "w" },
  call("runs.list", { limit: 3, status: "ok", session: "s" }),
  call("runs.get", { run }),
  call("files.put", { session: "s", files }),
  call("files.upload", { upload: "u", size: 5, offset: 0, base64: "aGVsbG8=" }),
  call("files.put", { session: "s", files: [{ path: "u.txt", upload: "u" }] }),
  call("files.get", { session: "s", path: "a.txt", offset: 0 }),
  call("files.get", { session: "s", path: "a.txt", offset: 0, length: 2, download: "d" }),
  call("settings.set", { instance: "nobody", values: { delay: 1 } }),
  call("settings.get", { instance: "actor" }),
  call("instances.restart", { instance: "nobody" }),
  call("ticket.create", { role: "read" }),
  call("host.entry", { seq: 1 }),
  call("load", {}),
];

/** Frames that come before hello, or instead of it: not one of them is answered by more than a close. */
async function unannounced(port: number, frames: readonly Buffer[]): Promise<Verdict> {
  const socket = await RawSocket.connect(port, subprotocol);
  for (const frame of frames) socket.write(frame);
  await socket.until(() => socket.gone);
  if (socket.messages.some((text) => hostError({ error: parsed(text) }) !== "SLUICE_WIRE_AUTH")) {
    throw new Error(`a stranger was told ${socket.messages.join(" ").slice(0, 300)}`);
  }
  const code = await socket.closed;
  if (![4400, 4401, 1007].includes(code)) throw new Error(`closed with ${code}`);
  return { said: `stranger closed ${code}` };
}

export function wireInputs(port: number, talk: WireTalk, run: string): fc.Arbitrary<Input> {
  const json = malformedJson(validFrames(run));
  const framed = json.map(({ kind, content }) => ({
    kind,
    shown: content.toString("utf8"),
    send: () => talk.provoke(content),
  }));
  const binary = json.map(({ content }) => ({
    kind: "binary",
    shown: content.toString("utf8"),
    send: () => talk.violate(frameOf(2, content)),
  }));
  const raw = malformedFrames.map(({ kind, content }) => ({
    kind,
    shown: content.bytes.toString("hex").slice(0, 200),
    send: async () => {
      const socket = await talk.socket();
      return { said: await sendRaw(socket, content) };
    },
  }));
  // Without a token none of these is let in, whatever else is right about it.
  const strangers = fc.array(json, { minLength: 5, maxLength: 5 }).map((all) => ({
    kind: "no hello",
    shown: all.map(({ content }) => content.toString("utf8")).join(" "),
    send: () =>
      unannounced(
        port,
        all.map(({ content }) => frameOf(1, content)),
      ),
  }));
  const handshakes = malformedHandshakes("sluice.v1").map(({ kind, content }) => ({
    kind: `handshake: ${kind}`,
    shown: JSON.stringify(content),
    send: () => shakeHands(port, content),
  }));
  return fc.oneof(
    { weight: 10, arbitrary: framed },
    { weight: 1, arbitrary: binary },
    { weight: 4, arbitrary: raw },
    { weight: 2, arbitrary: strangers },
    { weight: 2, arbitrary: handshakes },
  );
}

/** The upgrade is refused, or the socket is closed with 1002; where all was in order after all, with 1000 by us. */
export async function shakeHands(port: number, headers: Readonly<Record<string, string>>): Promise<Verdict> {
  const bytes = Buffer.concat([upgradeRequest(port, headers), frameOf(8, Buffer.from([3, 232]))]);
  const reply = await exchange(port, bytes, { end: true });
  if (reply.status !== 101) return judge(reply, { typed: [hostError] }, { upgrade: true });
  return { said: reply.bytes.includes(Buffer.from([0x03, 0xea])) ? "handshake 1002" : "handshake taken" };
}
