import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import type { DiscoveredPlugin, IsolationLimits } from "../../config/plan.ts";
import { SluiceError, textOfThrown } from "../../contract/errors.ts";
import { packageRoot } from "../../kit/package-root.ts";
import { waitFor } from "../../kit/timing/wait.ts";
import { placeIn } from "../checked/fault.ts";
import { heldPlace } from "./held-place.ts";
import { beatPause, shared, type WorkerHost, type WorkerStart } from "./protocol.ts";
import { ThreadPort } from "./thread-port.ts";

export interface WorkerOptions {
  readonly id: string;
  readonly plugin: DiscoveredPlugin;
  readonly limits: IsolationLimits;
  readonly host: WorkerHost;
  /** The level of its log as it is now, by its place in `logLevels`. */
  readonly level: () => number;
}

/** Milliseconds that a thread has to end. */
const endLimit = 2_000;
const mebibyte = 1024 * 1024;
let count = 0;

/**
 * V8 optimises a loop while it runs. Where that calls built-in functions alone, no check is left by which it could be
 * ended. Neither the watch nor the heap's limit reaches it. So loops are not replaced while they run.
 */
function keepLoopsEndable(): void {
  setFlagsFromString("--no-use-osr");
}

/**
 * A thread for one instance, watched from here. More memory than its limit ends it, a loop that never yields, an error that
 * nobody catches, or `process.exit`; nothing else ends by it. `gone` resolves with the reason, once.
 */
export class PluginWorker {
  readonly peer: ThreadPort;
  readonly gone: Promise<string>;
  /** See {@link shared}. */
  readonly state = new Int32Array(new SharedArrayBuffer(4 * shared.length));
  readonly #options: WorkerOptions;
  readonly #worker: Worker;
  readonly #name: string;
  readonly #gone = Promise.withResolvers<string>();
  readonly #watch: NodeJS.Timeout;
  #over = false;
  #seen = 0;
  /** Looks since it gave a sign of life: a host that was held itself counts none meanwhile. */
  #looks = 0;
  #measuring = false;

  constructor(options: WorkerOptions) {
    if (count === 0) keepLoopsEndable();
    count += 1;
    this.#options = options;
    this.#name = `sluice-${count}-${options.id}`;
    this.gone = this.#gone.promise;
    const { port1, port2 } = new MessageChannel();
    Atomics.store(this.state, shared.level, options.level());
    this.#worker = this.#start(port2);
    this.peer = new ThreadPort(port1);
    port1.unref();
    this.#worker.unref();
    this.#worker.on("error", (thrown) => this.#end(reasonOf(options, thrown)));
    this.#worker.on("exit", (code) => this.#end(`called process.exit(${code})`));
    this.#watch = setInterval(() => this.#look(), beatPause);
    this.#watch.unref();
  }

  get over(): boolean {
    return this.#over;
  }

  /** Ends the thread, whatever it does; resolves when it has. One that waits in the operating system ends later. */
  async terminate(): Promise<void> {
    this.#end("it was stopped");
    await waitFor(this.#worker.terminate(), { limit: endLimit });
  }

  #start(port: WorkerStart["port"]): Worker {
    const { id, plugin, host, limits } = this.#options;
    const heap = Math.ceil(limits.heap / mebibyte);
    const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const data: WorkerStart = { ...{ port, id, plugin, host }, shared: this.state };
    return new Worker(join(packageRoot, "core", "plugin", "worker", `worker.${ending}`), {
      workerData: data,
      transferList: [port],
      name: this.#name,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: Math.min(64, Math.ceil(heap / 4)) },
    });
  }

  #look(): void {
    const {
      limits: { held },
      level,
    } = this.#options;
    Atomics.store(this.state, shared.level, level());
    const now = Atomics.load(this.state, shared.beat);
    // Until the first sign it is our own modules that are read.
    this.#looks = now > 0 && now === this.#seen ? this.#looks + 1 : 0;
    this.#seen = now;
    if (held > 0 && this.#looks * beatPause >= held) void this.#endHeld(held);
    else if (!this.#measuring) void this.#measure();
  }

  async #endHeld(held: number): Promise<void> {
    clearInterval(this.#watch);
    const { plugin } = this.#options;
    const place = await heldPlace(this.#name, plugin.folder).catch(() => "");
    this.#end(`held its thread for ${held / 1000} s${place}`);
  }

  /** The engine bounds what is in the heap; buffers lie outside of it. */
  async #measure(): Promise<void> {
    const { heap } = this.#options.limits;
    this.#measuring = true;
    try {
      const { used_heap_size, external_memory } = await this.#worker.getHeapStatistics();
      if (used_heap_size + external_memory > heap) this.#end(tooMuch(heap));
    } catch {
      // It has ended, and says so itself.
    } finally {
      this.#measuring = false;
    }
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#watch);
    const { id } = this.#options;
    this.peer.end(new SluiceError("SLUICE_PLUGIN_FAILED", `${id} failed: ${reason}`));
    void this.#worker.terminate();
    this.#gone.resolve(reason);
  }
}

function reasonOf({ plugin, limits }: WorkerOptions, thrown: unknown): string {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return tooMuch(limits.heap);
  return `uncaught: ${textOfThrown(thrown)}${placeIn(plugin.folder, thrown)}`;
}

function tooMuch(heap: number): string {
  return `used more memory than the ${Math.round(heap / mebibyte)} MB of its worker`;
}
