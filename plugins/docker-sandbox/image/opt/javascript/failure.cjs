"use strict";
// Errors as Node prints them, without the frames of the interpreter around the code.
const path = require("node:path");
const util = require("node:util");

const OURS = [__dirname + path.sep, "node:inspector", "node:vm", "at sluice:", "node:internal/process/task_queues"];

function describe(error, name) {
  if (!(error instanceof Error)) {
    const shown = util.inspect(error);
    return { text: `Uncaught ${shown}`, name: "Error", message: shown.slice(0, 4000) };
  }
  const lines = String(error.stack ?? error).split("\n");
  const kept = lines.filter((line) => !/^\s+at /.test(line) || !OURS.some((ours) => line.includes(ours)));
  const frames = kept.filter((line) => !/^\s+at (new Promise|new Script|Session\.post)/.test(line));
  const place = /(?:cell-\d+|program)\.js:(\d+)/.exec(String(error.stack));
  const line = error.sluiceLine ?? (place ? Number(place[1]) : undefined);
  const where = error.sluiceLine ? [`    at ${name}:${error.sluiceLine}`] : [];
  const cause = error.cause === undefined ? [] : [`  [cause]: ${util.inspect(error.cause)}`];
  return {
    text: [`Uncaught ${frames[0]}`, ...frames.slice(1), ...where, ...cause].join("\n"),
    name: String(error.name),
    message: String(error.message).slice(0, 4000),
    ...(line === undefined ? {} : { line }),
  };
}

module.exports = { describe };
