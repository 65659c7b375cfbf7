import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { placesOfMain, placeWithin } from "./main-place.ts";
import { beatPause, places, verdictPipe, type WatchData, type WatchVerdict } from "./protocol.ts";

// The thread that watches a worker's main one from within. It tells the host when that holds its event loop, or has taken
// too much memory; and it ends the process when the host is gone.

const { state, limits, folder } = workerData as WatchData;
const host = process.ppid;

let seen = 0;
/** Looks without a turn of the event loop: a process that was stopped itself counts none meanwhile. */
let looks = 0;
/** Bytes of the process when the event loop last turned. */
let resident = process.memoryUsage.rss();
let told = false;

setInterval(() => {
  // A loop that holds the main thread keeps it from noticing that nobody is there any more.
  if (process.ppid !== host) process.kill(process.pid, "SIGKILL");
  if (!told) look();
}, beatPause);

function look(): void {
  const turns = Atomics.load(state, places.beat);
  const used = Atomics.load(state, places.used) * 1024;
  if (turns !== seen) {
    seen = turns;
    looks = 0;
    resident = process.memoryUsage.rss();
    if (used > limits.heap) tell({ over: "heap" });
    return;
  }
  looks += 1;
  // What was taken since is partly garbage, so it may be twice as much.
  const grown = process.memoryUsage.rss() - resident;
  if (used + grown > 2 * limits.heap) tell({ over: "heap" });
  else if (limits.held > 0 && looks * beatPause >= limits.held) void tellPlace();
}

async function tellPlace(): Promise<void> {
  told = true;
  tell({ over: "held", place: placeWithin(folder, await placesOfMain()) });
}

function tell(verdict: WatchVerdict): void {
  told = true;
  writeSync(verdictPipe, `${JSON.stringify(verdict)}\n`);
}
