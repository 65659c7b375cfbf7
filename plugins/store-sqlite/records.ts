import type { EventData, RunRecord, RunStatus, UnfinishedRun, Usage } from "../../core/contract/index.ts";
import { cutText, parseJsonObject } from "../../core/kit/index.ts";

/** Characters of a run's input that its record shows. */
const inputLength = 200;

export function shownInput({ text, code }: EventData["run-start"]["input"]): string {
  return cutText(text ?? code ?? "", inputLength);
}

type Row = Record<string, unknown>;

export function toRecord(row: Row): RunRecord {
  return {
    run: String(row["run"]),
    flow: String(row["flow"]),
    session: String(row["session"]),
    ...(row["owner"] === null ? {} : { owner: String(row["owner"]) }),
    input: String(row["input"]),
    status: row["status"] as RunStatus | "running",
    started: String(row["started"]),
    ...(row["ended"] === null ? {} : { ended: String(row["ended"]), exitCode: row["exit_code"] as number | null }),
    ...(row["usage"] === null ? {} : { usage: parseJsonObject(String(row["usage"]), { from: "the store" }) as Usage }),
    lastSeq: Number(row["last_seq"]),
  };
}

export function toUnfinished(row: Row): UnfinishedRun {
  return {
    run: String(row["run"]),
    lastSeq: Number(row["last_seq"]),
    owner: {
      host: String(row["owner_host"]),
      pid: Number(row["owner_pid"]),
      started: String(row["owner_started"]),
    },
  };
}
