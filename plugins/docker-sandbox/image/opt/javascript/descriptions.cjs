"use strict";
// Values and errors in words. What a value says of itself is code: it may throw, never end, or say too much.
const util = require("node:util");
const { remember } = require("./names.cjs");

const { apply } = Reflect;
const { inspect } = util;
const { isNativeError } = util.types;
const { slice } = String.prototype;
const text = String;

/** Characters of one description. */
const LONGEST = 1024 * 1024;
const PLAIN = { __proto__: null, customInspect: false, showProxy: true };

class Descriptions {
  #tell;

  constructor(tell) {
    this.#tell = tell;
  }

  tellValue(number, value) {
    this.#tell({ __proto__: null, kind: "describing", number });
    remember(value);
    this.#tell({ __proto__: null, kind: "value", number, ...this.#shown(value) });
  }

  /** `of` says of which cell it is. */
  tellFailure(error, of) {
    this.#tell({ __proto__: null, kind: "describing" });
    const { shown, note } = this.#shown(error);
    const [name, message] = wordsOf(error) ?? ["Error", shown];
    const words = { __proto__: null, name: bounded(name, 200), message: bounded(message, 4000) };
    this.#tell({ __proto__: null, kind: "uncaught", ...of, shown, note, ...words });
  }

  #shown(value) {
    try {
      return { __proto__: null, shown: bounded(inspect(value, { __proto__: null, showProxy: true }), LONGEST) };
    } catch (error) {
      return { __proto__: null, shown: plainly(value), note: `Its own description failed: ${inBrief(error)}` };
    }
  }
}

function plainly(value) {
  try {
    return bounded(inspect(value, PLAIN), LONGEST);
  } catch {
    return "a value that cannot be shown";
  }
}

function inBrief(error) {
  const [name, message] = wordsOf(error) ?? [];
  return bounded(name === undefined ? plainly(error) : `${name}: ${message}`, 1000);
}

/** Its name and its message; nothing of what is no error, or does not tell them. */
function wordsOf(error) {
  try {
    return isNativeError(error) ? [text(error.name), text(error.message)] : undefined;
  } catch {
    return undefined;
  }
}

function bounded(whole, most) {
  if (whole.length <= most) return whole;
  return `${apply(slice, whole, [0, most])}… ${whole.length - most} more characters`;
}

module.exports = { Descriptions };
