"use strict";
// The names that a cell finds: those of Node's own console, and one that rewritten code uses and no code can guess.
const { Module, createRequire, builtinModules } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const { defineProperty, freeze } = Object;
const ErrorOfSyntax = SyntaxError;

class Names {
  #folder;
  #import;

  constructor(folder) {
    this.#folder = folder;
    // Compiled as a file of the workspace, which is where its specifiers start from.
    const module = new Module(path.join(folder, "cell.js"));
    module.filename = module.id;
    module.paths = Module._nodeModulePaths(folder);
    module._compile("module.exports = (specifier, options) => import(specifier, options)", module.filename);
    this.#import = module.exports;
  }

  install(name, gate, last, done) {
    const filename = path.join(this.#folder, "cell.js");
    const require = createRequire(filename);
    const module = { exports: {}, id: ".", filename, loaded: false, children: [], paths: [] };
    require.main = module;
    const define = (key, value) =>
      defineProperty(globalThis, key, { __proto__: null, value, writable: true, configurable: true });
    define("require", require);
    define("module", module);
    define("exports", module.exports);
    define("__dirname", this.#folder);
    define("__filename", filename);
    for (const builtin of builtinModules) if (!/^_|[/]/.test(builtin)) this.#builtin(builtin, require);
    const url = pathToFileURL(filename).href;
    const resolve = (specifier) => pathToFileURL(require.resolve(specifier)).href;
    const value = freeze({
      __proto__: null,
      gate,
      last,
      done,
      import: this.#import,
      static: this.#importNames.bind(this),
      meta: { __proto__: null, dirname: this.#folder, filename, main: true, resolve, url },
    });
    defineProperty(globalThis, name, { __proto__: null, value, writable: false, configurable: false });
  }

  /** A static import: its names have to be there. */
  async #importNames(specifier, wanted, options) {
    const module = await this.#import(specifier, options);
    for (let at = 0; at < wanted.length; at += 1) {
      if (!(wanted[at] in module)) {
        throw new ErrorOfSyntax(`The requested module '${specifier}' does not provide an export named '${wanted[at]}'`);
      }
    }
    return module;
  }

  /** Loaded at first use, and given up where the code assigns. */
  #builtin(name, require) {
    if (name in globalThis) return;
    this.#lazy(name, () => require(name));
  }

  #lazy(name, get) {
    const set = (value) =>
      defineProperty(globalThis, name, {
        __proto__: null,
        value,
        writable: true,
        configurable: true,
        enumerable: true,
      });
    defineProperty(globalThis, name, { __proto__: null, get, set, configurable: true, enumerable: false });
  }

  /** The last value, as long as code has no `_` of its own. */
  remember(value) {
    this.last = value;
    if (this.remembers) return;
    this.remembers = true;
    if (!("_" in globalThis)) this.#lazy("_", () => this.last);
  }
}

module.exports = { Names };
