import { readdirSync, readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Ran, run } from "./sandbox-kit.ts";

/** Cells of one session, one after the other. */
export interface CellCase {
  readonly name: string;
  readonly language: "python" | "javascript" | "bash";
  readonly cells: readonly string[];
}

/** What a reader of a notebook sees of a cell. */
export interface CellOutcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The MIME bundle of each result. */
  readonly shown: readonly Readonly<Record<string, unknown>>[];
  /** The error's name and words. */
  readonly error: readonly [string, string] | null;
}

export const corpus = new URL("../fixtures/cells/", import.meta.url).pathname;
const page = new URL("../../docs/promises.md", import.meta.url);

export const idOf = ({ language, name }: CellCase): string => `${language} ${name}`;

/** Cases as they stand in the files: `=== name` begins each, and `---` stands between two cells. */
export function readCases(): readonly CellCase[] {
  return readdirSync(corpus)
    .filter((file) => file.endsWith(".txt"))
    .sort()
    .flatMap((file) => casesOf(file, readFileSync(`${corpus}${file}`, "utf8")));
}

function casesOf(file: string, text: string): readonly CellCase[] {
  const language = file.startsWith("javascript") ? "javascript" : file.startsWith("bash") ? "bash" : "python";
  return text.split(/^=== /m).flatMap((part) => {
    const end = part.indexOf("\n");
    const name = part.slice(0, end);
    if (name === "") return [];
    const cells = part.slice(end + 1).split(/^--- ?\n/m);
    return [{ name, language, cells: cells.map((cell) => cell.replace(/\n+$/, "")) }];
  });
}

/** Runs the cells; whoever is asked answers `typed`. */
export async function runCells(session: SandboxSession, given: CellCase): Promise<readonly CellOutcome[]> {
  const outcomes: CellOutcome[] = [];
  for (const code of given.cells) {
    const ran = await run(session, code, {
      language: given.language,
      timeout: 30_000,
      onEvent: (event) => {
        if (event.type === "input-request") void session.input("typed");
      },
    });
    outcomes.push(outcomeOf(ran));
  }
  return outcomes;
}

function outcomeOf({ stdout, stderr, results, end }: Ran): CellOutcome {
  const shown = results.map(({ data }) => data);
  if (end.status !== "exited") return { stdout, stderr, shown, error: [end.status, String(end.signal)] };
  if (end.error) return { stdout, stderr, shown, error: [end.error.name, end.error.message] };
  return { stdout, stderr, shown, error: end.exitCode === 0 ? null : ["exit", String(end.exitCode)] };
}

/** Without what no two runs have in common: addresses, measured times, names of cells, pictures. */
export function comparable({ stdout, stderr, shown, error }: CellOutcome): CellOutcome {
  // A notebook tells `SystemExit` as an error; here it is the cell's exit code.
  const exits = error?.[0] === "SystemExit";
  const code = /^\d+$/.test(error?.[1] ?? "") ? String(error?.[1]) : "1";
  const end = exits ? (/^(0|None|)$/.test(error[1]) ? null : (["exit", code] as const)) : error;
  return {
    stdout: fixed(stdout),
    stderr: error === null ? fixed(stderr) : "",
    shown: shown.map((bundle) =>
      Object.fromEntries(
        Object.entries(bundle)
          .sort()
          .map(([mime, value]) => [mime, shownOf(mime, value)]),
      ),
    ),
    error: end && [end[0], fixed(end[1])],
  };
}

function shownOf(mime: string, value: unknown): unknown {
  if (mime.startsWith("image/")) return "a picture";
  if (Array.isArray(value) && mime.startsWith("text/")) return fixed(value.join(""));
  return typeof value === "string" ? fixed(value) : value;
}

function fixed(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll("\r\n", "\n")
    .replace(/\b0x[0-9a-f]{6,16}\b/g, "0xADDRESS")
    .replace(/\/tmp\/ipykernel_\d+\/\d+\.py|\b\d{6,}\.py\b|<cell \d+(, part \d+)?>/g, "<cell>")
    .replace(/^(CPU times|Wall time):.*$/gm, "$1: T")
    .replace(/\b[\d.]+ (ns|µs|μs|us|ms|s)\b/g, "T")
    .replace(/\bin [\d.]+s\b/g, "in T")
    .replace(/\bpid=\d+/g, "pid=PID")
    .replace(/^[\w./-]+: (eval: )?line \d+: /gm, "bash: ");
}

/** What the authorities said, by case. */
export function readExpected(): ReadonlyMap<string, readonly CellOutcome[]> {
  const lines = readFileSync(`${corpus}expected.ndjson`, "utf8").trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map(({ id, cells }) => [id, cells]));
}

/** The cells in the table under "Known differences of cells", as `python cd 2`. */
export function readKnown(): readonly string[] {
  const [, after = ""] = readFileSync(page, "utf8").split("\n## Known differences of cells\n");
  const rows = (after.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, id]) => id ?? ""));
}
