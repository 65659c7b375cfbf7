import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A process of the bench that answers one message with one; it ends when it is let go. */
export class Child<Ready> implements AsyncDisposable {
  readonly ready: Ready;
  readonly pid: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, ready: Ready) {
    this.#process = child;
    this.ready = ready;
    this.pid = child.pid ?? 0;
  }

  static async start<Ready>(file: string, ...args: string[]): Promise<Child<Ready>> {
    const child = fork(join(import.meta.dirname, file), args, { execArgv: ["--expose-gc"] });
    const ready = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`))),
    ]);
    return new Child(child, ready[0] as Ready);
  }

  async ask<Answer>(question: string | object): Promise<Answer> {
    this.#process.send(question);
    const [answer] = await once(this.#process, "message");
    return answer as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.disconnect();
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(late);
  }
}

/** Milliseconds that all threads of a process have computed; Linux only, else NaN. */
export function cpuOf(pid: number): number {
  try {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).reduce((sum, thread) => {
      const [nanoseconds] = readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ");
      return sum + Number(nanoseconds) / 1e6;
    }, 0);
  } catch {
    return Number.NaN;
  }
}
