import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type MsgHdrs, headers as newHeaders } from "@nats-io/transport-node";
import { type RunEvent, SluiceError } from "../../core/contract/index.ts";
import { eventBounds, eventJson, parseEvent } from "../../core/kit/index.ts";

/** Characters of events that go into one message, unless one event alone is larger. */
const chunkSize = 256 * 1024;
/** Bytes from where a message is packed. */
const packedFrom = 4096;
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** What a message may unpack to: a chunk, or one event as large as events may be. */
const mostUnpacked = eventBounds.bytes + chunkSize;

const header = {
  first: "Sluice-First",
  last: "Sluice-Last",
  host: "Sluice-Host",
  writer: "Sluice-Writer",
  end: "Sluice-End",
  attempt: "Sluice-Attempt",
  packed: "Sluice-Packed",
  object: "Sluice-Object",
} as const;

/** What the head of a message says of the events in it. */
export interface ChunkHead {
  readonly first: number;
  readonly last: number;
  /** Id of the host that wrote it. */
  readonly host: string;
  /** Id of the store within that host. */
  readonly writer: string;
  /** The run's `run-end` is in it. */
  readonly end: boolean;
  /** Hosts that have executed the run so far, the one that writes included. */
  readonly attempt: number;
  /** Name of the object that holds the events, where they are too large for a message. */
  readonly object?: string;
}

/** Some events of one run in a row: what one message of the journal's stream holds. */
export interface Chunk {
  readonly head: ChunkHead;
  readonly headers: MsgHdrs;
  readonly payload: Uint8Array;
}

/** Cuts events of one run, in order, into messages. */
export function chunksOf(events: readonly RunEvent[], by: Pick<ChunkHead, "host" | "writer" | "attempt">): Chunk[] {
  const chunks: Chunk[] = [];
  let [lines, size, first]: [string[], number, number] = [[], 0, 0];
  const close = (last: RunEvent) => {
    chunks.push(encode(lines, { first, last: last.seq, end: last.type === "run-end", ...by }));
    [lines, size] = [[], 0];
  };
  for (const [index, event] of events.entries()) {
    const json = eventJson(event);
    const before = events[index - 1];
    if (before !== undefined && lines.length > 0 && size + json.length > chunkSize) close(before);
    if (lines.length === 0) first = event.seq;
    lines.push(json);
    size += json.length;
  }
  const last = events.at(-1);
  if (last !== undefined) close(last);
  return chunks;
}

function encode(lines: readonly string[], head: ChunkHead): Chunk {
  const bytes = Buffer.from(lines.join("\n"));
  const packed = bytes.length >= packedFrom;
  const headers = newHeaders();
  headers.set(header.first, String(head.first));
  headers.set(header.last, String(head.last));
  headers.set(header.host, head.host);
  headers.set(header.writer, head.writer);
  if (head.attempt > 1) headers.set(header.attempt, String(head.attempt));
  if (head.end) headers.set(header.end, "run-end");
  if (packed) headers.set(header.packed, "zstd");
  return { head, headers, payload: packed ? zstdCompressSync(bytes, fast) : bytes };
}

/** The same chunk as a message without events, which names the object that holds them. */
export function pointingTo(object: string, { head, headers }: Chunk): Chunk {
  headers.set(header.object, object);
  return { head: { ...head, object }, headers, payload: new Uint8Array() };
}

/** @throws SluiceError SLUICE_STORE_FAILED for a message that no host of ours has written */
export function headOf(headers: MsgHdrs | undefined): ChunkHead {
  const text = (name: string) => headers?.get(name) || undefined;
  const [first, last] = [Number(text(header.first)), Number(text(header.last))];
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || last < first) {
    throw new SluiceError(
      "SLUICE_STORE_FAILED",
      "a message of the journal's stream does not say which events it holds",
    );
  }
  const object = text(header.object);
  const attempt = Number(text(header.attempt) ?? 1);
  return {
    ...{ first, last, host: text(header.host) ?? "", writer: text(header.writer) ?? "" },
    end: text(header.end) !== undefined,
    attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
    ...(object === undefined ? {} : { object }),
  };
}

/** The events of a message of `run`. @throws SluiceError SLUICE_STORE_FAILED */
export function decode(run: string, headers: MsgHdrs, payload: Uint8Array): readonly RunEvent[] {
  const packed = headers.get(header.packed) === "zstd";
  const bytes = packed ? unpacked(payload) : Buffer.from(payload);
  const { first, last } = headOf(headers);
  const events = bytes.toString().split("\n").map(parseEvent);
  const fit = events.every((event) => event.run === run && event.seq >= first && event.seq <= last);
  if (fit) return events;
  throw new SluiceError("SLUICE_STORE_FAILED", `a message of run ${run} holds other events than it says`);
}

function unpacked(payload: Uint8Array): Buffer {
  try {
    return zstdDecompressSync(payload, { maxOutputLength: mostUnpacked });
  } catch (cause) {
    const message = `a message of the journal's stream cannot be unpacked: ${(cause as Error).message}`;
    throw new SluiceError("SLUICE_STORE_FAILED", message, { cause });
  }
}
