import type { PassThrough } from "node:stream";
import type fc from "fast-check";
import { malformedJson } from "./transport-inputs.ts";
import { type Input, parsed, rpcError, type Verdict } from "./transport-judge.ts";
import { rpcMessages, runsTold } from "./transport-web.ts";

type Message = Readonly<Record<string, unknown>>;

/** One client of the tools over a pair of streams, one message a line. */
export class StreamTalk {
  readonly #input: PassThrough;
  readonly #lines: string[] = [];
  #rest = "";
  #wake: () => void = () => undefined;
  #count = 0;

  constructor(input: PassThrough, output: PassThrough) {
    this.#input = input;
    output.on("data", (chunk: Buffer) => {
      const pieces = (this.#rest + chunk).split("\n");
      this.#rest = pieces.pop() ?? "";
      this.#lines.push(...pieces);
      this.#wake();
    });
  }

  /** Resolves with what was said since `from`, when it fits. */
  async #until(from: number, fits: (said: readonly Message[]) => boolean): Promise<readonly string[]> {
    for (;;) {
      const lines = this.#lines.slice(from);
      if (fits(lines.map((line) => JSON.parse(line) as Message))) return lines;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async ask(method: string, params: object): Promise<string> {
    const from = this.#lines.length;
    this.#count += 1;
    const id = `ask-${this.#count}`;
    this.#input.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    const lines = await this.#until(from, (said) => said.some((each) => each["id"] === id));
    return lines.join("\n");
  }

  /** Sends what is malformed, then a question: once that is answered, the line before it has been read. */
  async provoke(line: Buffer): Promise<Verdict> {
    // What was said before is not kept: it would be taken for growth of the host.
    this.#lines.length = 0;
    const from = 0;
    this.#count += 1;
    const own = line.toString("latin1").replaceAll('"id":1,', `"id":"m-${this.#count}",`);
    const value = parsed(Buffer.from(own, "latin1").toString("utf8"));
    this.#input.write(Buffer.from(`${own}\n`, "latin1"));
    await this.ask("nope", {});
    const answers = (said: readonly Message[]) =>
      said.filter(({ id }) => id === null || (id !== undefined && id === idOf(value)));
    const due = own.trim() !== "" && !isNotification(value);
    const lines = await this.#until(from, (said) => !due || answers(said).length > 0);
    const [answer] = answers(lines.map((each) => JSON.parse(each) as Message));
    if (answer === undefined) return { said: "borne" };
    return { said: rpcError(answer) ?? "a result", runs: runsTold(lines.join("\n")) };
  }
}

function idOf(value: unknown): unknown {
  return ((value ?? {}) as Message)["id"];
}

function isNotification(value: unknown): boolean {
  return typeof value === "object" && value !== null && "method" in value && !("id" in value);
}

export function streamInputs(talk: StreamTalk): fc.Arbitrary<Input> {
  // A line ends where there is a line feed: more of them would make more lines of it.
  const line = (content: Buffer) => Buffer.from(content.toString("latin1").replaceAll(/[\r\n]/g, " "), "latin1");
  return malformedJson(rpcMessages).map(({ kind, content }) => ({
    kind,
    shown: content.toString("utf8"),
    send: () => talk.provoke(line(content)),
  }));
}
