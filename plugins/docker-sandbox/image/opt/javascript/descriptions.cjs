"use strict";
// Values and errors in words. What a value says of itself is code: it may throw, never end, or say too much.
const util = require("node:util");

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

  tellValue(number, value, names) {
    this.#tell({ __proto__: null, kind: "describing", number });
    names.remember(value);
    this.#tell({ __proto__: null, kind: "value", number, ...this.#shown(value) });
  }

  /** `of` says of which cell it is. */
  tellFailure(error, of) {
    this.#tell({ __proto__: null, kind: "describing" });
    const { shown, note } = this.#shown(error);
    const message = {
      __proto__: null,
      kind: "uncaught",
      ...of,
      shown,
      note,
      name: "Error",
      message: bounded(shown, 4000),
    };
    try {
      if (isNativeError(error)) {
        message.name = bounded(text(error.name), 200);
        message.message = bounded(text(error.message), 4000);
      }
    } catch {}
    this.#tell(message);
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
  try {
    return bounded(isNativeError(error) ? `${error.name}: ${error.message}` : plainly(error), 1000);
  } catch {
    return "and cannot be shown either";
  }
}

function bounded(whole, most) {
  if (whole.length <= most) return whole;
  return `${apply(slice, whole, [0, most])}… ${whole.length - most} more characters`;
}

module.exports = { Descriptions };
