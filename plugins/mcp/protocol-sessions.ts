import { randomUUID } from "node:crypto";
import { type McpServer, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { firstToGo, plural } from "../../core/kit/index.ts";
import { SentMessages } from "./sent-messages.ts";

/** Milliseconds after which a client whose connection broke asks for the rest. */
const retry = 1000;

interface ProtocolSession {
  readonly name: string;
  readonly server: McpServer;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Requests whose answer has not ended. */
  open: number;
  lastUsed: number;
}

/**
 * Clients of the revisions before 2026-07-28 begin with `initialize` and name their session from then on; a call is
 * cancelled by a message of its own, which has to find the call.
 */
export class ProtocolSessions {
  readonly #create: (name: string) => McpServer;
  readonly #limit: number;
  readonly #idle: number;
  readonly #sessions = new Map<string, ProtocolSession>();

  /** `create` makes the server for a caller of that name; `idle` in milliseconds. */
  constructor(create: (name: string) => McpServer, limit: number, idle: number) {
    this.#create = create;
    this.#limit = limit;
    this.#idle = idle;
  }

  get size(): number {
    return this.#sessions.size;
  }

  async handle(request: Request, name: string, parsedBody: unknown): Promise<Response> {
    this.sweep();
    const id = request.headers.get("mcp-session-id");
    if (id === null) return this.#begin(request, name, parsedBody);
    const session = this.#sessions.get(id);
    // Somebody else's session is as good as none.
    if (session === undefined || session.name !== name) return failure(404, -32001, "Session not found");
    // The last one that was used is the last.
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return this.#use(session, request, parsedBody);
  }

  /** Ends one of whoever has the most: others begin anew, and none of one's own is ended while it answers. */
  #makeRoom(name: string): boolean {
    const id = firstToGo(this.#sessions, (session) => session.name) ?? "";
    const session = this.#sessions.get(id);
    if (session === undefined || (session.name === name && session.open > 0)) return false;
    void this.#end(id);
    return true;
  }

  /** Ends those that nobody has used for too long. */
  sweep(): void {
    const oldest = performance.now() - this.#idle;
    for (const [id, session] of this.#sessions) {
      if (session.open === 0 && session.lastUsed < oldest) void this.#end(id);
    }
  }

  /** Ends all, or those of one caller. */
  async close(name?: string): Promise<void> {
    const ending = [...this.#sessions].filter(([, session]) => name === undefined || session.name === name);
    await Promise.all(ending.map(([id]) => this.#end(id)));
  }

  async #begin(request: Request, name: string, parsedBody: unknown): Promise<Response> {
    if (this.#sessions.size >= this.#limit && !this.#makeRoom(name)) {
      return failure(
        503,
        -32000,
        `${plural(this.#limit, "protocol session is", "protocol sessions are")} open already; try again later`,
      );
    }
    const server = this.#create(name);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new SentMessages(),
      retryInterval: retry,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, session);
      },
      onsessionclosed: (id) => this.#end(id),
    });
    const session: ProtocolSession = { name, server, transport, open: 0, lastUsed: performance.now() };
    await server.connect(transport);
    const response = await this.#use(session, request, parsedBody);
    // What was no `initialize` has been refused, and began nothing.
    if (transport.sessionId === undefined) await server.close();
    return response;
  }

  async #use(session: ProtocolSession, request: Request, parsedBody: unknown): Promise<Response> {
    session.open += 1;
    const done = () => {
      session.open -= 1;
      session.lastUsed = performance.now();
    };
    try {
      const response = await session.transport.handleRequest(request, { parsedBody });
      return watched(response, done);
    } catch (error) {
      done();
      throw error;
    }
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.server.close();
  }
}

/** The response, with word of its end: read to the end, or left. */
function watched(response: Response, done: () => void): Response {
  if (response.body === null) {
    done();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: over, value } = await reader.read();
        if (!over) return controller.enqueue(value);
        done();
        controller.close();
      } catch (error) {
        done();
        controller.error(error);
      }
    },
    cancel(reason) {
      done();
      return reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

export function failure(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status });
}
