"use strict";
// Loaded before a program: tells process 1 of the error that ended it. The program can see nothing of it.
const { closeSync, openSync, writeSync } = require("node:fs");
const { inspect, types } = require("node:util");
const { isMainThread } = require("node:worker_threads");

const GIVEN = 204;
/** Numbers below are those that a program's own files get, from the lowest on. */
const LOW = 100;
const { stringify } = JSON;
const { from, alloc, concat } = Buffer;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const PLAIN = { customInspect: false, showProxy: true };
const at = process.execArgv.indexOf(__filename);
if (at > 0) process.execArgv.splice(at - 1, 2);
process._preload_modules?.splice(0);
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

let descriptor;
try {
  if (isMainThread) descriptor = keep();
} catch {
  // A child that Node gave the program's own options: nobody is told of it.
}

/** A text of it, read without a call of the program's own code. */
function textOf(object, key) {
  if (object === null) return "";
  const own = getOwnPropertyDescriptor(object, key);
  if (own === undefined) return textOf(getPrototypeOf(object), key);
  return typeof own.value === "string" ? own.value : "";
}

function report(error) {
  const words = (value) => (typeof value === "string" ? value : inspect(value, PLAIN));
  const known = types.isNativeError(error) ? error : { message: words(error) };
  const message = { name: textOf(known, "name") || "Error", message: textOf(known, "message").slice(0, 4000) };
  const stack = textOf(known, "stack");
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

if (descriptor !== undefined && /\.[cm]?ts$/.test(process.argv[1] ?? "") && !process.features.typescript) {
  const message = `Node ${process.versions.node} of the image cannot run TypeScript; Node 22.18 and newer can`;
  process.stderr.write(`${message}\n  = Give the sandbox an image with a newer Node, or run JavaScript.\n`);
  report(new Error(message));
  process.exit(69);
}

if (descriptor !== undefined) {
  process.on("uncaughtExceptionMonitor", (error) => {
    try {
      report(error);
    } catch {
      // A value that cannot be described is the program's own affair.
    }
  });
}
