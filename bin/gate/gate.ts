import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { SluiceError } from "../../core/contract/index.ts";
import { cutText, fileFault, parseJson } from "../../core/kit/index.ts";
import { type GateOptions, type Judgement, judge, judgeCreate, ownLabel } from "./policy.ts";

export interface GateSettings extends GateOptions {
  /** The socket that is made. */
  readonly listen: string;
  /** The engine's own. */
  readonly engine: string;
  readonly onRefused: (line: string) => void;
}

/** Bytes of a body that is read before it is passed on: a list of system calls is some tens of kilobytes. */
const longestBody = 1 << 20;
/** Headers of a build's context: nothing else of a request's headers reaches the engine, and no other body. */
const passedOn = ["content-length", "transfer-encoding"];
const wholeId = /^[0-9a-f]{64}$/;

/**
 * Stands before an engine's socket, and lets through what a sandbox needs and nothing else. Whoever holds the engine's
 * own socket is root on its machine; whoever holds this one can start sandboxes.
 */
export class Gate {
  readonly #settings: GateSettings;
  readonly #server: Server;
  /** Containers that are known to be ours, by their whole ids: a name, or half of an id, may be another's tomorrow. */
  readonly #own = new Set<string>();

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.#server = createServer((asked, answer) => void this.#serve(asked, answer));
    this.#server.on("upgrade", (asked, socket) => void this.#upgrade(asked, socket));
  }

  /** @throws SluiceError SLUICE_PORT_TAKEN where the socket cannot be made */
  async start(): Promise<void> {
    const { listen } = this.#settings;
    rmSync(listen, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject).listen(listen, resolve);
    await promise.catch((cause: Error) => {
      const code = "SLUICE_PORT_TAKEN";
      throw new SluiceError(code, `${listen} cannot be listened on: ${fileFault(cause)}`, { cause });
    });
    // Who may come near is said by the folder that it lies in.
    chmodSync(listen, 0o666);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    try {
      const verdict = judge(asked.method ?? "", asked.url ?? "", this.#settings);
      if (verdict.kind === "refuse") return this.#refuse(asked, answer, verdict.why);
      if (verdict.kind === "create") return await this.#create(asked, answer);
      const path = await this.#pathOf(asked, verdict);
      const sent = this.#ask(
        asked,
        path,
        verdict.kind === "build" ? { "content-type": "application/x-tar", ...pick(asked) } : {},
      );
      sent.on("error", () => answer.destroy());
      sent.on("response", (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
        given.on("error", () => answer.destroy());
      });
      answer.on("close", () => sent.destroy());
      if (verdict.kind === "build") return void asked.pipe(sent);
      // The engine reads parameters, and settings of another container, out of bodies too.
      asked.resume();
      sent.end();
    } catch (error) {
      if (error instanceof NotThere)
        return void answer.writeHead(404, { "content-type": "application/json" }).end(error.message);
      this.#refuse(asked, answer, (error as Error).message);
    }
  }

  async #create(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = parseJson(await read(asked), { bytes: longestBody });
    const fault = judgeCreate(body, this.#settings);
    if (fault !== undefined) return this.#refuse(asked, answer, fault);
    // Written anew: what the engine reads is what was looked at.
    const { status, text } = await this.#call("POST", asked.url ?? "", JSON.stringify(body));
    if (status === 201) {
      const { Id } = parseJson(text) as { Id: string };
      this.#own.add(Id);
    }
    answer.writeHead(status, { "content-type": "application/json" }).end(text);
  }

  async #upgrade(asked: IncomingMessage, socket: Duplex): Promise<void> {
    socket.on("error", () => socket.destroy());
    const verdict = judge(asked.method ?? "", asked.url ?? "", this.#settings);
    const attaches = verdict.kind === "own" && /^[^?]*\/attach\?/.test(asked.url ?? "");
    let path: string;
    try {
      if (!attaches) throw new Error("no such upgrade");
      path = await this.#pathOf(asked, verdict);
    } catch (error) {
      this.#settings.onRefused(`${asked.method} ${shown(asked.url)}: ${(error as Error).message}`);
      return void socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    const sent = this.#ask(asked, path, { connection: "Upgrade", upgrade: "tcp" });
    sent.on("error", () => socket.destroy());
    sent.on("response", () => socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    sent.on("upgrade", (_given, engine, head) => {
      engine.on("error", () => engine.destroy());
      socket.write("HTTP/1.1 101 UPGRADED\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\n");
      if (head.length > 0) socket.write(head);
      engine.pipe(socket).on("close", () => engine.destroy());
      socket.pipe(engine).on("close", () => socket.destroy());
    });
    sent.end();
  }

  /**
   * What the engine is asked: a container by its whole id, which is never another's, whatever is removed and named anew
   * meanwhile. @throws Error for one that is no sandbox, NotThere with the engine's own word
   */
  async #pathOf(asked: IncomingMessage, verdict: Judgement): Promise<string> {
    const target = asked.url ?? "";
    if (verdict.kind !== "own") return target;
    const { container } = verdict;
    const id = this.#own.has(container) ? container : await this.#idOf(container);
    return target.replace(`/containers/${container}`, () => `/containers/${id}`);
  }

  async #idOf(container: string): Promise<string> {
    const { status, text } = await this.#call("GET", `/containers/${container}/json`);
    if (status === 404) throw new NotThere(text);
    const found = status === 200 ? (parseJson(text, { nodes: 100_000 }) as ContainerFacts) : undefined;
    const { Id = "", Config } = found ?? {};
    if (Config?.Labels?.[ownLabel] === undefined || !wholeId.test(Id)) throw new Error("the container is no sandbox");
    this.#own.add(Id);
    return Id;
  }

  #ask(asked: IncomingMessage, path: string, headers: Record<string, string>) {
    const { engine } = this.#settings;
    return request({ socketPath: engine, path, method: asked.method, headers, agent: false });
  }

  async #call(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const sent = request({ socketPath: this.#settings.engine, path, method, headers, agent: false });
    sent.on("response", resolve).on("error", reject).end(body);
    const given = await promise;
    return { status: given.statusCode ?? 502, text: await read(given) };
  }

  #refuse(asked: IncomingMessage, answer: ServerResponse, why: string): void {
    this.#settings.onRefused(`${asked.method} ${shown(asked.url)}: ${why}`);
    if (answer.headersSent) return void answer.destroy();
    answer.writeHead(403, { "content-type": "application/json", connection: "close" });
    answer.end(JSON.stringify({ message: `the gate refuses it: ${why}` }));
  }
}

/** The engine's word for a container that is gone. */
class NotThere extends Error {}

interface ContainerFacts {
  readonly Id?: string;
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null };
}

function pick(asked: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = asked.headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

async function read(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestBody) throw new SluiceError("SLUICE_JSON_REFUSED", `more than ${longestBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function shown(target: string | undefined): string {
  return cutText((target ?? "").replaceAll(/[^\x20-\x7e]/g, "?"), 120);
}
