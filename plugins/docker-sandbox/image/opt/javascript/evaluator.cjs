"use strict";
// Evaluates code as a console would: top-level await, `let` and `const` declared again, the last value given back.
const inspector = require("node:inspector");
const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const vm = require("node:vm");
const { rewriteImports } = require("./imports.cjs");

const GO = Symbol.for("sluice.go");
const GOT = Symbol.for("sluice.got");

function hidden(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** `import()` as a module in the workspace would see it: the inspector's code has none of its own. */
function importer(folder, require) {
  return async (specifier) => {
    const name = String(specifier);
    if (/^\.{0,2}\//.test(name)) return import(pathToFileURL(path.resolve(folder, name)).href);
    if (/^[a-z]+:/.test(name)) return import(name);
    let found = name;
    try {
      found = require.resolve(name);
    } catch {}
    return import(path.isAbsolute(found) ? pathToFileURL(found).href : found);
  };
}

function createEvaluator(folder) {
  const session = new inspector.Session();
  session.connect();
  const require = createRequire(`${folder}/`);
  const module = { exports: {}, id: ".", filename: `${folder}/program.js`, loaded: false, children: [], paths: [] };
  require.main = module;
  hidden("require", require);
  hidden("module", module);
  hidden("exports", module.exports);
  hidden("__dirname", folder);
  hidden("__filename", module.filename);
  hidden("__sluiceImport", importer(folder, require));
  hidden("__sluiceMeta", { url: pathToFileURL(module.filename).href, dirname: folder, filename: module.filename });
  const interruptible = new vm.Script(`globalThis[Symbol.for("sluice.go")]()`, { filename: "sluice" });

  /** The JavaScript value behind the inspector's description of it. */
  function valueBehind(remote) {
    if (remote.objectId === undefined) {
      if (remote.unserializableValue !== undefined) return vm.runInThisContext(`(${remote.unserializableValue})`);
      return remote.type === "undefined" ? undefined : remote.value;
    }
    let value;
    hidden(GOT, (got) => {
      value = got;
    });
    const functionDeclaration = `function () { "use strict"; globalThis[Symbol.for("sluice.got")](this) }`;
    session.post("Runtime.callFunctionOn", { objectId: remote.objectId, functionDeclaration });
    delete globalThis[GOT];
    session.post("Runtime.releaseObject", { objectId: remote.objectId });
    return value;
  }

  return (code, name, interrupts) =>
    new Promise((resolve, reject) => {
      const source = code.replace(/^\uFEFF/, "").replace(/^#!.*/, "");
      const expression = `${rewriteImports(source)}\n//# sourceURL=${name}`;
      hidden(GO, () =>
        session.post("Runtime.evaluate", { expression, replMode: true, awaitPromise: true }, (error, answer) => {
          if (error) return reject(error);
          const { result, exceptionDetails } = answer;
          if (exceptionDetails === undefined) return resolve(valueBehind(result));
          const thrown = exceptionDetails.exception ? valueBehind(exceptionDetails.exception) : exceptionDetails.text;
          if (thrown instanceof SyntaxError && exceptionDetails.stackTrace === undefined) {
            thrown.sluiceLine = exceptionDetails.lineNumber + 1;
          }
          return reject(thrown);
        }),
      );
      try {
        interruptible.runInThisContext({ breakOnSigint: interrupts });
      } catch (error) {
        reject(error);
      }
    });
}

module.exports = { createEvaluator };
