import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { cutText, isJsonObject, parseJson, waitFor } from "../../core/kit/index.ts";
import { type Mark, problem } from "./finding.ts";
import { grade } from "./grade.ts";

/** Where marks are told: a plugin may print what it likes on the usual two. */
const channel = 3;
/** Milliseconds without a mark after which it hangs: the longest step of a lifecycle takes ten seconds. */
const patience = 60_000;
/** Characters of what it printed that are told when it ends in the middle. */
const shown = 2_000;

/** What `gradeApart` starts: grades the plugin, and tells each mark as a line of JSON. */
export async function tellMarks(folder: string): Promise<void> {
  for await (const mark of grade(folder)) writeSync(channel, `${JSON.stringify(mark)}\n`);
  writeSync(channel, `${JSON.stringify(done)}\n`);
  // Whatever the plugin has left behind was told as a leak.
  process.exit(0);
}

const done = { done: true };

/** Grades a plugin in a process of its own: whatever it does to that, it is told. */
export async function* gradeApart(folder: string): AsyncIterable<Mark> {
  const [command = ""] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, command, "plugins", "check", folder, "--apart"], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let printed = "";
  const print = (chunk: Buffer) => {
    printed = cutText(printed + chunk, shown);
  };
  child.stdout?.on("data", print);
  child.stderr?.on("data", print);
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdio[channel] as Readable })[Symbol.asyncIterator]();
  try {
    let last = "its import";
    for (;;) {
      const next = lines.next();
      if (!(await waitFor(next, { limit: patience }))) {
        const what = `nothing was heard of it for ${patience / 1000} s after: ${last}`;
        yield problem("process", what, "Let nothing wait or compute without an end: it holds whoever loads it.");
        return;
      }
      const { done: over, value } = await next;
      if (over) break;
      const told = parseJson(value, { from: "the process that grades" });
      if (isJsonObject(told) && told["done"] === true) return;
      const mark = told as unknown as Mark;
      last = mark.what;
      yield mark;
    }
    const [code, signal] = await ended;
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const said = printed.trim() === "" ? "" : `; it said: ${printed.trim()}`;
    yield problem("process", `it ended its process ${how} after: ${last}${said}`, "Leave the process to its host.");
  } finally {
    child.kill("SIGKILL");
  }
}
