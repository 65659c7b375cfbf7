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

/** Every module by its name, loaded when that is first read. */
function nameModules() {
  for (const name of Module.builtinModules) {
    if (/^_|[/:]/.test(name) || Object.hasOwn(globalThis, name)) continue;
    const own = { __proto__: null, configurable: true, enumerable: false };
    const set = (value) => defineProperty(globalThis, name, { ...own, value, writable: true });
    defineProperty(globalThis, name, { ...own, get: () => require(name), set });
  }
}

class Names {
  /** `import`, from the workspace. */
  #load;
  #file;
  #linked;
  #meta;

  install(name, gate) {
    const dirname = process.cwd();
    const filename = path.join(dirname, "cell.js");
    const module = Object.assign(new Module("."), { filename, path: dirname, paths: Module._nodeModulePaths(dirname) });
    process.mainModule = module;
    module._compile(SCRIPT, filename);
    this.#load = module.exports;
    module.exports = globalThis.exports;
    nameModules();
    this.#file = filename;
    const names = this;
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
      link: (source, number) => this.#link(source, number),
      get linked() {
        return names.#linked;
      },
      get meta() {
        return names.#meta;
      },
    });
    defineProperty(globalThis, name, { __proto__: null, value, writable: false, configurable: false });
  }

  /** Has Node link what a cell imports, all of it before any of it runs. */
  async #link(source, number) {
    const own = pathToFileURL(this.#file).href;
    this.#linked = await (registerHooks ? this.#loadText : this.#loadFile).call(
      this,
      source,
      `${own}?cell-${number}.js`,
    );
    this.#meta ??= { __proto__: null, ...this.#linked.default, main: true, url: own };
  }

  /** The module has no file. */
  #loadText(source, url) {
    const hooks = registerHooks({
      resolve: (given, context, next) => (given === url ? { url, shortCircuit: true } : next(given, context)),
      load: (given, context, next) => {
        if (given !== url) return next(given, context);
        hooks.deregister();
        return { format: "module", source, shortCircuit: true };
      },
    });
    return this.#load(url);
  }

  /** In a Node older than 22.15. */
  #loadFile(source, url) {
    const file = this.#file.replace("cell.js", `.cell-${process.pid}.mjs`);
    writeFileSync(file, source);
    return this.#load(url.replace(/cell\.js/, path.basename(file))).finally(() => unlinkSync(file));
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
