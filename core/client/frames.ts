import { SluiceError } from "../contract/errors.ts";
import { eventBounds, parseJsonObject } from "../kit/untrusted/parse-json.ts";
import type { ClientFrames, ServerFrames } from "./wire.generated.ts";

export type ClientFrame = ClientFrames[keyof ClientFrames];
export type ServerFrame = ServerFrames[keyof ServerFrames];

/** What a frame must have to be used, by type. Others are left to newer clients. */
const shapes: Readonly<Record<keyof ServerFrames, Readonly<Record<string, string>>>> = {
  welcome: { server: "object", limits: "object", heartbeat: "number" },
  opened: { re: "string", run: "string" },
  event: { event: "object" },
  stdin: { run: "string", taken: "number" },
  "ack-request": { run: "string", seq: "number" },
  gap: { run: "string", from: "number", to: "number" },
  result: { result: "object" },
  error: { code: "string", message: "string" },
  host: { watch: "string", last: "number", entries: "object" },
  beat: { time: "string" },
  part: { part: "number", index: "number", count: "number", text: "string" },
};

/** Reads the host's frames, and joins those that came in pieces. */
export class FrameReader {
  #part = { part: -1, texts: [] as string[], size: 0 };
  #size = 0;

  /** Characters that the last frame took, in all its pieces. */
  get size(): number {
    return this.#size;
  }

  /**
   * A frame, or nothing for one that is incomplete or unknown.
   * @throws SluiceError SLUICE_WIRE_PARSE
   */
  read(text: string): ServerFrame | undefined {
    const frame = parse(text);
    this.#size = text.length;
    if (frame?.t !== "part") return frame;
    if (frame.index === 0) this.#part = { part: frame.part, texts: [], size: 0 };
    const { part, texts } = this.#part;
    if (part !== frame.part || texts.length !== frame.index) throw unreadable("pieces of a frame out of order");
    texts.push(frame.text);
    this.#part.size += text.length;
    if (texts.length < frame.count) return undefined;
    this.#size = this.#part.size;
    this.#part = { part: -1, texts: [], size: 0 };
    return parse(texts.join(""));
  }
}

/** An error frame as the error it is; a code that this version does not know becomes an internal one. */
export function errorOf(body: Parameters<typeof SluiceError.fromBody>[0]): SluiceError {
  return SluiceError.fromBody(body);
}

function parse(text: string): ServerFrame | undefined {
  let frame: Readonly<Record<string, unknown>>;
  try {
    frame = parseJsonObject(text, { from: "the host", code: "SLUICE_WIRE_PARSE", ...eventBounds });
  } catch (error) {
    throw SluiceError.from(error);
  }
  if (typeof frame["t"] !== "string") {
    throw unreadable("a frame without a type");
  }
  if (!Object.hasOwn(shapes, frame["t"])) return undefined;
  for (const [key, type] of Object.entries(shapes[frame["t"] as keyof ServerFrames])) {
    const value = frame[key];
    if (typeof value !== type || value === null) throw unreadable(`a frame ${frame["t"]} without ${key}`);
  }
  return frame as unknown as ServerFrame;
}

function unreadable(message: string, cause?: unknown): SluiceError {
  return new SluiceError("SLUICE_WIRE_PARSE", `the host sent ${message}`, { cause });
}
