import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { RunStream } from "../../core/client/index.ts";
import type { RunEvent } from "../../core/contract/index.ts";
import type { Place } from "./cli-kit.ts";

/** A port that was free a moment ago: the next host is to be found where the last one was. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** The token by which clients of the place's host prove themselves. */
export function tokenOf(place: Place): string {
  return (JSON.parse(readFileSync(join(place.home, "state", "host.json"), "utf8")) as { token: string }).token;
}

/** Resolves when the child has said it on stderr. */
export function complained(child: ChildProcess, text: string): Promise<void> {
  let seen = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      seen += chunk;
      if (seen.includes(text)) resolve();
    });
    child.once("close", () => reject(new Error(`the child ended without saying ${JSON.stringify(text)}`)));
  });
}

/** All that one reader of a run was given, and how it ended. */
export class Reading {
  readonly events: RunEvent[] = [];
  /** Resolves when the run has shown something of its own. */
  readonly shown: Promise<void>;
  /** Resolves when the stream is over: with what it failed with, or undefined after its end. */
  readonly over: Promise<unknown>;

  constructor(stream: RunStream) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.shown = promise;
    const early = () => reject(new Error(`the run ended before it showed anything: ${this.types.join(" ")}`));
    this.over = (async () => {
      for await (const event of stream) {
        this.events.push(event);
        if (event.type === "exec-stdout" || event.type === "text-delta") resolve();
      }
    })()
      .catch((error: unknown) => error)
      .finally(early);
    promise.catch(() => undefined);
  }

  get types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }

  /** The status that its `run-end` tells; undefined when it has none, and an error when it has not exactly one, last. */
  get status(): string | undefined {
    const ends = this.events.filter(({ type }) => type === "run-end");
    if (ends.length > 1) throw new Error(`${ends.length} ends of one run`);
    const last = this.events.at(-1);
    return last?.type === "run-end" ? last.data.status : undefined;
  }

  /** What was printed and said, one after the other. */
  get text(): string {
    return this.events
      .map((event) => (event.type === "exec-stdout" || event.type === "text-delta" ? event.data.text : ""))
      .join("");
  }
}

/** A way to the host that a test can cut: a client behind it hears nothing from there on. */
export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on("connection", (socket) => this.#connected(socket));
  }

  static async to(target: number): Promise<Relay> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Relay(server, target);
  }

  /** As it stands in an address. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
  }

  #connected(socket: Socket): void {
    if (this.#cut) {
      socket.destroy();
      return;
    }
    const onward = connect(this.#target, "127.0.0.1");
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one);
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
