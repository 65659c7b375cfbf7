"use strict";
// The names that a cell finds: those of a script in the workspace, and every module by its name, as in Node's console.
// One more is for rewritten code, and no code can guess it.
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL, URL } = require("node:url");

const { freeze } = Object;
const { defineProperty } = Reflect;
const ErrorOfSyntax = SyntaxError;
const ErrorOfType = TypeError;

/** A value that stays where it is. */
class Last {
  #value;

  constructor(value) {
    this.#value = value;
  }

  static open(one) {
    return typeof one === "object" && one !== null && #value in one ? one.#value : one;
  }
}

/** Of the workspace, whatever stands in it. */
const SCRIPT = `Object.assign(globalThis, { exports, require, module, __filename, __dirname });
module.exports = (what, how) => import(what, how);`;

/** One that is loaded when the name is first read. */
function nameModule(name) {
  if (/^_|[/:]/.test(name) || Object.hasOwn(globalThis, name)) return;
  const own = { __proto__: null, configurable: true, enumerable: false };
  const put = (value) => defineProperty(globalThis, name, { ...own, enumerable: true, value, writable: true });
  const get = () => {
    const loaded = require(name);
    defineProperty(globalThis, name, { ...own, get: () => loaded, set: put });
    return loaded;
  };
  defineProperty(globalThis, name, { ...own, get, set: put });
}

class Names {
  /** `import`, from the workspace. */
  #load;

  install(name, gate) {
    const dirname = process.cwd();
    const filename = path.join(dirname, "cell.js");
    const module = Object.assign(new Module("."), { filename, path: dirname, paths: Module._nodeModulePaths(dirname) });
    process.mainModule = module;
    module._compile(SCRIPT, filename);
    this.#load = module.exports;
    module.exports = globalThis.exports;
    for (const each of Module.builtinModules) nameModule(each);
    const { require } = globalThis;
    const url = pathToFileURL(filename).href;
    const resolve = (specifier) => {
      if (Module.isBuiltin(specifier)) return `node:${specifier.replace("node:", "")}`;
      if (/^\.{0,2}\//.test(specifier) || URL.canParse(specifier)) return new URL(specifier, url).href;
      return pathToFileURL(require.resolve(specifier)).href;
    };
    const value = freeze({
      __proto__: null,
      gate,
      /** What stands for a constant where a cell assigns to it. */
      held: (own) => ({
        __proto__: null,
        get constant() {
          return own;
        },
        set constant(_) {
          throw new ErrorOfType("Assignment to constant variable.");
        },
      }),
      last: (own) => (own === undefined ? undefined : new Last(own)),
      import: this.#load,
      static: this.#importNames.bind(this),
      meta: { __proto__: null, dirname, filename, main: true, resolve, url },
    });
    defineProperty(globalThis, name, { __proto__: null, value, writable: false, configurable: false });
  }

  /** A static import: its names have to be there. */
  async #importNames(specifier, wanted, options) {
    const module = await this.#load(specifier, options);
    for (let at = 0; at < wanted.length; at += 1) {
      if (!(wanted[at] in module)) {
        throw new ErrorOfSyntax(`The requested module '${specifier}' does not provide an export named '${wanted[at]}'`);
      }
    }
    return module;
  }

  /** The last value, as long as code has no `_` of its own. */
  remember(value) {
    this.last = value;
    if (this.remembers) return;
    this.remembers = true;
    if ("_" in globalThis) return;
    const set = (own) =>
      defineProperty(globalThis, "_", { __proto__: null, value: own, writable: true, configurable: true });
    defineProperty(globalThis, "_", { __proto__: null, get: () => this.last, set, configurable: true });
  }
}

module.exports = { Last, Names };
