import fc from "fast-check";
import type { Malformed } from "./transport-inputs.ts";
import { frameOf, type RawSocket } from "./transport-raw.ts";

export interface RawFrames {
  readonly bytes: Buffer;
  /** The client ends its side after them. */
  readonly end?: boolean;
  /** The codes of which the socket is to be closed with one; 1006 stands for a connection that just ends. */
  readonly codes: readonly number[];
}

const mebibyte = 1024 * 1024;
const noUtf8 = Buffer.from([0x22, 0xc3, 0x28, 0x22]);
const splitUtf8 = Buffer.from("€");

const text = "some text";

function wrong(kind: string, codes: readonly number[], ...all: readonly (Buffer | readonly Buffer[])[]) {
  const contents = all.map((bytes): RawFrames => ({ bytes: Buffer.concat([bytes].flat()), codes }));
  return fc.constantFrom(...contents).map((content) => ({ kind, content }));
}

/** Bytes that RFC 6455 does not allow, each with the code that it asks for. */
export const malformedFrames: fc.Arbitrary<Malformed<RawFrames>> = fc.oneof(
  wrong("unmasked", [1002], frameOf(1, text, { masked: false }), frameOf(9, "", { masked: false })),
  wrong("reserved bits", [1002], ...[0x40, 0x20, 0x10, 0x70].map((reserved) => frameOf(1, text, { reserved }))),
  wrong("unknown opcode", [1002], ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => frameOf(opcode, text))),
  wrong("control in pieces", [1002], ...[8, 9, 10].map((opcode) => frameOf(opcode, "", { fin: false }))),
  wrong("large control", [1002], ...[8, 9, 10].map((opcode) => frameOf(opcode, "x".repeat(126)))),
  wrong("continuation of nothing", [1002], frameOf(0, text), frameOf(0, text, { fin: false })),
  wrong("message in a message", [1002], [frameOf(1, text, { fin: false }), frameOf(1, text)]),
  wrong("no UTF-8", [1007], frameOf(1, noUtf8), [
    frameOf(1, noUtf8.subarray(0, 2), { fin: false }),
    frameOf(0, noUtf8.subarray(2)),
  ]),
  wrong("half a character", [1007], frameOf(1, splitUtf8.subarray(0, 2)), [
    frameOf(1, splitUtf8.subarray(0, 1), { fin: false }),
    frameOf(0, splitUtf8.subarray(1, 2)),
  ]),
  wrong("impossible length", [1009], frameOf(1, "", { claimed: 2n ** 63n }), frameOf(1, "", { claimed: 2n ** 53n })),
  wrong("over 1 MiB", [1009], frameOf(1, "", { claimed: BigInt(mebibyte + 1) })),
  wrong(
    "over 1 MiB in pieces",
    [1009],
    [frameOf(1, "x".repeat(mebibyte), { fin: false }), frameOf(0, "x", { fin: false })],
  ),
  wrong("close of one byte", [1002], frameOf(8, "x")),
  wrong("close code", [1002], ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map(closeOf)),
  wrong("close reason", [1007], frameOf(8, Buffer.concat([Buffer.from([3, 232]), noUtf8]))),
  fc.integer({ min: 1, max: 20 }).map((length) => ({
    kind: "half a frame",
    content: { bytes: frameOf(1, "x".repeat(40)).subarray(0, length), end: true, codes: [1006] },
  })),
  fc.uint8Array({ minLength: 2, maxLength: 100 }).map((bytes) => ({
    kind: "any bytes",
    content: { bytes: Buffer.from(bytes), end: true, codes: [1000, 1002, 1005, 1006, 1007, 1009] },
  })),
);

function closeOf(code: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return frameOf(8, bytes);
}

/** Sends them on a socket and waits for its end. Throws when it is another one than is due. */
export async function sendRaw(socket: RawSocket, { bytes, end = false, codes }: RawFrames): Promise<string> {
  if (end) socket.end(bytes);
  else socket.write(bytes);
  await socket.until(() => socket.gone);
  const code = await socket.closed;
  if (!codes.includes(code)) throw new Error(`closed with ${code} instead of ${codes.join(" or ")}`);
  return `closed ${code}`;
}

/** Upgrades that are none, and the start of those that nobody serves. */
export function malformedHandshakes(
  subprotocol: string | undefined,
): fc.Arbitrary<Malformed<Readonly<Record<string, string>>>> {
  const own: Readonly<Record<string, string>> =
    subprotocol === undefined ? {} : { "sec-websocket-protocol": subprotocol };
  const wrong = (kind: string, ...all: readonly Readonly<Record<string, string>>[]) =>
    fc.constantFrom(...all).map((headers) => ({ kind, content: { ...own, ...headers } }));
  return fc.oneof(
    wrong(
      "key",
      ...["", "x", "A".repeat(24), "!".repeat(22), "A".repeat(22)].map((each) => ({ "sec-websocket-key": each })),
    ),
    wrong("version", ...["", "0", "12", "14", "x", "-1", "13, 8"].map((each) => ({ "sec-websocket-version": each }))),
    wrong(
      "unknown subprotocol",
      ...["sluice.v9", "v1", "SLUICE.V1", "bearer.", "bearer.x"].map((each) => ({ "sec-websocket-protocol": each })),
    ),
    wrong(
      "subprotocol",
      ...[",", "a b", "sluice.v1,,", "sluice.v1, sluice.v1", "\u00e9", "(x)"].map((each) => ({
        "sec-websocket-protocol": each,
      })),
    ),
    wrong("upgrade", { upgrade: "h2c" }, { upgrade: "websocket2" }, { upgrade: "" }),
    wrong("extension", { "sec-websocket-extensions": "permessage-deflate; x=" }, { "sec-websocket-extensions": ";;" }),
  );
}
