import fc from "fast-check";
import { malformedFrames, malformedHandshakes, sendRaw } from "./transport-frames.ts";
import { key } from "./transport-host.ts";
import { malformedJson } from "./transport-inputs.ts";
import { type Input, parsed, type Verdict } from "./transport-judge.ts";
import { frameOf, RawSocket } from "./transport-raw.ts";
import { shakeHands } from "./transport-wire.ts";

type Frame = Readonly<Record<string, unknown>>;

const valid: readonly object[] = [
  { auth: "x" },
  { ack: "1" },
  { role: "user", start: true },
  { role: "user", type: "message", start: true },
  { role: "user", type: "message", content: "hello" },
  { role: "user", type: "image", format: "base64.png", content: "aGk=" },
  { role: "user", type: "file", format: "path", content: "../../etc/passwd" },
  { role: "user", end: true },
  { role: "user", type: "command", start: true },
  { role: "user", type: "command", content: "go" },
];

/** One client of the LMC transport after another. */
export class ClassicTalk {
  readonly #port: number;
  #socket: RawSocket | undefined;
  #count = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async socket(): Promise<RawSocket> {
    if (this.#socket !== undefined && !this.#socket.gone) return this.#socket;
    const socket = await RawSocket.connect(this.#port);
    this.#socket = socket;
    socket.send(JSON.stringify({ auth: key }));
    await socket.until(() => socket.messages.includes('{"auth":true}'));
    return socket;
  }

  /**
   * Sends what is malformed, and then a command that does not exist: once that is refused, everything before it has been
   * answered. What is no object is an error of its own; other objects may mean nothing, as with the original.
   */
  async provoke(frame: Buffer, isText: boolean): Promise<Verdict> {
    const socket = await this.socket();
    const before = socket.messages.length;
    this.#count += 1;
    const probe = `probe-${this.#count}`;
    socket.write(frame);
    for (const part of [{ start: true }, { content: probe }, { end: true }]) {
      socket.send(JSON.stringify({ role: "user", type: "command", ...part }));
    }
    const said = () => socket.messages.slice(before).map((text) => parsed(text) as Frame);
    const at = () => said().findIndex(({ content }) => typeof content === "string" && content.includes(probe));
    // The refusal is followed by `complete`, which belongs to it.
    await socket.until(() => at() >= 0 && said().length > at() + 1);
    if (socket.gone) {
      const code = await socket.closed;
      if (code === 1007) return { said: "closed 1007" };
      throw new Error(`closed with ${code}`);
    }
    const answers = said().slice(0, at());
    const errors = answers.filter(({ type }) => type === "error").length;
    const completes = answers.filter(({ content }) => content === "complete").length;
    if (errors > completes) throw new Error(`errors without complete: ${JSON.stringify(answers).slice(0, 300)}`);
    if (!isText && errors !== 1) throw new Error(`no error, but ${JSON.stringify(answers).slice(0, 300)}`);
    return { said: errors > 0 ? "error, complete" : completes > 0 ? "complete" : "borne" };
  }

  async end(): Promise<void> {
    await this.#socket?.close();
    this.#socket = undefined;
  }
}

/** Before a key was given, whatever is said is answered by `auth: false` and nothing else. */
async function unproved(port: number, frames: readonly Buffer[]): Promise<Verdict> {
  const socket = await RawSocket.connect(port);
  for (const frame of frames) socket.send(frame);
  await socket.until(() => socket.messages.length >= frames.length);
  if (socket.gone) return { said: `stranger closed ${await socket.closed}` };
  await socket.close();
  if (socket.messages.some((text) => text !== '{"auth":false}')) {
    throw new Error(`a stranger was told ${socket.messages.join(" ").slice(0, 300)}`);
  }
  return { said: "stranger refused" };
}

export function classicInputs(port: number, talk: ClassicTalk): fc.Arbitrary<Input> {
  const json = malformedJson(valid);
  const isObject = (content: Buffer) => {
    const value = parsed(content.toString("utf8"));
    return typeof value === "object" && value !== null;
  };
  const framed = json.map(({ kind, content }) => ({
    kind,
    shown: content.toString("utf8"),
    send: () => talk.provoke(frameOf(1, content), isObject(content)),
  }));
  const binary = json.map(({ content }) => ({
    kind: "binary",
    shown: content.toString("utf8"),
    send: () => talk.provoke(frameOf(2, content), false),
  }));
  const raw = malformedFrames.map(({ kind, content }) => ({
    kind,
    shown: content.bytes.toString("hex").slice(0, 200),
    send: async () => ({ said: await sendRaw(await talk.socket(), content) }),
  }));
  const strangers = fc.array(json, { minLength: 1, maxLength: 5 }).map((all) => ({
    kind: "no auth",
    shown: all.map(({ content }) => content.toString("utf8")).join(" "),
    send: () =>
      unproved(
        port,
        all.map(({ content }) => content),
      ),
  }));
  const handshakes = malformedHandshakes(undefined).map(({ kind, content }) => ({
    kind: `handshake: ${kind}`,
    shown: JSON.stringify(content),
    send: () => shakeHands(port, content),
  }));
  return fc.oneof(
    { weight: 10, arbitrary: framed },
    { weight: 2, arbitrary: binary },
    { weight: 4, arbitrary: raw },
    { weight: 2, arbitrary: strangers },
    { weight: 1, arbitrary: handshakes },
  );
}
