"use strict";
const { writeSync } = require("node:fs");

const { wait } = Atomics;
const lock = new Int32Array(new SharedArrayBuffer(4));

/** To a descriptor that may not block: it is there, or in the pipe, when this returns. */
function writeAll(fd, data) {
  for (let at = 0; at < data.length; ) {
    try {
      at += writeSync(fd, data, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      wait(lock, 0, 0, 1);
    }
  }
}

module.exports = { writeAll };
