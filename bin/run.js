#!/usr/bin/env node
/**
 * The command `sluice`. Old syntax and no static import on purpose: an old Node must be able to read this file in order
 * to say that it is old. `--version` answers before anything else is loaded.
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
  followLauncher();
  const { existsSync } = process.getBuiltinModule("node:fs");
  const { homedir } = process.getBuiltinModule("node:os");
  const { join, resolve } = process.getBuiltinModule("node:path");
  // Not in /tmp, Node's default: whoever else can write there could plant code.
  const cache = process.env.SLUICE_HOME
    ? join(process.env.SLUICE_HOME, "cache")
    : join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sluicebox");
  // Node makes the folder as `mkdir` with `recursive` does, which never returns where the system makes none, as in /proc.
  if (!/^\/proc(\/|$)/.test(resolve(cache))) {
    process.getBuiltinModule("node:module").enableCompileCache(join(cache, "compiled"));
  }
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
      relay(modules[1], newer, args);
    })
    .catch(failed);
}

/**
 * Runs the command under another Node as if it were this process: each signal reaches it once, and it never outlives
 * us. It has a session of its own, so that a terminal's Ctrl-C comes to us alone; a channel tells it when we are gone.
 */
function relay(childProcess, node, args) {
  var env = Object.assign({}, process.env, { SLUICE_LAUNCHER: String(process.pid) });
  var child = childProcess.spawn(node, args, { stdio: ["inherit", "inherit", "inherit", "ipc"], detached: true, env });
  var passed = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGWINCH", "SIGCONT"];
  passed.forEach((name) => {
    process.on(name, () => child.kill(name));
  });
  process.on("SIGTSTP", () => {
    child.kill("SIGSTOP");
    process.kill(process.pid, "SIGSTOP");
  });
  child.on("error", failed);
  child.on("exit", (code, signal) => {
    if (!signal) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Ends with the launcher, also with one that was killed: nobody would be left to end us. */
function followLauncher() {
  var launcher = process.env.SLUICE_LAUNCHER;
  if (!launcher || !process.channel) return;
  delete process.env.SLUICE_LAUNCHER;
  if (launcher !== String(process.ppid)) process.exit(143);
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref();
}
