"use strict";
// The control loop of the interpreter, in a thread of its own: frames of process 1 on two descriptors, and the inspector
// of the thread in which code runs. Nothing that code declares, patches or replaces is used here.
const { Session } = require("node:inspector/promises");
const net = require("node:net");
const { workerData } = require("node:worker_threads");
const { asWritten, complain, fail, send } = require("./reports.cjs");
const { Source } = require("./source.cjs");

const { port, name, inward } = workerData;
/** Milliseconds that a value may take to say what it is. */
const DESCRIBING = 5000;
/** Milliseconds for which a cell waits for what it started and does not await. */
const LINGERING = 1000;
const LOOK = 15;
/** Milliseconds in which a signal that is still on its way arrives; it must not hit the next cell. */
const SETTLING = 15;

const session = new Session();
const sources = new Source(name);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const INTERRUPTED = { code: 130, interrupted: true, terminate: true, note: "Interrupted" };

const post = (method, parameters) => session.post(method, parameters).catch(() => ({}));
let harness;

/** Calls a function of the harness; the name of nothing is looked up. */
async function call(body, ...values) {
  const { result } = await post("Runtime.callFunctionOn", {
    objectId: harness,
    functionDeclaration: `function (first, second) { return this.${body} }`,
    arguments: values,
    returnByValue: true,
  });
  return result?.value;
}

/** Ends what runs, uncatchably. Where nothing runs, the poke is what ends. */
function terminate() {
  void call("poke()");
  return Promise.race([post("Runtime.terminateExecution"), sleep(1000)]);
}

/** What may end a cell comes by `end`, again and again. */
class Cell {
  constructor(number) {
    this.number = number;
    this.before = [];
    this.asked = 0;
    this.renew();
  }

  renew() {
    this.next = new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

/** The cell that runs now. */
let running = null;
/** What is to be said when the next cell begins. */
const late = [];
let timer;

/** The token goes back with the end: who does not know it ends nothing. */
async function run([digits, token], given) {
  const number = Number(digits);
  for (const note of late.splice(0)) complain(note);
  const cell = new Cell(number);
  running = cell;
  void begin(cell, given);
  let end = await cell.next;
  cell.over = true;
  for (;;) {
    clearTimeout(timer);
    cell.renew();
    if (end.terminate) await terminate();
    if (end.note) complain(end.note);
    const more = end.interrupted ? await sleep(SETTLING) : await linger(cell, end);
    if (more === undefined) break;
    end = more;
  }
  running = null;
  send("d", `${end.code} ${end.interrupted ? 1 : 0} ${token}`);
  // What was printed is kept for nobody.
  void post("Runtime.discardConsoleEntries");
}

async function begin(cell, given) {
  const { number } = cell;
  const expression = sources.rewrite(given, number);
  for (const name of sources.taken) {
    const { exceptionDetails } = await post("Runtime.evaluate", { expression: `typeof ${name}` });
    if (exceptionDetails) await post("Runtime.evaluate", { expression: `let ${name}`, replMode: true });
  }
  if (!goesOn(number)) return;
  // Said all at once, and done in this order: each answer that is waited for costs both threads a turn.
  const prepared = call("prepare(first)", { value: number });
  // Compiled now, and run when its gate opens.
  const evaluated = post("Runtime.evaluate", { expression, replMode: true });
  void call("start()");
  cell.before = (await prepared) ?? [];
  const { result, exceptionDetails } = await evaluated;
  // Without a result it was ended, or awaits what nobody can settle any more.
  if (!goesOn(number) || result === undefined) return;
  if (exceptionDetails === undefined) {
    if (result.type === "undefined") return cell.end({ code: 0 });
    return call("show(first, second)", { value: number }, argumentOf(result));
  }
  cell.place = (told) => placeOf(exceptionDetails, told, given, number);
  void call("describe(first, second)", { value: number }, argumentOf(exceptionDetails.exception));
}

/** Where V8 could not compile. What it says of an `import` is about scripts, which a cell is not to its writer. */
function placeOf({ lineNumber, columnNumber }, told, given, number) {
  const ours = sources.refuse();
  told.shown = `${told.name}: ${told.message}`;
  const lines = given.split("\n");
  // The line after the last is ours.
  if (lineNumber >= lines.length) return { given, number, line: lines.length - 1, column: lines.at(-1).length };
  if (ours === undefined || !/import|export/.test(told.message)) {
    return { given, number, line: lineNumber, column: sources.column(number, lineNumber + 1, columnNumber) };
  }
  Object.assign(told, { message: ours.message, shown: `SyntaxError: ${ours.message}` });
  return { given, number, line: ours.lineNumber, column: ours.columnNumber };
}

/** Of these, a result has what it is known by. */
const argumentOf = ({ objectId, unserializableValue, value }) => ({ objectId, unserializableValue, value });

/** Waits for what the cell started and does not await, for a moment. Returns another end, if there is one. */
async function linger(cell, end) {
  const until = performance.now() + LINGERING;
  for (;;) {
    cell.asked += 1;
    void call("settle(first, second)", { value: cell.number }, { value: cell.asked });
    const answer = await cell.next;
    cell.renew();
    if (!answer.settled) return answer;
    if (end.code === 0 && !end.exits) end.code = answer.code;
    if (end.code !== 0 || end.exits || performance.now() > until || !grown(cell.before, answer.pending)) return;
    await sleep(LOOK);
  }
}

/** Whether something goes on that did not before. */
function grown(before, now) {
  const left = [...before];
  return now.some((kind) => {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const goesOn = (number) => running?.number === number && !running.over;

const told = {
  describing({ number }) {
    timer = setTimeout(() => {
      const note = `The description of a value took longer than ${DESCRIBING / 1000} s and was ended.`;
      running?.end({ code: number === undefined ? 1 : 0, terminate: true, note });
    }, DESCRIBING);
  },
  settled({ number, asked, code: set, pending }) {
    if (running?.number === number && running.asked === asked) running.end({ settled: true, code: set, pending });
  },
  interrupt() {
    running?.end(INTERRUPTED);
  },
  exit({ code: given }) {
    if (running) return running.end({ code: given, terminate: true, exits: true });
    late.push(`What an earlier cell left running called process.exit(${given}). The session goes on.`);
    return terminate();
  },
  /** With a number it ended that cell; without one it came by itself, of what its maker left. */
  uncaught(message) {
    const { number, maker, shown } = message;
    if (number === undefined ? running && (maker ?? running.number) === running.number : goesOn(number)) {
      fail(message, sources, message.begun === false && running.place(message));
      return running.end({ code: 1 });
    }
    if (number !== undefined) return;
    const note = `What an earlier cell left running failed. Uncaught ${asWritten(shown, sources)}`;
    return running ? complain(note) : late.push(note);
  },
  value({ number, shown, note }) {
    if (!goesOn(number)) return;
    if (shown !== undefined) send("r", JSON.stringify({ data: { "text/plain": asWritten(shown, sources) } }));
    if (note) complain(note);
    running.end({ code: 0 });
  },
};

port.on("message", (message) => {
  clearTimeout(timer);
  told[message.kind](message);
});

/** Variables for the cells to come: the environment is the process's, whatever a cell has made of `process.env`. */
function give(variables) {
  for (const each of variables.split("\0")) {
    const at = each.indexOf("=");
    process.env[each.slice(0, at)] = each.slice(at + 1);
  }
}

/** Does once what a first cell would be the first to do. */
async function warm() {
  new Source(name).rewrite("const one = 1; let { two } = { two: [one] };", 0);
  running = new Cell(0);
  void begin(running, "new console.Console(new stream.PassThrough()).log('%o', {})");
  await linger(running, await running.next);
  running = null;
}

async function serve() {
  session.connectToMainThread();
  const { result } = await post("Runtime.evaluate", { expression: `globalThis["${name}"]` });
  harness = result.objectId;
  await call("seal(first)", { value: name });
  await warm();
  send("b", "");
  let received = Buffer.alloc(0);
  const link = new net.Socket({ fd: inward, readable: true, writable: false });
  link.on("end", () => process.kill(process.pid, "SIGKILL"));
  link.on("data", (data) => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    while (received.length >= 5) {
      const length = received.readUInt32BE(0);
      if (received.length < 5 + length) return;
      const kind = String.fromCharCode(received[4]);
      const payload = received.toString("utf8", 5, 5 + length);
      received = received.subarray(5 + length);
      if (kind === "v") give(payload);
      const at = payload.indexOf("\n");
      if (kind === "c") void run(payload.slice(0, at).split(" "), payload.slice(at + 1));
      else if (kind === "x" && running?.number === Number(payload)) running.end(INTERRUPTED);
    }
  });
}

void serve();
