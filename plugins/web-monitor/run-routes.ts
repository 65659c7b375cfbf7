import { type RunEvent, type RunRecord, SluiceError } from "../../core/contract/index.ts";
import { eventBytes, eventJson, missingEvents, outputText, roomIn } from "../../core/kit/index.ts";
import { safeHeaders, sendDownload } from "./replies.ts";
import type { Call, Route } from "./route.ts";

/** Runs as files: bundles that open anywhere, and what programs left in their workspace. */
export const runRoutes: readonly Route[] = [
  { method: "GET", path: "runs/*/bundle", needs: "journal.follow", handle: sendBundle },
  {
    ...{ method: "GET", path: "runs/*/files", needs: "runs.files" },
    handle: async ({ host, name }) => ({ files: (await (await host.runs.find(name))?.files()) ?? [] }),
  },
  { method: "GET", path: "runs/*/file", needs: "runs.files", handle: sendFile },
  {
    ...{ method: "GET", path: "runs/*/prompt", needs: "journal.follow" },
    handle: async ({ host, name, query }) => ({
      prompt: (await host.runs.find(name))?.prompt?.(Number(query.get("call"))) ?? null,
    }),
  },
  { method: "GET", path: "runs/*/stdin", needs: "journal.follow", handle: stdinOf },
  { method: "GET", path: "runs/*/tail", needs: "journal.follow", handle: tailOf },
  { method: "GET", path: "runs/*/output", needs: "journal.follow", handle: sendOutput },
];

/** @throws SluiceError SLUICE_RUN_NOT_FOUND, SLUICE_RUN_NOT_WAITING for one that is still under way */
export async function endedRun({ host, name }: Pick<Call, "host" | "name">): Promise<RunRecord> {
  const [record] = await host.runs.list({ run: name });
  if (record === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${name}`);
  if (record.status !== "running") return record;
  throw new SluiceError("SLUICE_RUN_NOT_WAITING", `${name} is still under way`, {
    cure: "Export it when it has ended.",
  });
}

/** How much of the end of a run is told before the rest of it. */
const tail = { events: 40, bytes: 512 * 1024 };

/** The last events of a run that has ended, as far as there is room; none of one that is short, or under way. */
async function tailOf({ host, name, signal }: Call): Promise<object> {
  const [record] = await host.runs.list({ run: name });
  if (record === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${name}`);
  const events: RunEvent[] = [];
  if (record.status === "running" || record.lastSeq <= tail.events) return { events };
  for await (const page of host.journal.follow(name, record.lastSeq - tail.events, signal))
    if (page.kind === "events") events.push(...page.entries.map(({ event }) => event));
  let room = tail.bytes;
  const from = events.findLastIndex((event) => {
    room -= eventJson(event).length;
    return room < 0;
  });
  return { events: events.slice(from === events.length - 1 ? from : from + 1) };
}

/** What was read of a run's standard input, from its last event; no run is too long. */
async function stdinOf({ host, name, signal }: Call): Promise<object> {
  const [record] = await host.runs.list({ run: name });
  if (record === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${name}`);
  if (record.status === "running") return { isOver: false, stdin: null };
  for await (const page of host.journal.follow(name, record.lastSeq - 1, signal)) {
    const last = page.kind === "events" ? page.entries.at(-1)?.event : undefined;
    return { isOver: true, stdin: last?.type === "run-end" ? (last.data.stdin ?? null) : null };
  }
  return { isOver: true, stdin: null };
}

/** A run that has ended, with all its events, as they are read: no run is too long. */
export async function sendBundle({
  host,
  name,
  response,
  signal,
}: Pick<Call, "host" | "name" | "response" | "signal">): Promise<void> {
  const record = await endedRun({ host, name });
  response.writeHead(200, {
    ...safeHeaders,
    "content-type": "application/json; charset=utf-8",
    "content-disposition": `attachment; filename="${name.replace(/[^\w.-]/g, "_")}.sluice-run.json"`,
    "cache-control": "no-store",
  });
  const head = { format: "sluicebox-run", version: 1, exported: new Date().toISOString(), run: record };
  response.write(`${JSON.stringify(head).slice(0, -1)},"events":[`);
  let separator = "";
  for await (const page of host.journal.follow(name, 0, signal)) {
    if (page.kind === "gap") {
      // It stands where what is missing stood, as in every stream of a run.
      const { from, to, reason } = page;
      const place = { run: name, seq: to, time: record.started, source: "core" };
      response.write(`${separator}${JSON.stringify({ ...place, type: "gap", data: { from, to, reason } })}`);
      separator = ",\n";
      continue;
    }
    for (const { event } of page.entries) {
      response.write(separator);
      separator = ",\n";
      // The bytes of a large one are at hand, and need not become a text.
      response.write(eventBytes(event) ?? eventJson(event));
      await roomIn(response);
    }
  }
  response.end("]}\n");
}

/**
 * What one program printed, both streams as they came; `program` is the `seq` of its start. `skip` and `take` count
 * characters as readers of a run do. Without them it is all of it, byte for byte; what the journal no longer has is said in its place.
 */
async function sendOutput({ host, name, query, response, signal }: Call): Promise<void> {
  const start = Number(query.get("program"));
  const cut = query.has("take") ? new Cut(Number(query.get("skip")), Number(query.get("take"))) : undefined;
  response.writeHead(200, {
    ...safeHeaders,
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": `attachment; filename="${name.replace(/[^\w.-]/g, "_")}-${start}.txt"`,
    "cache-control": "no-store",
  });
  let place: string | undefined;
  for await (const page of host.journal.follow(name, 0, signal)) {
    if (page.kind === "gap") {
      // What is counted by readers of a run has no such line: they have the gap as a part of its own.
      const isHere = place !== undefined || (page.from <= start && start <= page.to);
      if (isHere && cut === undefined) response.write(`\n[${missingEvents(page)}: ${page.reason}]\n`);
      continue;
    }
    for (const { event } of page.entries) {
      const here = `${event.source}\n${event.branch ?? ""}`;
      if (event.type === "exec-start" && event.seq === start) place = here;
      else if (place !== here) continue;
      else if (event.type === "exec-end" || event.type === "exec-start" || cut?.isDone) {
        response.end();
        return;
      } else if (event.type === "exec-stdout" || event.type === "exec-stderr") {
        const { text, base64 = "" } = event.data;
        response.write(cut?.of(outputText(event.data)) ?? text ?? Buffer.from(base64, "base64"));
        await roomIn(response);
      }
    }
  }
  response.end();
}

/** A part of a text that comes in pieces. */
class Cut {
  #skip: number;
  #take: number;

  constructor(skip: number, take: number) {
    this.#skip = Math.max(0, skip || 0);
    this.#take = Math.max(0, take || 0);
  }

  get isDone(): boolean {
    return this.#take === 0;
  }

  of(piece: string): string {
    const part = piece.slice(this.#skip, this.#skip + this.#take);
    this.#skip = Math.max(0, this.#skip - piece.length);
    this.#take -= part.length;
    return part;
  }
}

async function sendFile({ host, name, query, response }: Call): Promise<void> {
  const path = query.get("path") ?? "";
  const handle = await host.runs.find(name);
  if (handle === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${name}`);
  sendDownload(response, path, await handle.file(path));
}
