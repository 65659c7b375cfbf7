import { plural } from "../../../core/kit/index.ts";
/** Kinds of frames; the same numbers stand in `image/opt/supervisor/wire.py`. */
export const ToSandbox = {
  hello: 1,
  exec: 2,
  interrupt: 3,
  stop: 4,
  input: 5,
  put: 6,
  data: 7,
  get: 8,
  list: 9,
  ping: 10,
  stats: 11,
  tunnelData: 12,
  tunnelEnd: 13,
  tunnelCredit: 14,
  tunnelReset: 15,
  stdin: 16,
} as const;

export const FromSandbox = {
  ready: 65,
  started: 66,
  refused: 67,
  stdout: 68,
  stderr: 69,
  result: 70,
  inputRequest: 71,
  error: 72,
  file: 73,
  end: 74,
  reply: 75,
  piece: 76,
  pong: 77,
  preloaded: 78,
  tunnelsReady: 79,
  tunnelOpen: 80,
  tunnelData: 81,
  tunnelEnd: 82,
  tunnelCredit: 83,
  tunnelReset: 84,
  stdinTaken: 85,
} as const;

const HEADER = 5;
/** Bytes; the supervisor sends no longer control frame. */
const LONGEST_CONTROL = 32 * 1024 * 1024;
const RAW = new Set<number>([FromSandbox.stdout, FromSandbox.stderr]);

export function encodeFrame(kind: number, payload: Buffer | object): Buffer {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(body.length, 0);
  frame[4] = kind;
  body.copy(frame, HEADER);
  return frame;
}

export interface FrameHandlers {
  /** Program output, in pieces as they come, uncopied. */
  readonly onOutput: (kind: number, piece: Buffer) => void;
  /** Any other frame, whole. */
  readonly onFrame: (kind: number, payload: Buffer) => void;
}

/** Cuts frames out of a byte stream. Throws on a frame that no supervisor of ours sends. */
export class SupervisorFrameReader {
  readonly #handlers: FrameHandlers;
  readonly #header = Buffer.alloc(HEADER);
  #filled = 0;
  #kind = 0;
  #left = 0;
  #parts: Buffer[] = [];

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#filled < HEADER) {
        const taken = Math.min(HEADER - this.#filled, chunk.length - at);
        chunk.copy(this.#header, this.#filled, at, at + taken);
        this.#filled += taken;
        at += taken;
        if (this.#filled < HEADER) return;
        this.#begin();
        if (this.#left === 0) this.#end();
        continue;
      }
      const end = Math.min(chunk.length, at + this.#left);
      const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
      this.#left -= end - at;
      at = end;
      if (RAW.has(this.#kind)) this.#handlers.onOutput(this.#kind, piece);
      else this.#parts.push(piece);
      if (this.#left === 0) this.#end();
    }
  }

  #begin(): void {
    this.#left = this.#header.readUInt32BE(0);
    this.#kind = this.#header[4] ?? 0;
    if (this.#kind < FromSandbox.ready || this.#kind > FromSandbox.stdinTaken || this.#left > LONGEST_CONTROL) {
      throw new Error(`a frame of kind ${this.#kind} and ${plural(this.#left, "byte")}`);
    }
  }

  #end(): void {
    const parts = this.#parts;
    this.#parts = [];
    this.#filled = 0;
    if (RAW.has(this.#kind)) return;
    const [first = Buffer.alloc(0)] = parts;
    this.#handlers.onFrame(this.#kind, parts.length < 2 ? first : Buffer.concat(parts));
  }
}
