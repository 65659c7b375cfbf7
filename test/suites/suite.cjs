// Runs a package's own tests; what became of each is told as TAP. Files run in this process one after the other, or
// under Node's runner, each in a process of its own.
// Usage: suite.cjs PACKAGE FOLDER [--test], beside `suite.tar`, which holds the folder `node_modules`.
const { execFileSync, spawnSync } = require("node:child_process");
const { mkdirSync, readdirSync } = require("node:fs");
const path = require("node:path");

const WORK = "/tmp/suite";
mkdirSync(WORK, { recursive: true });
execFileSync("tar", ["xf", "suite.tar", "-C", WORK]);
const [name, folder, mode] = process.argv.slice(2);
process.chdir(`${WORK}/node_modules/${name}`);
const tests = readdirSync(folder, { recursive: true }).filter(
  (file) => /\.c?js$/.test(file) && !/fixture|helper/.test(file),
);
const files = tests.sort().map((file) => path.resolve(folder, file));
if (mode === "--test") spawnSync(process.execPath, [mode, "--test-reporter=tap", ...files], { stdio: "inherit" });
else for (const file of files) require(file);
