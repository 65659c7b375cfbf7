import stringWidth from "string-width";
import { cutText } from "../../core/kit/index.ts";
import { bytes, duration, painter, plural } from "../output/style.ts";
import { table } from "../output/table.ts";
import type { InstanceRow, RunRow, TopSample } from "./sampler.ts";
import { type SortOrder, sortKeys } from "./sort.ts";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
  /** The order that is shown, with the keys that choose another; absent where nobody can press any. */
  readonly sort?: SortOrder;
}

/** A look as text, within `size`; rows and columns beyond it are left out, and rows are counted. */
export function screenOf(sample: TopSample, stream: NodeJS.WriteStream, size?: ScreenSize): string {
  const paint = painter(stream);
  const [head = "", ...instances] = linesOf(instanceTable(sample.instances));
  const [runHead = "", ...runs] = linesOf(runTable(sample.runs));
  const room =
    size === undefined ? Number.POSITIVE_INFINITY : Math.max(4, size.rows - (size.sort === undefined ? 5 : 6));
  const ofInstances = cut(instances, Math.max(Math.ceil(room / 2), room - runs.length), "instance");
  const ofRuns = cut(runs, Math.max(1, room - ofInstances.length), "run");
  const within = (line: string): string => (size === undefined ? line : fitted(line, size.columns));
  const lines = [
    ...[within(summary(sample)), "", paint("bold", within(head)), ...ofInstances.map(within)],
    ...(runs.length === 0 ? [] : ["", paint("bold", within(runHead)), ...ofRuns.map(within)]),
    ...(size?.sort === undefined ? [] : [paint("dim", within(keysLine(size.sort)))]),
  ];
  return lines.join("\n");
}

/** `sorted by rate · p profile · n name ... q leaves` */
function keysLine(order: SortOrder): string {
  const keys = Object.entries(sortKeys).map(([key, name]) => `${key} ${name}`);
  return [`sorted by ${order}`, ...keys, "q leaves"].join(" · ");
}

function summary({ host, time }: TopSample): string {
  const at = new Date(time).toLocaleTimeString("sv");
  const parts = [
    `${plural(host.runs, "run")} under way`,
    `${figure(host.runRate)} runs/s`,
    `${figure(host.eventRate)} events/s`,
    plural(host.errors, "error"),
    `memory ${bytes(host.memory)}`,
    `cpu ${Math.round(host.cpu * 100)}%`,
    `lag ${duration(host.lag)}`,
    `answers in ${duration(host.answers)}`,
  ];
  return `${at}  ${parts.join(" · ")}`;
}

function instanceTable(rows: readonly InstanceRow[]): string {
  const head = [
    "INSTANCE",
    "PLUGIN",
    "STATUS",
    "EVENTS/S",
    "ERRORS",
    "TOOK",
    "QUEUE",
    "POOL",
    "OPEN",
    "MEMORY",
    "RESTARTS",
  ];
  return table(
    head,
    rows.map((row) => [
      ...[row.id, row.plugin, row.status, figure(row.rate), `${row.errors}`],
      row.took === undefined ? "-" : duration(row.took),
      row.waiting === undefined ? "-" : queueOf(row),
      ...[known(row.pool), known(row.sandboxes)],
      row.memory === undefined ? "-" : bytes(row.memory),
      `${row.restarts}`,
    ]),
  );
}

function runTable(rows: readonly RunRow[]): string {
  return table(
    ["RUN", "FLOW", "AGE", "EVENTS", "EVENTS/S", "DOING"],
    rows.map((row) => [row.run, row.flow, duration(row.age), `${row.events}`, figure(row.rate), row.doing]),
  );
}

/** A queue in words: its length, then the entries that were lost or refused. */
function queueOf({ waiting, dropped, dead }: InstanceRow): string {
  const notes = [...(dropped ? [`${dropped} dropped`] : []), ...(dead ? [`${dead} dead`] : [])];
  return notes.length === 0 ? `${waiting}` : `${waiting} (${notes.join(", ")})`;
}

function known(value: number | undefined): string {
  return value === undefined ? "-" : `${value}`;
}

function figure(value: number): string {
  return value === 0 ? "0" : value < 10 ? value.toFixed(1) : `${Math.round(value)}`;
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}

function cut(lines: readonly string[], most: number, noun: string): readonly string[] {
  if (lines.length <= most) return lines;
  const left = lines.length - most + 1;
  return [...lines.slice(0, most - 1), `... ${plural(left, `more ${noun}`)}`];
}

/** A text within the screen: rows and columns beyond it are left out. */
export function fittedText(text: string, { columns, rows }: ScreenSize): string {
  const lines = linesOf(text);
  return cut(lines, Math.max(2, rows - 1), "line")
    .map((line) => fitted(line, columns))
    .join("\n");
}

/** Cut where it would break: what follows in the next row would not be a row. */
function fitted(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line;
  let text = cutText(line, columns);
  while (stringWidth(text) > columns) text = cutText(text, text.length - 1);
  return text;
}
