"use strict";
// The names that a cell finds: those of a script in the workspace, and every module by its name, as in Node's console.
// One more is for rewritten code, and no code can guess it.
const { unlinkSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const { registerHooks } = Module;
const { freeze } = Object;
const { defineProperty } = Reflect;
const ErrorOfType = TypeError;
/** Stands for a last value, which stays where it is. */
const BOX = freeze({ __proto__: null });
/** Of the workspace, whatever stands in it. */
const SCRIPT = `Object.assign(globalThis, { exports, require, module, __filename, __dirname });
module.exports = (what, how) => import(what, how);`;

/** Gives the globals of a script that has this name, and returns its `import`. */
function becomeScript(filename) {
  const dirname = path.dirname(filename);
  const module = Object.assign(new Module("."), { filename, path: dirname, paths: Module._nodeModulePaths(dirname) });
  process.mainModule = module;
  module._compile(SCRIPT, filename);
  const load = module.exports;
  module.exports = globalThis.exports;
  for (const name of Module.builtinModules) {
    if (/^_|[/:]/.test(name) || Object.hasOwn(globalThis, name)) continue;
    const own = { __proto__: null, configurable: true, enumerable: false };
    const set = (value) => defineProperty(globalThis, name, { ...own, value, writable: true });
    defineProperty(globalThis, name, { ...own, get: () => require(name), set });
  }
  return load;
}

/** Has Node link a module of this text, which has no file. */
function loadText(load, source, url) {
  const hooks = registerHooks({
    resolve: (given, context, next) => (given === url ? { url, shortCircuit: true } : next(given, context)),
    load: (given, context, next) => {
      if (given !== url) return next(given, context);
      hooks.deregister();
      return { format: "module", source, shortCircuit: true };
    },
  });
  return load(url);
}

/** The same in a Node older than 22.15. */
function loadFile(load, source, url) {
  const file = path.resolve(`.cell-${process.pid}.mjs`);
  writeFileSync(file, source);
  return load(url.replace(/.*\?/, `${pathToFileURL(file)}?`)).finally(() => unlinkSync(file));
}

/** What stands for a constant where a cell assigns to it. */
const held = (own) => ({
  __proto__: null,
  get constant() {
    return own;
  },
  set constant(_) {
    throw new ErrorOfType("Assignment to constant variable.");
  },
});

function installNames(name, gate) {
  const filename = path.resolve("cell.js");
  const url = pathToFileURL(filename).href;
  const load = becomeScript(filename);
  let linked;
  let meta;
  let boxed;
  const value = freeze({
    __proto__: null,
    gate,
    held,
    import: load,
    last: (own) => {
      if (own === undefined) return undefined;
      boxed = own;
      return BOX;
    },
    /** All that a cell imports, before any of it runs. */
    link: async (source, number) => {
      linked = await (registerHooks ? loadText : loadFile)(load, source, `${url}?cell-${number}.js`);
      meta ??= { __proto__: null, ...linked.default, main: true, url };
    },
    get linked() {
      return linked;
    },
    get meta() {
      return meta;
    },
  });
  defineProperty(globalThis, name, { __proto__: null, value, writable: false, configurable: false });
  return (given) => (given === BOX ? boxed : given);
}

/** The last value, as long as code has no `_` of its own. */
let last;
let remembers = false;
function remember(value) {
  last = value;
  if (remembers) return;
  remembers = true;
  if ("_" in globalThis) return;
  const set = (own) =>
    defineProperty(globalThis, "_", { __proto__: null, value: own, writable: true, configurable: true });
  defineProperty(globalThis, "_", { __proto__: null, get: () => last, set, configurable: true });
}

module.exports = { installNames, remember };
