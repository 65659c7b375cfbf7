import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SecretMask } from "../../../core/config/report/mask.ts";
import { RunStdin } from "../../../core/run/stdin.ts";

const digest = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const noSecrets = new SecretMask();

async function* pieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  // One buffer for all pieces, as a reader of files may have it.
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

async function read(stdin: RunStdin, most = Number.POSITIVE_INFINITY): Promise<void> {
  let length = 0;
  for await (const piece of stdin.open()) {
    length += piece.length;
    if (length >= most) break;
  }
}

async function toldOf(bytes: Uint8Array | string, mask = noSecrets) {
  const stdin = new RunStdin(pieces(Buffer.from(bytes), 7));
  await Promise.all([read(stdin), read(stdin)]);
  return stdin.told(mask);
}

describe("what is told of a standard input", () => {
  it.each(["", "one\n", "ü日本🙂\r\n\0", "\ufeffa", "x".repeat(65_536)])(
    "should be the text itself (%#)",
    async (text) => {
      const bytes = Buffer.byteLength(text);
      const kept = text === "" ? {} : { sha256: digest(text), text };
      expect(await toldOf(text)).toEqual({ bytes, whole: true, ...kept });
    },
  );

  it("should be bytes where they are no text", async () => {
    const bytes = Uint8Array.of(0xff, 0, 10);
    expect(await toldOf(bytes)).toEqual({ bytes: 3, whole: true, sha256: digest(bytes), base64: "/wAK" });
  });

  it("should be length and digest where there is much of it", async () => {
    const text = "x".repeat(65_537);
    expect(await toldOf(text)).toEqual({ bytes: 65_537, whole: true, sha256: digest(text) });
  });

  it("should have no secret in it, and no digest by which one could be tried out", async () => {
    const mask = new SecretMask(["hunter2-hunter2"]);
    expect(await toldOf("key: hunter2-hunter2\n", mask)).toEqual({
      ...{ bytes: 21, whole: true, masked: true, text: "key: ***\n" },
    });
    const bytes = Buffer.concat([Uint8Array.of(0xff), Buffer.from("hunter2-hunter2")]);
    expect(await toldOf(bytes, mask)).toEqual({ bytes: 16, whole: true, masked: true });
  });

  it("should be what was read of a stream, and the whole of a text that nobody read", async () => {
    const stdin = new RunStdin(pieces(Buffer.from("x".repeat(100)), 10));
    expect(stdin.told(noSecrets)).toEqual({ bytes: 0, whole: false });
    await read(stdin, 20);
    expect(stdin.told(noSecrets)).toMatchObject({ bytes: 20, whole: false, text: "x".repeat(20) });
    expect(new RunStdin("said").told(noSecrets)).toMatchObject({ bytes: 4, whole: true, text: "said" });
  });
});
