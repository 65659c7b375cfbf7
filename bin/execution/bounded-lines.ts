import type { Readable } from "node:stream";

const lineFeed = 10;

/**
 * The lines of a text that somebody else wrote. Undefined stands for one of more than `longest` bytes, and nothing
 * follows it: a file without any line would otherwise have to be read whole. The stream is destroyed at the end.
 */
export async function* boundedLines(stream: Readable, longest: number): AsyncGenerator<string | undefined> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(lineFeed, from);
      const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
      size += piece.length;
      if (size > longest) {
        yield undefined;
        return;
      }
      pieces.push(piece);
      if (end < 0) break;
      yield lineOf(pieces);
      pieces = [];
      size = 0;
      from = end + 1;
    }
  }
  if (size > 0) yield lineOf(pieces);
}

function lineOf(pieces: readonly Buffer[]): string {
  const line = Buffer.concat(pieces).toString("utf8");
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
