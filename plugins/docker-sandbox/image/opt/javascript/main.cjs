"use strict";
// A JavaScript interpreter of a sandbox. Descriptors 3 and 4 lead to process 1.
const fs = require("node:fs");
const net = require("node:net");
const vm = require("node:vm");
const { createEvaluator } = require("./evaluator.cjs");
const { describe } = require("./failure.cjs");

const inspect = (value) => require("node:util").inspect(value);
const exit = process.exit.bind(process);
const link = new net.Socket({ fd: 3, readable: true, writable: false });
let received = Buffer.alloc(0);
/** Milliseconds. */
const SETTLING = 15;
/** Ends the cell that runs now; null between cells. */
let settle = null;
let failed = false;
/** Its number. */
let running = "";
/** What is still to be told of a cell that has ended. */
let ending = null;

class CellExit extends Error {
  constructor(code) {
    super(`process.exit(${code})`);
    this.exitCode = code;
  }
}

function send(kind, payload) {
  const body = Buffer.from(payload);
  const data = Buffer.alloc(5 + body.length);
  data.writeUInt32BE(body.length);
  data[4] = kind.charCodeAt(0);
  body.copy(data, 5);
  writeAll(4, data);
}

function writeAll(fd, data) {
  for (let at = 0; at < data.length; ) {
    try {
      at += fs.writeSync(fd, data, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

function report(error, name) {
  const { text, ...told } = describe(error, name);
  process.stderr.write(`${text}\n`);
  send("e", JSON.stringify(told));
}

function show(value) {
  if (value === undefined) return;
  send("r", JSON.stringify({ data: { "text/plain": inspect(value) } }));
}

const codeOf = (code) => Number(code ?? process.exitCode ?? 0) & 0xff;

/**
 * Tells the end of a cell. Ending a busy loop terminates whatever JavaScript runs at that instant, which may be this; so
 * the end is kept until it has been told, and process 1 repeats its signal until it has.
 */
function finish() {
  if (ending === null) return;
  if (ending.note) {
    const { note } = ending;
    ending.note = "";
    process.stderr.write(note);
  }
  send("d", ending.payload);
  ending = null;
}

function absorb() {
  try {
    vm.runInThisContext("0", { breakOnSigint: true });
  } catch {}
  finish();
}

async function cell(evaluate, source, number, token) {
  process.exit = (code) => {
    throw new CellExit(codeOf(code));
  };
  failed = false;
  running = number;
  const name = `cell-${number}.js`;
  const stopped = new Promise((resolve) => {
    settle = resolve;
  });
  let end;
  try {
    end = await Promise.race([stopped, evaluate(source, name, true).then((value) => ({ value }))]);
  } catch (error) {
    end = { error };
  }
  settle = null;
  if (end.error instanceof CellExit) end = { code: end.error.exitCode };
  if (end.interrupted || end.error?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED") {
    // A signal may still be on its way; it must not hit the next cell.
    ending = { note: "Interrupted\n", payload: `130 1 ${token}` };
    setTimeout(absorb, SETTLING);
    return undefined;
  }
  if ("error" in end) report(end.error, name);
  else if ("value" in end) show(end.value);
  const code = end.code ?? (failed || "error" in end ? 1 : 0);
  ending = { note: "", payload: `${code} 0 ${token}` };
  return finish();
}

function uncaught(error) {
  if (error instanceof CellExit) settle?.({ code: error.exitCode });
  else {
    failed = true;
    report(error, "");
  }
}

process.on("SIGINT", () => {
  if (ending === null) settle?.({ interrupted: true });
  else setTimeout(absorb, SETTLING);
});
process.on("uncaughtException", uncaught);
process.on("unhandledRejection", uncaught);
process.argv.length = 1;
// Ending a busy loop in the middle of a stream's own code would leave the stream stuck.
for (const [stream, fd] of [
  [process.stdout, 1],
  [process.stderr, 2],
]) {
  stream.write = (chunk, encoding, callback) => {
    writeAll(
      fd,
      typeof chunk === "string" ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8") : chunk,
    );
    const done = typeof encoding === "function" ? encoding : callback;
    if (done) process.nextTick(done);
    return true;
  };
}

const evaluate = createEvaluator(process.cwd());
link.on("end", () => exit(0));
link.on("data", (data) => {
  received = received.length === 0 ? data : Buffer.concat([received, data]);
  while (received.length >= 5) {
    const length = received.readUInt32BE(0);
    if (received.length < 5 + length) return;
    const kind = String.fromCharCode(received[4]);
    const payload = received.toString("utf8", 5, 5 + length);
    received = received.subarray(5 + length);
    const at = payload.indexOf("\n");
    const source = payload.slice(at + 1);
    if (kind === "x" && source === running) settle?.({ interrupted: true });
    else if (kind === "c") cell(evaluate, source, ...payload.slice(0, at).split(" "));
  }
});
