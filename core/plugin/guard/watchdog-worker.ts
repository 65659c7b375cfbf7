import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { placesOfMain, placeWithin } from "../worker/main-place.ts";
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
    void lookAtMain();
  }
}, limit / 4);

/** Pauses the main thread once, and says where it was. */
async function lookAtMain(): Promise<void> {
  const lines = await placesOfMain();
  const held = `for ${limit / 1000} s, and serves nobody meanwhile`;
  const named = lines
    .map(({ path }) => plugins.find(({ folder }) => path.startsWith(`${folder}/`)))
    .find((plugin) => plugin !== undefined);
  const message =
    named === undefined
      ? `the event loop was held ${held}`
      : `${named.id} holds the event loop of the host ${held}${placeWithin(named.folder, lines)}`;
  // The main thread cannot write now, and may never be able to again.
  writeSync(2, `sluice: ${message}\n`);
  parentPort?.postMessage(message);
}
