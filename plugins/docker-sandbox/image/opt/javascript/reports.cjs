"use strict";
// What the control loop tells: frames to process 1, and lines to standard error.
const { workerData } = require("node:worker_threads");
const { writeAll } = require("./writing.cjs");

function send(kind, payload) {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length);
  head[4] = kind.charCodeAt(0);
  writeAll(workerData.outward, Buffer.concat([head, body]));
}

function complain(text) {
  try {
    writeAll(2, Buffer.from(`${text}\n`));
  } catch {
    // The code has closed it.
  }
}

/** Without frames of ours, and with the columns that a cell's writer counts. */
function asWritten(text, sources) {
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*\/opt\/sluice\/javascript\//.test(line))
    .join("\n")
    .replace(/cell-(\d+)\.js:(\d+):(\d+)/g, (_, number, line, column) => {
      return `cell-${number}.js:${line}:${sources.column(Number(number), Number(line), column - 1) + 1}`;
    });
}

/** The line that V8 could not read, and the place in it. */
function pointed({ given, number, line, column }) {
  const text = given.split("\n")[line] ?? "";
  return `cell-${number}.js:${line + 1}\n${text.length > 500 ? "" : `${text}\n${" ".repeat(column)}^\n`}\n`;
}

/** Tells an error that ends a cell, as Node's console words it. */
function fail({ shown, note, name, message }, sources, place) {
  const text = asWritten(shown, sources);
  complain(`${place ? pointed(place) : ""}Uncaught ${text}${note ? `\n${note}` : ""}`);
  const line = place ? place.line + 1 : Number(/cell-\d+\.js:(\d+)/.exec(text)?.[1]);
  send("e", JSON.stringify({ name, message, ...(line > 0 ? { line } : {}) }));
}

module.exports = { asWritten, complain, fail, send };
