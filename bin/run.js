#!/usr/bin/env node
/**
 * The command `sluice`. Old syntax and no static import on purpose: an old Node must be able to read this file in order
 * to say that it is old, and `--version` answers before anything else is loaded.
 */
var wanted = 24;
var here = new URL(".", import.meta.url);

if (Number(process.versions.node.split(".")[0]) < wanted) older();
else if (process.argv[2] === "--version" || process.argv[2] === "-v") version();
else start();

function failed(error) {
  console.error(error);
  process.exit(70);
}

function version() {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const { version } = JSON.parse(readFileSync(new URL("../package.json", here), "utf8"));
  process.stdout.write(`sluicebox ${version}\n`);
}

function start() {
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { homedir } = process.getBuiltinModule("node:os");
  const { join } = process.getBuiltinModule("node:path");
  // Not in /tmp, Node's default: whoever else can write there could plant code.
  const cache = process.env.SLUICE_HOME
    ? join(process.env.SLUICE_HOME, "cache")
    : join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sluicebox");
  process.getBuiltinModule("node:module").enableCompileCache(join(cache, "compiled"));
  const built = new URL("../dist/bin/main.js", here);
  if (!existsSync(built)) return import("./dev.js").catch(failed);
  return import(built.href).then((module) => module.main(process.argv.slice(2))).catch(failed);
}

/** Goes on with the Node that `npm ci` brought along, where it did; else says what is missing. */
function older() {
  Promise.all([import("node:fs"), import("node:child_process"), import("node:url")])
    .then((modules) => {
      var newer = modules[2].fileURLToPath(new URL("../node_modules/node/bin/node", here));
      if (!modules[0].existsSync(newer)) {
        process.stderr.write(
          "error[SLUICE_NODE_TOO_OLD]: this is Node " +
            process.versions.node +
            " and sluice needs Node " +
            wanted +
            " or newer\n  = install it from https://nodejs.org, or run `npm install -g node@" +
            wanted +
            "`\n",
        );
        process.exit(69);
      }
      var args = [modules[2].fileURLToPath(import.meta.url)].concat(process.argv.slice(2));
      var child = modules[1].spawn(newer, args, { stdio: "inherit" });
      // A terminal sends Ctrl-C to both; this one only waits for the other's end.
      process.on("SIGINT", () => {});
      process.on("SIGTERM", () => {
        child.kill("SIGTERM");
      });
      child.on("exit", (code, signal) => {
        if (signal) process.kill(process.pid, signal);
        else process.exit(code);
      });
    })
    .catch(failed);
}
