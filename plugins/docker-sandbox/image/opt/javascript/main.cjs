"use strict";
// The thread of the code. What controls it runs in a worker, whose own globals no code reaches (control.cjs). Here is
// only what has to be done beside the code, with functions taken before the first cell.
const { Worker, MessageChannel, MessagePort, SHARE_ENV } = require("node:worker_threads");
const fs = require("node:fs");
const util = require("node:util");
const { AsyncLocalStorage, createHook } = require("node:async_hooks");
const { EventEmitter } = require("node:events");
const { randomBytes } = require("node:crypto");
const { constants } = require("node:os");
const { subscribe } = require("node:diagnostics_channel");
const { Descriptions } = require("./descriptions.cjs");
const { installNames } = require("./names.cjs");
const { writeAll } = require("./writing.cjs");

const { apply } = Reflect;
const { defineProperty, freeze, getOwnPropertyDescriptor } = Object;
const { wait } = Atomics;
const { listenerCount } = EventEmitter.prototype;
const { ReadStream } = fs;
const { from } = Buffer;
const { isUint8Array } = util.types;
const { postMessage } = MessagePort.prototype;
const { get: threadOf } = getOwnPropertyDescriptor(Worker.prototype, "threadId");
const { enterWith, getStore } = AsyncLocalStorage.prototype;
const { nextTick, getActiveResourcesInfo, hasUncaughtExceptionCaptureCallback } = process;
const { _fatalException: handle, setUncaughtExceptionCaptureCallback: capture } = process;
const PromiseOfStart = Promise;
const ofPromises = Promise.prototype;
const immediately = setImmediate;
const self = process;

const { port1, port2 } = new MessageChannel();
const tell = (message) => apply(postMessage, port1, [message]);
const lock = new Int32Array(new SharedArrayBuffer(4));
/** Which cell made what runs now, however late. */
const makers = new AsyncLocalStorage();
const descriptions = new Descriptions(tell);

function hidden(target, name, value) {
  defineProperty(target, name, { __proto__: null, value, writable: true, configurable: true, enumerable: false });
}

// --- what code writes is written when the call returns: nothing is lost, whatever ends the process or the cell

function writeAtOnce(stream, fd) {
  const { write } = stream;
  // The pipe's description is shared with children, which cannot bear one that does not block.
  stream._handle?.setBlocking?.(true);
  hidden(stream, "write", (chunk, encoding, callback) => {
    if (typeof chunk !== "string" && !isUint8Array(chunk)) return apply(write, stream, [chunk, encoding, callback]);
    writeAll(fd, typeof chunk === "string" ? from(chunk, typeof encoding === "string" ? encoding : "utf8") : chunk);
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") apply(nextTick, self, [done]);
    return true;
  });
}

writeAtOnce(process.stdout, 1);
writeAtOnce(process.stderr, 2);

// --- each cell has its own end of input

let input;
defineProperty(process, "stdin", {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: () => {
    input ??= new ReadStream(null, { fd: 0, autoClose: false });
    return input;
  },
});

// --- process.exit neither returns nor throws: the worker ends what runs

process.exit = function exit(code) {
  if (code !== undefined) self.exitCode = code;
  abandon();
  const given = self.exitCode;
  self.exitCode = undefined;
  tell({ __proto__: null, kind: "exit", code: given === undefined ? 0 : +given & 0xff });
  for (;;) wait(lock, 0, 0, 1000);
};

// --- what nobody catches

/** Node goes on after an error as after one that was caught; none is what ends all that runs now. */
function goOn(told, error = null, fromPromise = false) {
  capture(told);
  try {
    return handle(error, fromPromise);
  } finally {
    capture(null);
  }
}

function tellUncaught(error, fromPromise) {
  const maker = apply(getStore, makers, []);
  return goOn((given) => descriptions.tellFailure(given, { __proto__: null, maker }), error, fromPromise);
}

/** What runs is about to be ended: Node is not to look for the callbacks that it left. */
const abandon = () => goOn(() => {});

hidden(process, "_fatalException", (error, fromPromise) => {
  const heard = apply(listenerCount, self, ["uncaughtException"]) > 0;
  if (!heard && !apply(hasUncaughtExceptionCaptureCallback, self, [])) return tellUncaught(error, fromPromise);
  try {
    if (handle(error, fromPromise)) return true;
  } catch (another) {
    return tellUncaught(another, false);
  }
  return tellUncaught(error, fromPromise);
});

// --- an interrupt reaches the code's own handlers, or the worker; it never ends the process

/** Beside what Node makes for the code's own listeners: those come and go. */
function hearInterrupts() {
  let Signal;
  const init = (_, type, __, made) => {
    if (type === "SIGNALWRAP") Signal = made.constructor;
  };
  const hook = createHook({ init }).enable();
  process.once("SIGINT", hook.disable).off("SIGINT", hook.disable);
  hook.disable();
  const heard = new Signal();
  heard.unref();
  hidden(heard, "onsignal", () => {
    if (apply(listenerCount, self, ["SIGINT"]) === 0) tell({ __proto__: null, kind: "interrupt" });
  });
  heard.start(constants.signals.SIGINT);
}

hearInterrupts();

// --- what the worker calls, by reference

/** What a cell's value stands for. */
let open;
let next;
/** The cell that was ended last, which is to show nothing more. */
let over;
/** Whether the cell has reached its gate: one that V8 could not compile never does. */
let begun;
let opened;
let letIn;
/** What promises had as their constructor before the cell. */
let given;

function gate() {
  begun = true;
  apply(enterWith, makers, [next]);
  return opened;
}

/** The code's threads: one that nobody listens to is none of Node's active resources. */
let threads = null;

/** What keeps the event loop going now. */
function pending() {
  const kinds = apply(getActiveResourcesInfo, self, []);
  let alive = null;
  for (let each = threads; each !== null; each = each.older) {
    if (apply(threadOf, each.worker, []) < 0) continue;
    alive = { __proto__: null, worker: each.worker, older: alive };
    defineProperty(kinds, kinds.length, { __proto__: null, value: "Worker", enumerable: true });
  }
  threads = alive;
  return kinds;
}

const harness = freeze({
  __proto__: null,
  /** Called once, before the first cell: what the worker took is no longer to be found. */
  seal: (name) => {
    open = installNames(name, gate);
  },
  prepare: (number) => {
    next = number;
    begun = false;
    opened = new PromiseOfStart((resolve) => {
      letIn = () => resolve();
    });
    // Awaited as they are, whatever becomes of promises: the gate, and by the inspector the cell.
    hidden(opened, "constructor", PromiseOfStart);
    given = getOwnPropertyDescriptor(ofPromises, "constructor");
    if (given?.value !== PromiseOfStart) hidden(ofPromises, "constructor", PromiseOfStart);
    return pending();
  },
  /** Opens the gate of a cell from the event loop's own turn, inside no other call. */
  start: () => {
    if (given === undefined) delete ofPromises.constructor;
    else if (given.value !== PromiseOfStart) defineProperty(ofPromises, "constructor", given);
    self.exitCode = undefined;
    if (input !== undefined && (input.readableEnded || input.destroyed)) input = undefined;
    immediately(letIn);
  },
  /** Tell what they are given in a turn of its own as well: a value's own description may not end. */
  show: (number, value) => void immediately(() => number !== over && descriptions.tellValue(number, open(value))),
  describe: (number, error) =>
    void immediately(() => number !== over && descriptions.tellFailure(error, { __proto__: null, number, begun })),
  /** Before an end of what runs; where nothing does, the end has something to hit. */
  poke: () => {
    over = next;
    abandon();
    immediately(() => {});
  },
  settle: (number, asked) =>
    void immediately(() => {
      const code = self.exitCode === undefined ? 0 : +self.exitCode & 0xff;
      tell({ __proto__: null, kind: "settled", number, asked, code, pending: pending() });
    }),
});

const name = `sluice_${randomBytes(6).toString("hex")}`;
hidden(globalThis, name, harness);
const worker = new Worker(`${__dirname}/control.cjs`, {
  workerData: { port: port2, name, inward: 203, outward: 204 },
  transferList: [port2],
  env: SHARE_ENV,
  argv: [],
});
// The session is over when what controls it is.
worker.on("exit", () => self.reallyExit(1));
subscribe("worker_threads", (made) => {
  threads = { __proto__: null, worker: made.worker, older: threads };
});
port1.unref();
process.argv.length = 1;
for (const file of Object.keys(require.cache)) delete require.cache[file];
