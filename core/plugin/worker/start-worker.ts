import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { DiscoveredPlugin, IsolationLimits } from "../../config/plan.ts";
import { SluiceError } from "../../contract/errors.ts";
import { packageRoot } from "../../kit/package-root.ts";
import { waitFor } from "../../kit/timing/wait.ts";
import { parseJson } from "../../kit/untrusted/parse-json.ts";
import { placeIn } from "../checked/fault.ts";
import { channelOf } from "./channel.ts";
import { fromFailure } from "./failure.ts";
import { OutputLines } from "./output-lines.ts";
import { beatPause, type Control, verdictPipe, type WatchVerdict, type WorkerHost } from "./protocol.ts";
import { WorkerPort } from "./worker-port.ts";

export interface WorkerOptions {
  readonly id: string;
  readonly plugin: DiscoveredPlugin;
  readonly limits: IsolationLimits;
  readonly host: WorkerHost;
  /** The level of its log as it is now, by its place in `logLevels`. */
  readonly level: () => number;
  /** Takes a line that the process wrote to its standard output or error. */
  readonly onOutput?: (line: string) => void;
}

/** Milliseconds that a process has to be gone once it was killed, and what it wrote has to arrive. */
const endLimit = 2_000;
const mebibyte = 1024 * 1024;

/**
 * A process for one instance. It is ended when it takes more memory than its limit, or never yields. It may also end itself,
 * by an error that nobody catches, `process.exit`, or a crash of the engine. Nothing else ends by it. `gone` resolves with the reason, once.
 */
export class PluginWorker {
  readonly peer: WorkerPort;
  readonly gone: Promise<string>;
  readonly #options: WorkerOptions;
  readonly #process: ChildProcess;
  /** Resolves when everything it wrote and told has arrived. Node's `close` does not come where we disconnect first. */
  readonly #heard: Promise<unknown>;
  readonly #exited = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<string>();
  readonly #levels: NodeJS.Timeout;
  #over = false;
  /** The engine says on standard error that it has no more memory, and then aborts. */
  #outOfMemory = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.gone = this.#gone.promise;
    this.#process = start(options.limits);
    const channel = channelOf(this.#process);
    this.peer = new WorkerPort(channel);
    const { id, plugin, limits, host } = options;
    let level = options.level();
    const tell = (control: Control) => channel.send(control);
    tell({ kind: "start", start: { id, plugin, limits, host, level } });
    channel.onMessage((message) => this.#hear(message));
    this.#levels = setInterval(() => {
      if (level === options.level()) return;
      level = options.level();
      tell({ kind: "level", level });
    }, beatPause);
    this.#levels.unref();
    this.#listen();
    const { stdout, stderr, stdio } = this.#process;
    const ends = [stdout, stderr, stdio[verdictPipe]].map((stream) => closeOf(stream, "close"));
    this.#heard = Promise.all([...ends, closeOf(this.#process, "disconnect")]);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Ends the process, whatever it does; resolves when it has ended. */
  async terminate(): Promise<void> {
    this.#end("it was stopped");
    await waitFor(this.#exited.promise, { limit: endLimit });
  }

  #listen(): void {
    const child = this.#process;
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new OutputLines((line) => {
        if (line.includes("JavaScript heap out of memory")) this.#outOfMemory = true;
        this.#options.onOutput?.(line);
      });
      stream?.on("data", (piece: Buffer) => lines.take(piece)).on("end", () => lines.end());
      unref(stream);
    }
    const verdicts = child.stdio[verdictPipe] as Readable | null;
    verdicts?.once("data", (line: Buffer) => this.#judge(String(line)));
    unref(verdicts);
    child.unref();
    child.channel?.unref();
    child.once("error", (error) => {
      this.#exited.resolve();
      this.#end(`its process did not start: ${error.message}`);
    });
    child.once("exit", (code, signal) => void this.#leave(code, signal));
  }

  /** What it wrote and told last may arrive after its exit. */
  async #leave(code: number | null, signal: string | null): Promise<void> {
    this.#kill();
    await waitFor(this.#heard, { limit: endLimit });
    this.#exited.resolve();
    if (this.#outOfMemory) this.#end(tooMuch(this.#options.limits.heap));
    else this.#end(signal === null ? `called process.exit(${code})` : `its process was ended by ${signal}`);
  }

  #hear(message: unknown): void {
    const { kind, failure } = (message ?? {}) as { readonly kind?: unknown; readonly failure?: unknown };
    if (kind !== "uncaught") return;
    const error = fromFailure(failure);
    this.#end(`uncaught: ${error.message}${placeIn(this.#options.plugin.folder, error)}`);
  }

  #judge(line: string): void {
    const verdict = parseJson(line, { from: this.#options.id }) as WatchVerdict;
    const { heap, held } = this.#options.limits;
    this.#end(verdict.over === "heap" ? tooMuch(heap) : `held its thread for ${held / 1000} s${String(verdict.place)}`);
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#levels);
    this.peer.end(new SluiceError("SLUICE_PLUGIN_FAILED", `${this.#options.id} failed: ${reason}`));
    this.#kill();
    this.#gone.resolve(reason);
  }

  /** With whatever processes it has started: it leads a group of its own. */
  #kill(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // Nobody of the group is left.
    }
  }
}

function start({ heap }: IsolationLimits): ChildProcess {
  const mebibytes = Math.ceil(heap / mebibyte);
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fork(join(packageRoot, "core", "plugin", "worker", `worker.${ending}`), [], {
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${mebibytes}`, `--max-semi-space-size=${Math.min(16, Math.ceil(mebibytes / 8))}`],
    stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
    // A group of its own: Ctrl+C in the host's terminal is for the host to act upon.
    detached: true,
  });
}

function closeOf(emitter: NodeJS.EventEmitter | null | undefined, event: string): Promise<void> {
  return new Promise((resolve) => {
    if (emitter == null) resolve();
    else emitter.once(event, () => resolve());
  });
}

/** A host that has nothing else to do may end: its workers end with it. */
function unref(stream: Readable | null): void {
  (stream as { unref?(): void } | null)?.unref?.();
}

function tooMuch(heap: number): string {
  return `used more memory than the ${Math.round(heap / mebibyte)} MB of its worker`;
}
