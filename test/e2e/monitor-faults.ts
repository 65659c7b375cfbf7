import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { Monitor } from "./monitor-kit.ts";
import type { Person } from "./monitor-person.ts";

/** A host on which five things went wrong, each in its own way. */
export class FaultyHost implements AsyncDisposable {
  readonly monitor: Monitor;
  readonly #close: () => void;

  private constructor(monitor: Monitor, close: () => void) {
    this.monitor = monitor;
    this.#close = close;
  }

  static async start(): Promise<FaultyHost> {
    // A provider that does not take the key any more.
    const provider = createServer((_request, response) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(
        '{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}',
      );
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    const { port } = provider.address() as AddressInfo;
    const more = `  keyed: { use: llm-openai, with: { model: gpt-9, apiKey: sk-taken-back, baseURL: "http://127.0.0.1:${port}/v1" } }
  priced: { use: llm-scripted, with: { script: ["Forty-two."], repeat: true } }
  diary: { use: log-file, with: { path: /proc/nowhere/diary.log } }
`;
    const monitor = await Monitor.start({ docker: true, more, flows: "  paid: keyed\n" });
    const run = (flow: string, input: { readonly text: string } | { readonly code: string }) =>
      monitor.host.runs.open({ flow, input }).done;
    await run("run", { code: "values = [1, 2\nprint(values)" });
    await run("run", { code: "data = bytearray(10**9)\nprint(len(data))" });
    await run("paid", { text: "Say hello." });
    await run("first", { text: "Print rows, please." });
    return new FaultyHost(monitor, () => provider.close());
  }

  /** The page as somebody sees it first. */
  open(): Promise<Page> {
    return this.monitor.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.monitor[Symbol.asyncDispose]();
    this.#close();
  }
}

/** What a person wants to know or do, and how. */
export interface Fault {
  readonly name: string;
  /** Sees what is wrong, from the front screen on. */
  readonly wrong: (person: Person) => Promise<void>;
  /** Reads why. */
  readonly why: (person: Person) => Promise<void>;
  /** Runs it again, with something changed. */
  readonly again: (person: Person, folder: string) => Promise<void>;
  /** Steps that each takes: what is clicked, and what is typed. */
  readonly steps: readonly [wrong: number, why: number, again: number];
}

async function runChanged(person: Person, before: RegExp, text: string): Promise<void> {
  await person.clicks(/^Run again$/);
  await person.clicks(before);
  await person.writes(text);
  await person.clicks(/^Run$/);
}

export const faults: readonly Fault[] = [
  {
    name: "syntax error",
    async wrong(person) {
      await person.clicks(/^Runs$/);
      await person.reads(/SyntaxError/);
    },
    async why(person) {
      await person.clicks(/^values = \[1, 2/);
      await person.reads(/'\[' was never closed.*line 1/);
    },
    async again(person) {
      await runChanged(person, /^values = \[1, 2/, "values = [1, 2]\nprint(sum(values) * 100)");
      await person.reads(/^300$/);
    },
    steps: [1, 1, 4],
  },
  {
    name: "out of memory",
    async wrong(person) {
      await person.clicks(/^Runs$/);
      await person.reads(/more memory/);
    },
    async why(person) {
      await person.clicks(/^data = bytearray/);
      await person.reads(/used more memory than the sandbox has/);
      await person.reads(/memory of box sets this limit/);
    },
    async again(person) {
      await runChanged(person, /^data = bytearray/, "data = bytearray(10**6)\nprint(len(data))");
      await person.reads(/^1000000$/);
    },
    steps: [1, 1, 4],
  },
  {
    name: "lost key",
    async wrong(person) {
      await person.clicks(/^Runs$/);
      await person.reads(/keyed.*key/);
    },
    async why(person) {
      await person.clicks(/^Say hello/);
      await person.reads(/Incorrect API key/);
    },
    async again(person) {
      await person.clicks(/^Run again$/);
      await person.clicks(/^paid$/);
      await person.clicks(/^answer$/);
      await person.clicks(/^Run$/);
      await person.reads(/^It is 42\./);
    },
    steps: [1, 1, 4],
  },
  {
    name: "loser of a race",
    async wrong(person) {
      await person.clicks(/^Runs$/);
      await person.clicks(/^Print rows/);
      await person.reads(/^cancelled$/);
    },
    async why(person) {
      await person.reads(/^quick was first; this branch was cut off/);
    },
    async again(person) {
      await runChanged(person, /^Print rows/, "Print rows again, please.");
      await person.reads(/^It is 42\./);
    },
    steps: [2, 0, 4],
  },
  {
    name: "failed sink",
    async wrong(person) {
      await person.reads(/failed/, /^diary/);
    },
    async why(person) {
      await person.reads(/nowhere/, /^diary/);
    },
    async again(person, folder) {
      await person.clicks(/^Configuration$/, /^diary .*nowhere/);
      await person.fills(/^.proc.nowhere.diary\.log$/, `${folder}/diary.log`);
      await person.clicks(/^Apply…$/);
      await person.clicks(/^Apply$/);
      await person.reads(/^Applied and written/);
    },
    steps: [0, 0, 5],
  },
];
