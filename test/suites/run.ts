// Runs packages' own test suites outside and inside, and compares what became of each test.
// Usage: node test/suites/run.ts [SUITE ...]
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { recipeOf } from "../../plugins/docker-sandbox/image-build/recipe.ts";
import { defaults } from "../docker/sandbox-kit.ts";
import { fetchSuite } from "./fetch.ts";
import { SUITES, type Suite } from "./suites.ts";

const here = import.meta.dirname;
const root = path.join(here, "../..");
const sluice = path.join(root, "bin/run.js");
const work = mkdtempSync(path.join(tmpdir(), "suites-"));
const env = { ...process.env, SLUICE_HOME: path.join(work, "home") };
const drivers = { python: "suite.py", javascript: "suite.cjs" } as const;
/** A suite may take longer than the default profile gives to a run. */
const profile = path.join(here, "suites.yaml");

/** What became of each test, by its name. */
type Outcomes = ReadonlyMap<string, string>;

function start(command: string, args: readonly string[], cwd: string): ChildProcess {
  return spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
}

async function outputOf(child: ChildProcess): Promise<string> {
  let [out, error] = ["", ""];
  child.stdout?.on("data", (data) => {
    out += data;
  });
  child.stderr?.on("data", (data) => {
    error += data;
  });
  await new Promise((resolve) => child.on("close", resolve));
  return `${out}\n${error}`;
}

function argsOf(name: string, suite: Suite): readonly string[] {
  return suite.language === "python" ? suite.args : [name, ...suite.args];
}

/** The image's own interpreter, without the sandbox. */
function outside(name: string, suite: Suite, folder: string): ChildProcess {
  const binary = { python: "python3", javascript: "node" }[suite.language];
  const options = ["--rm", "--network=none", "--user=1000:1000", "--read-only", "--memory=1g", "--pids-limit=100"];
  const folders = ["--tmpfs=/tmp:exec,uid=1000,gid=1000", "--tmpfs=/workspace:exec,uid=1000,gid=1000"];
  const files = [`--volume=${folder}:/given:ro`, "--env=HOME=/workspace"];
  const command = `cp /given/suite.tar /given/${drivers[suite.language]} . && exec ${binary} ${drivers[suite.language]} "$@"`;
  const image = recipeOf(defaults).tag;
  return start(
    "docker",
    ["run", ...options, ...folders, ...files, image, "bash", "-c", command, "suite", ...argsOf(name, suite)],
    folder,
  );
}

/** A program of its own. */
function asProgram(name: string, suite: Suite, folder: string): ChildProcess {
  const driver = drivers[suite.language];
  const options = ["-p", profile, "--put", "suite.tar"];
  return start(process.execPath, [sluice, "run", driver, ...options, "--", ...argsOf(name, suite)], folder);
}

/** A cell of a session, in the interpreter that keeps the session's state. */
function asCell(name: string, suite: Suite, folder: string): ChildProcess {
  const driver = drivers[suite.language];
  const args = argsOf(name, suite);
  const code =
    suite.language === "python"
      ? `${suite.apart ? "!python3" : "%run"} ${driver} ${args.join(" ")}`
      : `process.argv.push("${driver}", ${args.map((arg) => JSON.stringify(arg)).join(", ")}); require("./${driver}")`;
  const options = ["-l", suite.language, "--session", name, "--put", "suite.tar", "--put", driver];
  return start(process.execPath, [sluice, "run", "-e", code, ...options], folder);
}

/** From pytest by way of `suite.py`, or from TAP. */
function read(output: string): Outcomes {
  const told = /^outcomes: (.*)$/m.exec(output)?.[1];
  if (told !== undefined) return new Map(Object.entries(JSON.parse(told)));
  const found = new Map<string, string>();
  for (const [, not, text = ""] of output.matchAll(/^ *(not )?ok \d+ ?-? ?(.*)$/gm)) {
    let [name, count] = [text, 1];
    while (found.has(name)) {
      count += 1;
      name = `${text} (${count})`;
    }
    found.set(name, not === undefined ? "passed" : "failed");
  }
  return found;
}

function summed(outcomes: Outcomes): string {
  const counts = new Map<string, number>();
  for (const outcome of outcomes.values()) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ") || "nothing ran";
}

async function compare(name: string, suite: Suite): Promise<boolean> {
  const folder = path.join(work, name);
  fetchSuite(suite, folder);
  copyFileSync(path.join(here, drivers[suite.language]), path.join(folder, drivers[suite.language]));
  const expected = read(await outputOf(outside(name, suite, folder)));
  console.log(`${name}: outside ${summed(expected)}`);
  let same = expected.size > 0;
  for (const [way, run] of [
    ["as a program", asProgram],
    ["as a cell", asCell],
  ] as const) {
    const output = await outputOf(run(name, suite, folder));
    const outcomes = read(output);
    console.log(`${name}: ${way} ${summed(outcomes)}`);
    const names = new Set([...expected.keys(), ...outcomes.keys()]);
    const differing = [...names].filter((test) => expected.get(test) !== outcomes.get(test));
    for (const test of differing.slice(0, 20))
      console.log(`  ${test}: outside ${expected.get(test) ?? "not run"}, inside ${outcomes.get(test) ?? "not run"}`);
    if (differing.length > 20) console.log(`  and ${differing.length - 20} more`);
    if (differing.length > 0) same = false;
    if (outcomes.size === 0) console.log(output.slice(-3000));
  }
  return same;
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in SUITES));
  if (unknown.length > 0)
    throw new Error(`no suite is called ${unknown.join(", ")}; there are ${Object.keys(SUITES).join(", ")}`);
  execFileSync(process.execPath, [sluice, "sandbox", "build", "-p", profile], { env, stdio: "ignore" });
  const host = spawn(process.execPath, [sluice, "up", "-p", profile, "--json"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    host.stdout?.on("data", (data) => String(data).includes("host-ready") && resolve());
    host.on("exit", (code) => reject(new Error(`sluice up ended with ${code}`)));
  });
  try {
    let same = true;
    for (const [name, suite] of Object.entries(SUITES)) {
      if (names.length === 0 || names.includes(name)) same = (await compare(name, suite)) && same;
    }
    console.log(same ? "the same inside as outside" : "inside differs from outside");
    if (!same) process.exitCode = 1;
  } finally {
    host.removeAllListeners("exit");
    host.kill("SIGTERM");
    await new Promise((resolve) => host.on("close", resolve));
    rmSync(work, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
