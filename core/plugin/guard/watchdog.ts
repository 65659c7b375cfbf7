import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../../kit/package-root.ts";

/** Milliseconds between two signs of life of the event loop. */
const beatPause = 250;

export interface WatchdogOptions {
  readonly plugins: readonly { readonly id: string; readonly folder: string }[];
  /** Milliseconds without a turn of the event loop that are too much. */
  readonly limit: number;
  /** Called when the event loop is back, with what was told on stderr meanwhile. */
  readonly onHeld: (message: string) => void;
}

/** What the worker that watches is given. */
export interface WatchdogData {
  readonly plugins: WatchdogOptions["plugins"];
  readonly limit: number;
  /** A counter that the event loop raises. */
  readonly beat: Int32Array;
}

/**
 * Names the plugin that holds the event loop, from a thread of its own: nothing on the main one can say anything then.
 * The thread pauses the main one for a moment, as a debugger does, and reads where it is.
 */
export function watchEventLoop({ plugins, limit, onHeld }: WatchdogOptions): Disposable {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const timer = setInterval(() => Atomics.add(beat, 0, 1), beatPause);
  timer.unref();
  const data: WatchdogData = { plugins, limit, beat };
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(join(packageRoot, "core", "plugin", "guard", `watchdog-worker.${ending}`), {
    workerData: data,
    execArgv: [],
  });
  worker.unref();
  worker.on("message", onHeld);
  // Without it nobody is named; the host itself lacks nothing.
  worker.on("error", () => undefined);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      void worker.terminate();
    },
  };
}
