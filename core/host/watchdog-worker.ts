import { writeSync } from "node:fs";
import { type Debugger, Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { WatchdogData } from "./watchdog.ts";

const { plugins, limit, beat } = workerData as WatchdogData;

let seen = Atomics.load(beat, 0);
let seenAt = performance.now();
let told = false;

setInterval(() => {
  const now = Atomics.load(beat, 0);
  if (now !== seen) {
    seen = now;
    seenAt = performance.now();
    told = false;
  } else if (!told && performance.now() - seenAt >= limit) {
    told = true;
    lookAtMain();
  }
}, limit / 4);

/** Pauses the main thread once, and says where it was. */
function lookAtMain(): void {
  const session = new Session();
  session.connectToMainThread();
  /** Frames tell only the number of their script. */
  const scripts = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
  session.once("Debugger.paused", ({ params }) => {
    tell(params.callFrames.map(({ location }) => ({ ...location, url: scripts.get(location.scriptId) ?? "" })));
    session.post("Debugger.resume", () => session.disconnect());
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}

interface Place extends Debugger.Location {
  readonly url: string;
}

function tell(frames: readonly Place[]): void {
  const held = `for ${limit / 1000} s, and serves nobody meanwhile`;
  let message = `the event loop was held ${held}`;
  for (const { url, lineNumber } of frames) {
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    const plugin = plugins.find(({ folder }) => path.startsWith(`${folder}/`));
    if (plugin === undefined) continue;
    const place = `${path.slice(plugin.folder.length + 1)}:${lineNumber + 1}`;
    message = `${plugin.id} holds the event loop of the host ${held} (${place})`;
    break;
  }
  // The main thread cannot write now, and may never be able to again.
  writeSync(2, `sluice: ${message}\n`);
  parentPort?.postMessage(message);
}
