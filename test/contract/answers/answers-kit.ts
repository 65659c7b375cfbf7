import type { ServerResponse } from "node:http";
import type { RunEvent } from "../../../core/contract/event.ts";
import type { Model } from "../../../core/contract/index.ts";
import type { RemoteModelConfig } from "../../../core/kit/index.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { flowsOver, model, pipeOf, sandbox } from "../../core/flow/flow-kit.ts";
import { remoteConfig, Upstream } from "../../core/kit/upstream/upstream.ts";
import type { Interface } from "./interfaces.ts";

export type Respond = (response: ServerResponse) => void | Promise<void>;

interface Case {
  readonly answers: readonly Respond[];
  asked: number;
  readonly bodies: string[];
}

/** One server for all cases: each has an address of its own, and answers its requests in turn. */
export class Cases implements AsyncDisposable {
  readonly #upstream: Upstream;
  readonly #cases: Case[];
  readonly #models: Model[] = [];

  private constructor(upstream: Upstream, cases: Case[]) {
    this.#upstream = upstream;
    this.#cases = cases;
  }

  static async start(): Promise<Cases> {
    const cases: Case[] = [];
    const upstream = await Upstream.start(async (response, request, body) => {
      const found = cases[Number(/^\/case\/(\d+)/.exec(request.url ?? "")?.[1])];
      if (!found) throw new Error(`no case at ${request.url}`);
      found.bodies.push(body);
      await found.answers[Math.min(found.asked++, found.answers.length - 1)]?.(response);
    });
    return new Cases(upstream, cases);
  }

  /** A model of the interface that is answered so. `said` are the bodies of its requests. */
  model(each: Interface, answers: readonly Respond[], changes: Partial<RemoteModelConfig> = {}) {
    const bodies: string[] = [];
    this.#cases.push({ answers, asked: 0, bodies });
    const common = remoteConfig("", {
      tools: "auto",
      retry: { attempts: 1, backoff: 1, longest: 1 },
      breaker: { failures: 0, pause: 1 },
      ...changes,
    });
    const built = each.model(`${this.#upstream.url}/case/${this.#cases.length - 1}`, common);
    this.#models.push(built);
    return { model: built, bodies };
  }

  /** Lets the model answer in a loop with a sandbox, and tells what came of it. */
  async loop(each: Interface, ...answers: readonly Respond[]) {
    const { model: it, bodies } = this.model(each, answers);
    const box = new FakeSandbox();
    const body = pipeOf(model("it"), sandbox("box"));
    const chat = { kind: "loop" as const, body, until: "done" as const, max: 4 };
    const flows = flowsOver({ models: { it }, sandboxes: { box } }, { chat });
    return told(await flows.collect({ input: { text: "Go" } }), box, bodies);
  }

  /** Asks a model that is answered so, and then one that is answered otherwise. */
  async fallback(each: Interface, first: Respond, second: Respond) {
    const models = { first: this.model(each, [first]).model, second: this.model(each, [second]).model };
    const chat = { kind: "fallback" as const, branches: [model("first"), model("second")] };
    return told(await flowsOver({ models }, { chat }).collect({ input: { text: "Go" } }), new FakeSandbox(), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#models) await each[Symbol.asyncDispose]();
    await this.#upstream[Symbol.asyncDispose]();
  }
}

function told(events: readonly RunEvent[], box: FakeSandbox, bodies: readonly string[]) {
  const standing = events.filter(({ seq }) => !events.some((each) => each.type === "rewind" && voids(each, seq)));
  const textsOf = (type: RunEvent["type"]) =>
    standing.map((event) => (event.type === type && "text" in event.data ? event.data.text : "")).join("");
  const end = events.at(-1);
  return {
    ran: box.sessions.flatMap(({ executed }) => executed),
    text: textsOf("text-delta"),
    thoughts: textsOf("reasoning-delta"),
    errors: events.flatMap((event) => (event.type === "error" ? [event.data.code] : [])),
    messages: events.flatMap((event) => (event.type === "error" ? [event.data.message] : [])),
    status: end?.type === "run-end" ? end.data.status : undefined,
    usage: end?.type === "run-end" ? end.data.usage : undefined,
    bodies,
    events,
  };
}

function voids(rewind: Extract<RunEvent, { type: "rewind" }>, seq: number): boolean {
  return seq >= rewind.data.from && seq < rewind.seq;
}

/** Sends a body whole, under the type that its interface has unless another is given. */
export function send(each: Interface, body: string, type?: string): Respond {
  return (response) => {
    const usual = each.lines ? "application/x-ndjson" : "text/event-stream";
    response.writeHead(200, { "content-type": type ?? usual }).end(body);
  };
}
