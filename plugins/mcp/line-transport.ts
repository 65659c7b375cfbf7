import type { Readable } from "node:stream";
import {
  type JSONRPCMessage,
  parseJSONRPCMessage,
  serializeMessage,
  type Transport,
} from "@modelcontextprotocol/server";
import type { ByteOutput } from "../../core/contract/index.ts";
import { parseJson } from "../../core/kit/index.ts";

/** Bytes of the longest line. */
const longest = 32 * 1024 * 1024;

/**
 * The protocol's stdio form over any two streams: one message a line. A line that is no message is answered with an
 * error, and the next one is read.
 */
export class LineTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Resolves when the client is gone. */
  readonly closed: Promise<void>;
  readonly #input: Readable;
  readonly #output: ByteOutput;
  readonly #ended = Promise.withResolvers<void>();
  #pieces: Buffer[] = [];
  #size = 0;
  /** Inside a line that is too long. */
  #skipping = false;
  #over = false;

  constructor(input: Readable, output: ByteOutput) {
    this.#input = input;
    this.#output = output;
    this.closed = this.#ended.promise;
  }

  async start(): Promise<void> {
    this.#input.on("data", this.#read);
    this.#input.once("end", this.#left);
    this.#input.once("close", this.#left);
    this.#input.on("error", this.#left);
    this.#output.on("error", this.#left);
    if (this.#input.readableEnded || this.#input.destroyed) this.#left();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#write(serializeMessage(message));
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#input.off("data", this.#read);
    this.#input.pause();
    this.#pieces = [];
    this.#ended.resolve();
    this.onclose?.();
  }

  readonly #left = (): void => {
    void this.close();
  };

  readonly #read = (chunk: Buffer): void => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0 && !this.#over; end = rest.indexOf(10)) {
      this.#keep(rest.subarray(0, end));
      this.#line();
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
  };

  #keep(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > longest) {
      this.#skipping = true;
      this.#pieces = [];
    } else if (piece.length > 0) {
      this.#pieces.push(piece);
    }
  }

  #line(): void {
    const text = Buffer.concat(this.#pieces).toString("utf8").trim();
    const skipped = this.#skipping;
    this.#pieces = [];
    this.#size = 0;
    this.#skipping = false;
    if (skipped) this.#refuse(-32600, `the line is longer than ${longest} bytes`);
    else if (text !== "") this.#receive(text);
  }

  #receive(text: string): void {
    let code = -32700;
    let message: JSONRPCMessage;
    try {
      const value = parseJson(text);
      code = -32600;
      message = parseJSONRPCMessage(value);
    } catch {
      this.#refuse(code, code === -32700 ? "the line is not JSON" : "the line is no JSON-RPC message");
      return;
    }
    this.onmessage?.(message);
  }

  #refuse(code: number, message: string): void {
    this.onerror?.(new Error(message));
    const refusal = { jsonrpc: "2.0", error: { code, message }, id: null };
    this.#write(`${JSON.stringify(refusal)}\n`).catch(() => undefined);
  }

  #write(line: string): Promise<void> {
    if (this.#over) return Promise.reject(new Error("the client is gone"));
    return new Promise((resolve, reject) => {
      this.#output.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }
}
