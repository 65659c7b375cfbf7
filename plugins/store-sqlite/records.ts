import type { RunQuery, RunRecord, RunStatus, UnfinishedRun, Usage } from "../../core/contract/index.ts";
import { parseJsonObject, searchWords } from "../../core/kit/index.ts";

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
    ...(row["ended"] === null ? {} : { cost: row["cost"] as number | null }),
    ...(row["reason"] === null || row["status"] === "ok" ? {} : { reason: String(row["reason"]) }),
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

/** Parameters of the statement that lists runs; what is not asked for is null. */
export function parametersOf(query: RunQuery): Record<string, string | number | null> {
  const words = searchWords(query.search ?? "");
  return {
    ":session": query.session ?? null,
    ":owner": query.owner ?? null,
    ":status": query.status ?? null,
    ":flow": query.flow ?? null,
    ":model": query.model ?? null,
    ":since": query.since ?? null,
    ":until": query.until ?? null,
    ":minCost": query.minCost ?? null,
    ":words": JSON.stringify(words.slice(0, 20)),
    ":limit": query.limit ?? 50,
  };
}
