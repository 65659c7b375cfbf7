import type { FeedEvent, WatchBatch } from "../../../../core/client/index.ts";
import { levelOf, runOf } from "../../../../core/client/index.ts";
import { firstLine } from "./format.ts";
import { t } from "./i18n.ts";

export type Row = LogRow | GapRow | RestartRow;

export interface LogRow {
  readonly kind: "entry";
  readonly key: string;
  readonly seq: number;
  readonly event: FeedEvent;
  readonly level: string;
  readonly text: string;
  readonly run?: string;
  /** Sent in part, because it is long. */
  readonly cut: boolean;
  /** How often the host said the same again right after it. */
  again?: number;
  /** Read from the host's disk: its number is of another list. */
  readonly old?: boolean;
}

/** How the address names an entry. */
export function placeOf({ old, key, seq }: LogRow): string {
  return old === true ? key : String(seq);
}

/** Another process answers: its entries are counted anew. What the one before said stays. */
export interface RestartRow {
  readonly kind: "restart";
  readonly key: string;
  readonly time: string;
}

export interface GapRow {
  readonly kind: "gap";
  readonly key: string;
  missing: number;
}

/** Rows kept in the page; older ones are in the host's log file. */
const most = 10_000;

/** Rows of a log, bounded; every loss is a row of its own. */
export class LogBuffer {
  #rows: Row[] = [];
  /** Rows that have left the page. */
  left = 0;
  version = 0;
  #boots = 0;

  get rows(): readonly Row[] {
    return this.#rows;
  }

  take(batch: WatchBatch, accepts: (row: LogRow) => boolean): number {
    if (batch.restarted) {
      this.#boots += 1;
      this.#rows.push({ kind: "restart", key: `restart-${this.#boots}`, time: new Date().toISOString() });
    }
    if (batch.missing !== undefined) this.#gap(batch.missing, batch.last);
    let added = 0;
    for (const { seq, event, cut } of batch.entries) {
      const row = { ...rowOf(seq, event as unknown as FeedEvent, cut ?? false), key: `${this.#boots}-${seq}` };
      if (!accepts(row)) continue;
      const last = this.#rows.at(-1);
      if (last?.kind === "entry" && isAgain(last, row)) {
        // Another object, since the rows are drawn again only where they are others.
        this.#rows[this.#rows.length - 1] = { ...last, again: (last.again ?? 0) + 1 };
        continue;
      }
      this.#rows.push(row);
      added += 1;
    }
    if (this.#rows.length > most) {
      // In lumps: moving ten thousand references for each batch would cost more than the batch.
      const extra = this.#rows.length - most + 500;
      this.#rows = this.#rows.slice(extra);
      this.left += extra;
    }
    this.version += 1;
    return added;
  }

  clear(): void {
    this.#rows = [];
    this.left = 0;
    this.version += 1;
  }

  #gap(missing: number, last: number): void {
    const before = this.#rows.at(-1);
    if (before?.kind === "gap") before.missing += missing;
    else this.#rows.push({ kind: "gap", key: `gap-${last}-${this.#rows.length}`, missing });
  }
}

/** Whether it is the same line of a log once more. */
function isAgain(last: LogRow, row: LogRow): boolean {
  return (
    row.event.type === "log" &&
    last.event.type === "log" &&
    last.text === row.text &&
    last.level === row.level &&
    last.event.source === row.event.source &&
    last.run === row.run
  );
}

export function rowOf(seq: number, event: FeedEvent, cut: boolean): LogRow {
  const run = runOf(event);
  return {
    kind: "entry",
    key: String(seq),
    seq,
    event,
    level: levelOf(event),
    text: textOf(event),
    cut,
    ...(run === undefined ? {} : { run }),
  };
}

/** The name of a container without what all of its instance begin with; a bare id as Docker shortens it. */
export function shortContainer(name: string, instance: string): string {
  const start = `sluice-${instance}-`;
  return name.startsWith(start) ? name.slice(start.length) : /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name;
}

/** What happened to a sandbox, in words; those of other plugins are their own. */
function sandboxState(status: string): string {
  const words: Readonly<Record<string, string>> = {
    open: t("given to a session"),
    pooled: t("waits in the pool"),
    gone: t("is gone"),
  };
  return words[status] ?? status;
}

/** An event in one sentence. */
export function textOf(event: FeedEvent): string {
  switch (event.type) {
    case "log":
      return event.data.message;
    case "plugin-status":
      return `${t("is {status}", { status: t(event.data.status) })}${event.data.reason === undefined ? "" : `, ${event.data.reason}`}`;
    case "plugin-metric":
      return `${event.data.name} = ${event.data.value}${event.data.unit === undefined ? "" : ` ${event.data.unit}`}`;
    case "sandbox-status":
      return `${shortContainer(event.data.container, event.source)}: ${sandboxState(event.data.status)}${event.data.reason === undefined ? "" : `, ${event.data.reason}`}`;
    case "connection-status":
      return `${event.data.connection}: ${event.data.status}${event.data.reason === undefined ? "" : `, ${event.data.reason}`}`;
    case "config-changed":
      return t("{path} was changed by {origin}", { path: event.data.path, origin: event.data.origin });
    case "audit":
      return `${event.data.action}${event.data.target === undefined ? "" : ` ${event.data.target}`}${event.data.client === undefined ? "" : ` (${event.data.client})`}`;
    case "dead-letter":
      return event.data.reason;
    case "run-start":
      return t("run begins: {flow}: {input}", {
        flow: event.data.flow,
        input: firstLine(event.data.input.text ?? event.data.input.code ?? ""),
      });
    case "run-end":
      return (
        t("run ends: {status}", { status: t(event.data.status) }) +
        (event.data.reason === undefined ? "" : `, ${event.data.reason}`)
      );
    case "error":
      return `${event.data.code}: ${event.data.message}`;
    case "branch-start":
      return t("branch begins: {label}", { label: event.data.label });
    case "branch-end":
      return t("branch ends: {status}", { status: t(event.data.status) });
    case "rewind":
      return t("what was said is void: {reason}", { reason: event.data.reason });
    case "approval-request":
      return t("asks for an approval: {what}", { what: firstLine(event.data.message) });
    case "approval-response":
      return event.data.approved ? t("was approved") : t("was refused");
    case "input-request":
      return t("asks for a line of input: {what}", { what: firstLine(event.data.prompt) });
    case "exec-start":
      return t("runs {language}: {code}", { language: event.data.language, code: firstLine(event.data.code, 80) });
    case "exec-end":
      return execEndInWords(event.data);
    case "model-start":
      return t("asks {model}", { model: event.data.model });
    case "model-end":
      return t("answered: {n|# token|# tokens}", { n: event.data.usage.outputTokens });
    default:
      return `${event.type} ${JSON.stringify(event.data)}`;
  }
}

interface ExecEnd {
  readonly status: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly peakBytes: number;
  readonly wallMs: number;
}

/** How a program ended, for people. */
export function execEndInWords({ status, exitCode, signal, peakBytes }: ExecEnd): string {
  switch (status) {
    case "exited":
      return exitCode === 0 ? t("ended without an error") : t("ended with exit code {code}", { code: exitCode ?? "?" });
    case "signalled":
      return t("was ended by the signal {signal}", { signal: signal ?? "?" });
    case "timeout":
      return t("took longer than it may, and was stopped");
    case "oom":
      return t("used more memory than it may, and was ended by the system (peak {mb} MB)", {
        mb: Math.round(peakBytes / 1048576),
      });
    case "killed":
      return t("was stopped from outside");
    default:
      return t("was lost: its container is gone");
  }
}
