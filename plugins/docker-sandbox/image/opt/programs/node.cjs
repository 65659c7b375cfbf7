"use strict";
// Loaded before a program: tells process 1 of the error that ended it. The program can see nothing of it.
const { closeSync, openSync, writeSync } = require("node:fs");
const { isMainThread } = require("node:worker_threads");

const GIVEN = 204;
/** Numbers below are those that a program's own files get, from the lowest on. */
const LOW = 100;
const { stringify } = JSON;
const { from, alloc, concat } = Buffer;
const at = process.execArgv.indexOf(__filename);
if (at > 0) process.execArgv.splice(at - 1, 2);
delete require.cache[__filename];

/** The descriptor once more, as one that no child of the program gets: Node opens everything like that. */
function keep() {
  const low = [];
  let kept = openSync("/dev/null");
  while (kept < LOW) {
    low.push(kept);
    kept = openSync("/dev/null");
  }
  closeSync(kept);
  try {
    return openSync(`/proc/self/fd/${GIVEN}`, "w");
  } finally {
    for (const each of low) closeSync(each);
    closeSync(GIVEN);
  }
}

const descriptor = isMainThread ? keep() : GIVEN;

function report(error) {
  const message = { name: String(error?.name ?? "Error"), message: String(error?.message ?? error).slice(0, 4000) };
  const stack = String(error?.stack ?? "");
  const main = process.argv[1] ?? "";
  const place = stack.indexOf(`${main}:`);
  const line = main === "" || place < 0 ? Number.NaN : Number.parseInt(stack.slice(place + main.length + 1), 10);
  if (line > 0) message.line = line;
  const body = from(stringify(message));
  const header = alloc(5);
  header.writeUInt32BE(body.length);
  header[4] = 0x65;
  writeSync(descriptor, concat([header, body]));
}

if (isMainThread && /\.[cm]?ts$/.test(process.argv[1] ?? "") && !process.features.typescript) {
  const message = `Node ${process.versions.node} of the image cannot run TypeScript; Node 22.18 and newer can`;
  process.stderr.write(`${message}\n  = Give the sandbox an image with a newer Node, or run JavaScript.\n`);
  report(new Error(message));
  process.exit(69);
}

if (isMainThread) {
  process.on("uncaughtExceptionMonitor", (error) => {
    try {
      report(error);
    } catch {
      // A value that cannot be described is the program's own affair.
    }
  });
}
