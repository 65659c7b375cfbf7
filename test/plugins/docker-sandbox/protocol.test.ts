import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeFrame,
  FromSandbox,
  SupervisorFrameReader,
  ToSandbox,
} from "../../../plugins/docker-sandbox/protocol/frames.ts";
import { LARGEST_PIECE, type OutputChunk, OutputText } from "../../../plugins/docker-sandbox/protocol/output.ts";
import { StdcopyReader } from "../../../plugins/docker-sandbox/protocol/stdcopy.ts";

/** Cuts bytes at the places given, as a socket might. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
}

const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const cuts = fc.array(fc.nat(2000), { maxLength: 30 });

describe("the engine's framing", () => {
  it("should give each stream its bytes, wherever the chunks are cut", () => {
    const part = fc.record({ stream: fc.constantFrom(1, 2), payload: bytes });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), cuts, (parts, places) => {
        const whole = Buffer.concat(
          parts.map(({ stream, payload }) => {
            const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
            header.writeUInt32BE(payload.length, 4);
            return Buffer.concat([header, payload]);
          }),
        );
        const found: Record<number, Buffer[]> = { 1: [], 2: [] };
        const reader = new StdcopyReader((stream, piece) => found[stream]?.push(piece));
        for (const chunk of cut(whole, places)) reader.feed(chunk);
        for (const stream of [1, 2]) {
          const sent = Buffer.concat(parts.filter((one) => one.stream === stream).map((one) => one.payload));
          expect(Buffer.concat(found[stream] ?? []).equals(sent)).toBe(true);
        }
      }),
    );
  });
});

describe("frames", () => {
  it("should come out as they went in, output in pieces and the rest whole", () => {
    const kinds = fc.constantFrom(FromSandbox.stdout, FromSandbox.stderr, FromSandbox.result, FromSandbox.end);
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, bytes), { maxLength: 12 }), cuts, (frames, places) => {
        const whole = Buffer.concat(frames.map(([kind, payload]) => encodeFrame(kind, payload)));
        const output: Record<number, Buffer[]> = {};
        const control: [number, string][] = [];
        const reader = new SupervisorFrameReader({
          onOutput: (kind, piece) => {
            output[kind] ??= [];
            output[kind].push(piece);
          },
          onFrame: (kind, payload) => control.push([kind, payload.toString("hex")]),
        });
        for (const chunk of cut(whole, places)) reader.feed(chunk);
        const raw: readonly number[] = [FromSandbox.stdout, FromSandbox.stderr];
        expect(control).toEqual(
          frames.filter(([kind]) => !raw.includes(kind)).map(([kind, payload]) => [kind, payload.toString("hex")]),
        );
        for (const kind of raw) {
          const sent = Buffer.concat(frames.filter(([one]) => one === kind).map(([, payload]) => payload));
          expect(Buffer.concat(output[kind] ?? []).equals(sent)).toBe(true);
        }
      }),
    );
  });

  it("should refuse what no supervisor sends", () => {
    const reader = () => new SupervisorFrameReader({ onOutput: () => undefined, onFrame: () => undefined });
    expect(() => reader().feed(Buffer.from([0, 0, 0, 1, ToSandbox.hello, 0]))).toThrow("kind 1");
    expect(() => reader().feed(Buffer.from([0xff, 0xff, 0xff, 0xff, FromSandbox.result]))).toThrow("4294967295 bytes");
  });
});

describe("a stream of output", () => {
  const collect = (chunks: readonly Buffer[]): OutputChunk[] => {
    const pieces: OutputChunk[] = [];
    const output = new OutputText((piece) => pieces.push(piece));
    for (const chunk of chunks) output.push(chunk);
    output.flush();
    return pieces;
  };
  const back = (pieces: readonly OutputChunk[]): Buffer =>
    Buffer.concat(pieces.map((one) => ("text" in one ? Buffer.from(one.text) : Buffer.from(one.base64, "base64"))));

  it("should keep text as text, however its bytes are cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), cuts, (text, places) => {
        const pieces = collect(cut(Buffer.from(text), places));
        expect(pieces.every((piece) => "text" in piece)).toBe(true);
        expect(pieces.map((piece) => ("text" in piece ? piece.text : "")).join("")).toBe(Buffer.from(text).toString());
      }),
    );
  });

  it("should give back any bytes, with true offsets", () => {
    fc.assert(
      fc.property(bytes, cuts, (content, places) => {
        const pieces = collect(cut(content, places));
        expect(back(pieces).equals(content)).toBe(true);
        let offset = 0;
        for (const piece of pieces) {
          expect(piece.offset).toBe(offset);
          offset += back([piece]).length;
        }
      }),
    );
  });

  it("should mix text and what is none", () => {
    const content = Buffer.concat([Buffer.from("good é"), Buffer.from([0xff, 0xfe]), Buffer.from("more")]);
    expect(collect([content])).toEqual([
      { text: "good é", offset: 0 },
      { base64: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("more")]).toString("base64"), offset: 7 },
    ]);
  });

  it("should give an unfinished sequence at the end as bytes", () => {
    const [euro] = [Buffer.from("€")];
    expect(collect([Buffer.from("a"), euro.subarray(0, 2)])).toEqual([
      { text: "a", offset: 0 },
      { base64: euro.subarray(0, 2).toString("base64"), offset: 1 },
    ]);
  });

  it("should make pieces of bounded size", () => {
    const pieces = collect([Buffer.from("é".repeat(200_000))]);
    expect(Math.max(...pieces.map((piece) => back([piece]).length))).toBeLessThanOrEqual(LARGEST_PIECE);
    expect(pieces.every((piece) => "text" in piece)).toBe(true);
  });
});
