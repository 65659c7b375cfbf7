import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { home } from "../cluster-kit.ts";

/** What a host of the soak is told. */
export type Command =
  | { readonly name: "hosts" | "running" | "condition" | "ended" | "pending" | "results" }
  | { readonly name: "open"; readonly first: number; readonly count: number }
  | { readonly name: "known"; readonly runs: readonly string[] }
  | { readonly name: "follow"; readonly runs: readonly string[]; readonly after: number; readonly late?: true }
  | { readonly name: "hostsOf"; readonly runs: readonly string[] };

/** What one follower saw of one run. */
export interface Followed {
  readonly run: string;
  readonly after: number;
  /** It began when the run had ended, or may have. */
  readonly late: boolean;
  /** The host where it followed. */
  readonly at: string;
  /** Of each event, in order. */
  readonly hashes: readonly string[];
  readonly faults: readonly string[];
  readonly status: string;
  /** When it saw the end. */
  readonly ended: number;
}

/** What a host tells of itself at the end. */
export interface Condition {
  /** Longest that its event loop was held, in milliseconds. */
  readonly held: number;
  /** What happened to it, with times. */
  readonly notes: readonly string[];
}

export interface SoakHostOptions {
  readonly within: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Milliseconds that a host may take for an answer, and for the ends of all that it follows. */
const limits = { answer: 120_000, results: 400_000 };

interface Question {
  answer(told: Answer): void;
  fail(reason: Error): void;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A host in a process of its own, in a namespace of its own. */
export class SoakHost {
  readonly child: ChildProcess;
  host = "";
  readonly #waiting = new Map<number, Question>();
  #asked = 0;
  #killed = false;
  /** Why it can be asked nothing more. */
  #fault: Error | undefined;

  private constructor({ within, env }: SoakHostOptions) {
    const [fixture, profile] = ["host.fixture.ts", "cluster.yaml"].map((name) => `${import.meta.dirname}/${name}`);
    const [command = "", ...rest] = [...within, process.execPath, fixture ?? "", profile ?? ""];
    this.child = spawn(command, rest, {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...home(), ...env },
    });
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.once("exit", (code, signal) => this.#fail(`host ${this.host} ended with ${code ?? signal}`));
    this.child.once("error", (error) => this.#fail(`a host could not be started: ${error.message}`));
    this.child.stdin?.on("error", () => undefined);
    if (this.child.stdout === null) return;
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const told = JSON.parse(line) as Answer;
      this.#waiting.get(told.id)?.answer(told);
    });
  }

  static async start(options: SoakHostOptions): Promise<SoakHost> {
    const host = new SoakHost(options);
    host.host = String(await host.#answerTo(0, "its name"));
    return host;
  }

  /** Rejects when the host ends, or does not answer in time, and says what it was asked. */
  async ask<Value>(command: Command): Promise<Value> {
    this.#asked += 1;
    const answer = this.#answerTo(this.#asked, command.name);
    this.child.stdin?.write(`${JSON.stringify({ id: this.#asked, command })}\n`);
    return (await answer) as Value;
  }

  /** The same where nobody waits for an answer: what fails is said to whoever asks next. */
  tell(command: Command): void {
    this.ask(command).catch((error: Error) => {
      if (!this.#killed) this.#fault ??= error;
    });
  }

  /** As if its machine lost power. */
  async kill(): Promise<void> {
    this.#killed = true;
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await gone;
  }

  #answerTo(id: number, what: string): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const limit = what === "results" ? limits.results : limits.answer;
    const late = setTimeout(() => reject(new Error(`${this.host}: no answer to "${what}" for ${limit} ms`)), limit);
    this.#waiting.set(id, {
      answer: ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(`"${what}": ${error}`))),
      fail: reject,
    });
    if (this.#fault !== undefined) reject(this.#fault);
    return promise.finally(() => {
      clearTimeout(late);
      this.#waiting.delete(id);
    });
  }

  #fail(why: string): void {
    this.#fault ??= new Error(why);
    for (const { fail } of this.#waiting.values()) fail(this.#fault);
  }
}
