import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type Kit, type Ran, run } from "./sandbox-kit.ts";

/** One program of the corpus. Its name is its id, and its ending says its language. */
export interface Program {
  readonly name: string;
  readonly code: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
}

/** What anybody outside sees of a program. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or the signal's name. */
  readonly end: string;
}

/** With the file's own name, or as code without a name. */
export type Way = "file" | "code";

interface Job {
  readonly command: readonly string[];
  readonly name: string;
  readonly code: string;
  readonly stdin: string | null;
}

const folder = new URL("../fixtures/differential/", import.meta.url);
const page = new URL("../../docs/promises.md", import.meta.url);
const LANGUAGES = {
  py: "python",
  js: "javascript",
  cjs: "javascript",
  mjs: "javascript",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  sh: "bash",
} as const;
const COMMANDS = { python: "python3", javascript: "node", typescript: "node", bash: "bash" } as const;
const NAMELESS = {
  python: ".program.py",
  javascript: ".program.js",
  typescript: ".program.ts",
  bash: ".program.sh",
} as const;

/** Programs as they stand in the files: a line `=== name.py {"args": [], "stdin": ""}` begins each. */
export function readCorpus(): readonly Program[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".txt"))
    .sort()
    .flatMap((file) => programsOf(readFileSync(new URL(file, folder), "utf8")));
}

function programsOf(text: string): readonly Program[] {
  return text.split(/^=== /m).flatMap((part) => {
    const end = part.indexOf("\n");
    const [, name, more] = /^(\S+)(?: (\{.*\}))?$/.exec(part.slice(0, end)) ?? [];
    if (name === undefined) return [];
    return [{ name, code: part.slice(end + 1), ...(more === undefined ? {} : JSON.parse(more)) }];
  });
}

/** The ids in the table under "Known differences". */
export function readKnown(): readonly string[] {
  const [, after = ""] = readFileSync(page, "utf8").split("\n## Known differences\n");
  const [section = ""] = after.split("\n## ");
  return section
    .split("\n")
    .flatMap((line) => (/^\| `/.test(line) ? (line.match(/^\| (.*?) \|/)?.[1] ?? "") : []))
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, id]) => id ?? ""));
}

export function languageOf({ name }: Program): (typeof LANGUAGES)[keyof typeof LANGUAGES] {
  const ending = name.slice(name.lastIndexOf(".") + 1) as keyof typeof LANGUAGES;
  const language = LANGUAGES[ending];
  if (language === undefined) throw new Error(`${name} is in no language that this test knows`);
  return language;
}

const nameFor = (program: Program, way: Way) => (way === "file" ? program.name : NAMELESS[languageOf(program)]);

/** Runs jobs one after the other, each in a workspace without files; the outcomes are printed as JSON. */
const DRIVER = `
import json, os, shutil, signal, subprocess, sys, threading
done = []
def end_with(program):
    "What a program left behind ends with it."
    try: program.wait(30)
    except subprocess.TimeoutExpired: pass
    try: os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError: pass
for job in json.load(sys.stdin):
    for name in os.listdir():
        shutil.rmtree(name) if os.path.isdir(name) and not os.path.islink(name) else os.unlink(name)
    with open(job["name"], "w", newline="") as file: file.write(job["code"])
    stdin = subprocess.DEVNULL if job["stdin"] is None else subprocess.PIPE
    program = subprocess.Popen(job["command"], stdin=stdin, stdout=-1, stderr=-1, start_new_session=True)
    threading.Thread(target=end_with, args=[program]).start()
    out, err = program.communicate(None if job["stdin"] is None else job["stdin"].encode())
    code = program.wait()
    try: end = signal.Signals(-code).name if code < 0 else str(code)
    except ValueError: end = "SIG%d" % -code
    done.append({"stdout": out.decode("utf8", "replace"), "stderr": err.decode("utf8", "replace"), "end": end})
json.dump(done, sys.stdout)
`;

/** The interpreters themselves, in a plain container of the image: no supervisor, and nothing that the sandbox sets. */
export async function runPlainly(image: string, programs: readonly Program[], way: Way): Promise<readonly Outcome[]> {
  const jobs = programs.map((program): Job => {
    const name = nameFor(program, way);
    const command = [COMMANDS[languageOf(program)], name, ...(program.args ?? [])];
    return { command, name, code: program.code, stdin: program.stdin ?? null };
  });
  const folders = ["--tmpfs=/workspace:exec,uid=1000,gid=1000", "--tmpfs=/tmp:exec"];
  const options = ["--rm", "-i", "--network=none", "--user=1000:1000", "--read-only", "--ulimit=core=0:0", ...folders];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    "docker",
    ["run", ...options, image, "python3", "-c", DRIVER],
    { maxBuffer: 64 << 20 },
    (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
  );
  child.stdin?.end(JSON.stringify(jobs));
  const outcomes: readonly Outcome[] = JSON.parse(await promise);
  return outcomes.map(comparable);
}

/**
 * Without numbers that the kernel chooses: process ids, as Node and bash tell them, and addresses of memory. Where a native
 * frame of Node stands depends on the memory that it finds: from 4 GiB on V8 copies its built-in code elsewhere.
 */
function comparable({ stdout, stderr, end }: Outcome): Outcome {
  const fixed = (text: string) =>
    text
      .replace(/\(node:\d+\)/g, "(node:PID)")
      .replace(/\bpid: \d+/g, "pid: PID")
      .replace(/(: line \d+:) +\d+ (?=[A-Z])/g, "$1 PID ")
      .replace(/^( *\d+: )0x[0-9a-f]+ .*$/gm, "$1A NATIVE FRAME")
      .replace(/\b0x[0-9a-f]{8,16}\b/g, "0xADDRESS");
  return { stdout: fixed(stdout), stderr: fixed(stderr), end };
}

/** The sandbox: fresh sessions, of which one serves many programs. */
export class Fresh implements AsyncDisposable {
  readonly #sessions: ReturnType<Kit["open"]>;

  /** The image is there then as well. */
  get ready(): Promise<unknown> {
    return this.#sessions;
  }

  constructor(kit: Kit) {
    this.#sessions = kit.open("fresh");
  }

  async run(program: Program, way: Way): Promise<Outcome> {
    const session = await this.#sessions;
    await run(session, "rm -rf -- * .[!.]*", { language: "bash" });
    const ran = await run(session, program.code, {
      language: languageOf(program),
      ...(way === "file" ? { file: program.name } : {}),
      ...(program.args === undefined ? {} : { args: program.args }),
      ...(program.stdin === undefined ? {} : { stdin: bytesOf(program.stdin) }),
    });
    return comparable({ stdout: ran.stdout, stderr: ran.stderr, end: endOf(ran) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#sessions)[Symbol.asyncDispose]();
  }
}

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

function endOf({ end }: Ran): string {
  if (end.status === "exited") return String(end.exitCode);
  return end.status === "signalled" ? String(end.signal) : end.status;
}
