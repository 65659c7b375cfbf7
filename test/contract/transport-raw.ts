import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** What came back on a connection of its own: a response, or nothing before the close. */
export interface Reply {
  /** 0 when the connection was closed without a response. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** All of it, as it came. */
  readonly bytes: Buffer;
  /** Whether the kernel threw away what was still to be read, as it does when a peer closes over unread bytes. */
  readonly reset: boolean;
}

export interface Exchange {
  /** Ends the client's side after the bytes: half a request stays half. Otherwise the server is to close. */
  readonly end?: boolean;
}

/** Milliseconds without an answer that are taken for silence; nothing here takes a hundredth of it. */
const silence = 15_000;

/** Sends bytes as they are over a connection of their own, and reads until the server closes it. */
export function exchange(port: number, bytes: Buffer, { end = false }: Exchange = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let reset = false;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`silence, after ${JSON.stringify(Buffer.concat(chunks).toString("latin1").slice(0, 200))}`));
    }, silence);
    socket.on("connect", () => (end ? socket.end(bytes) : socket.write(bytes)));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => socket.destroy());
    socket.on("error", () => {
      reset = true;
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ ...parseReply(Buffer.concat(chunks)), reset });
    });
  });
}

function parseReply(bytes: Buffer): Omit<Reply, "reset"> {
  const text = bytes.toString("utf8");
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const body = rest.join("\r\n\r\n");
  return { status, head, bytes, body: /transfer-encoding: chunked/i.test(head) ? dechunked(body) : body };
}

function dechunked(body: string): string {
  const bytes = Buffer.from(body);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\r\n", at);
    const size = end < 0 ? 0 : Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts).toString("utf8");
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** Reserved bits, as they stand in the first byte. */
  readonly reserved?: number;
  /** The length that is claimed, where it is not that of the payload. */
  readonly claimed?: bigint;
}

/** A frame of RFC 6455, section 5.2, right or wrong. */
export function frameOf(opcode: number, payload: Buffer | string, options: FrameOptions = {}): Buffer {
  const { fin = true, masked = true, reserved = 0, claimed } = options;
  const bytes = Buffer.from(payload);
  const length = claimed ?? BigInt(bytes.length);
  const first = (fin ? 0x80 : 0) | reserved | opcode;
  const bit = masked ? 0x80 : 0;
  const head =
    length < 126n
      ? Buffer.from([first, bit | Number(length)])
      : length < 65_536n
        ? Buffer.from([first, bit | 126, Number(length) >> 8, Number(length) & 0xff])
        : Buffer.alloc(10);
  if (length >= 65_536n) {
    head.set([first, bit | 127]);
    head.writeBigUInt64BE(length, 2);
  }
  if (!masked) return Buffer.concat([head, bytes]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, bytes.map((byte, at) => byte ^ (mask[at & 3] ?? 0))]);
}

/** A WebSocket of bytes: it sends what it is given and reads what a server says by the book. */
export class RawSocket {
  readonly messages: string[] = [];
  /** The code of the close; 1006 where the connection ended without one. */
  readonly closed: Promise<number>;
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #code = 1006;
  #gone = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#gone = true;
        this.#wake();
        resolve(this.#code);
      });
    });
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("end", () => socket.destroy());
    this.#read(rest);
  }

  /** @throws Error when the upgrade is refused */
  static connect(port: number, headers: Readonly<Record<string, string>> = {}, path = "/"): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      let seen = Buffer.alloc(0);
      const read = (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        const end = seen.indexOf("\r\n\r\n");
        if (end < 0) return;
        socket.off("data", read);
        if (seen.toString("latin1").startsWith("HTTP/1.1 101 ")) {
          socket.off("close", refused);
          resolve(new RawSocket(socket, seen.subarray(end + 4)));
        } else socket.destroy();
      };
      const refused = () => reject(new Error(`no upgrade: ${seen.toString("latin1").split("\r\n", 1)[0]}`));
      socket.on("error", () => undefined);
      socket.on("close", refused);
      socket.on("data", read);
      socket.write(upgradeRequest(port, headers, path));
    });
  }

  get gone(): boolean {
    return this.#gone;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  send(text: Buffer | string): void {
    this.write(frameOf(1, text));
  }

  /** Sends and ends the client's side. */
  end(bytes: Buffer): void {
    this.#socket.end(bytes);
  }

  async close(): Promise<void> {
    this.write(frameOf(8, Buffer.from([3, 232])));
    await this.closed;
  }

  /** Resolves when what was said fits, or the connection is gone. */
  async until(fits: () => boolean): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, silence);
    while (!this.#gone && !late && !fits()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    if (late) throw new Error(`silence, after ${this.messages.slice(-3).join(" ").slice(0, 300)}`);
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const [first, second] = this.#pending;
      if (first === undefined || second === undefined) break;
      const short = second & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#pending.length < start) break;
      const length =
        short === 126
          ? this.#pending.readUInt16BE(2)
          : short === 127
            ? Number(this.#pending.readBigUInt64BE(2))
            : short;
      if (this.#pending.length < start + length) break;
      const payload = this.#pending.subarray(start, start + length);
      if ((first & 0x0f) === 1) this.messages.push(payload.toString("utf8"));
      if ((first & 0x0f) === 8) this.#hangUp(payload);
      this.#pending = this.#pending.subarray(start + length);
    }
    this.#wake();
  }

  #hangUp(payload: Buffer): void {
    this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    if (!this.#socket.writableEnded) this.#socket.end(frameOf(8, payload.subarray(0, 2)));
  }
}

export function upgradeRequest(port: number, headers: Readonly<Record<string, string>> = {}, path = "/"): Buffer {
  const all: Readonly<Record<string, string>> = {
    host: `127.0.0.1:${port}`,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
}
