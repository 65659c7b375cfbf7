import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import type { RunEvent } from "../../core/contract/index.ts";
import { eventBounds, eventBytes, eventJson, parseEvent } from "../../core/kit/index.ts";

const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Bytes from where an event is packed on another thread. What cannot be packed small takes 4 ms a MiB. */
const slow = 256 * 1024;
const compress = promisify<Buffer, object, Buffer>(zstdCompress);
const decompress = promisify<Uint8Array, object, Buffer>(zstdDecompress);
const ahead = new WeakMap<RunEvent, Buffer>();

/** Packs the largest events of a batch elsewhere, for `pack`; undefined where there are none. */
export function packAhead(batch: readonly RunEvent[]): Promise<void> | undefined {
  const packing = batch.flatMap((event) => {
    const bytes = ahead.has(event) ? undefined : eventBytes(event);
    if (bytes === undefined || bytes.length < slow) return [];
    return [compress(bytes, fast).then((packed) => ahead.set(event, packed))];
  });
  return packing.length === 0 ? undefined : Promise.all(packing).then(() => undefined);
}

/**
 * An event as it is kept: JSON, packed by zstd where it is large. The output of programs packs to a fraction of itself.
 * That takes a quarter of the time that the disk needs for what is saved. While the disk writes, the host waits.
 */
export function pack(event: RunEvent): string | Uint8Array {
  const packed = ahead.get(event);
  if (packed !== undefined) return packed;
  const bytes = eventBytes(event);
  return bytes === undefined ? eventJson(event) : zstdCompressSync(bytes, fast);
}

/** Undefined where that takes long: such an event is for `unpackElsewhere`. */
export function unpack(kept: unknown): RunEvent | undefined {
  if (!(kept instanceof Uint8Array)) return parseEvent(String(kept));
  try {
    return parseEvent(zstdDecompressSync(kept, { maxOutputLength: slow }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

/** Unpacks on another thread, and parses in a turn of the event loop of its own. */
export async function unpackElsewhere(kept: unknown): Promise<RunEvent> {
  const bytes = await decompress(kept as Uint8Array, { maxOutputLength: eventBounds.bytes });
  await setImmediate();
  return parseEvent(bytes);
}
