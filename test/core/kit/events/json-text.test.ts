import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../core/contract/event.ts";
import { rememberDataJson } from "../../../../core/kit/events/data-json.ts";
import { jsonOfText } from "../../../../core/kit/events/json-text.ts";
import { eventBytes, eventFrame, eventJson, parseEvent, stamp } from "../../../../core/kit/events/stamped-event.ts";

const written = (text: string) => {
  const bytes = jsonOfText(text);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
};
const expected = (text: string) => (text.isWellFormed() ? JSON.stringify(text).slice(1, -1) : undefined);

describe("a text as JSON in bytes", () => {
  it("should be what JSON.stringify writes, for every character at every place in a word", () => {
    for (let code = 0; code < 0x3000; code += 1) {
      const before = "x".repeat(code % 7);
      const text = `${before}${String.fromCharCode(code)}yz`;
      expect(written(text), `U+${code.toString(16)}`).toBe(expected(text));
    }
  });

  it("should be what JSON.stringify writes, for any text", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.string({ unit: "binary-ascii", maxLength: 300 }),
      fc.array(fc.constantFrom("x".repeat(79), "\n", '"', "\\", "\u0000", "é", "😀", "\ud83d"), { maxLength: 60 }),
    );
    fc.assert(
      fc.property(texts, (parts) => {
        const text = typeof parts === "string" ? parts : parts.join("");
        expect(written(text)).toBe(expected(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("should have room for the text that takes most, and leave what is longer to others", () => {
    expect(written("\u0001".repeat(65_536))).toBe("\\u0001".repeat(65_536));
    expect(written("€".repeat(65_536))).toBe("€".repeat(65_536));
    expect(written("x".repeat(65_537))).toBeUndefined();
  });
});

describe("a large event as bytes", () => {
  const lines = "a line of output\n".repeat(1_000);
  const data: readonly Record<string, unknown>[] = [
    { text: lines, offset: 7 },
    { offset: 7, text: `${lines}"quoted" \\ é 😀 \u0000`, note: "after" },
    { text: `${lines}\ud83d`, offset: 0 },
    { text: lines.repeat(20), offset: 0 },
    { base64: "QUJD".repeat(3_000), offset: 0 },
    { text: "short", "image/png": "QUJD".repeat(3_000) },
  ];

  it.each(data.map((each, index) => [index, each] as const))("should be its JSON (%i)", (_index, each) => {
    const emission = { source: "box", branch: "b", type: "exec-stdout", data: each } as never;
    const make = () => stamp("r1", 3, "2026-01-01T00:00:00.000Z", emission);
    const plain = JSON.stringify(make());
    expect(eventBytes(make())?.toString()).toBe(plain);
    expect(eventBytes({ ...make() } as RunEvent)?.toString()).toBe(plain);
    // Whoever asks first, the others get the same.
    const event = make();
    expect(eventJson(event)).toBe(plain);
    expect(eventBytes(event)?.toString()).toBe(plain);
    expect(eventFrame(event)).toBe(eventFrame(event));
    expect(eventFrame(event)?.toString()).toBe(`{"t":"event","event":${plain}}`);
    expect(eventJson(event)).toBe(plain);
    expect(eventBytes(parseEvent(plain))?.toString()).toBe(plain);
  });

  it("should not exist for a small one", () => {
    const emission = { source: "gpt", type: "text-delta", data: { text: "Hello" } } as never;
    expect(eventBytes(stamp("r1", 3, "2026-01-01T00:00:00.000Z", emission))).toBeUndefined();
  });
});

describe("an event whose data has been written already", () => {
  const values: readonly Record<string, unknown>[] = [
    { data: { "text/plain": "small" } },
    { data: { "application/json": Array.from({ length: 30_000 }, () => []) } },
    { data: { "text/plain": "x".repeat(5_000) }, displayId: "a" },
    { data: { "image/png": "QUJD".repeat(50_000) } },
  ];

  it.each(values.map((each, index) => [index, each] as const))(
    "should be the same JSON, once and again (%i)",
    (_, data) => {
      const emission = { source: "box", branch: "b", type: "exec-result", data } as never;
      const plain = JSON.stringify(stamp("r1", 3, "2026-01-01T00:00:00.000Z", emission));
      rememberDataJson(data, JSON.stringify(data));
      const event = stamp("r1", 3, "2026-01-01T00:00:00.000Z", emission);
      expect([eventBytes(event)?.toString() ?? eventJson(event), eventJson(event), JSON.stringify(event)]).toEqual([
        ...[plain, plain, plain],
      ]);
      // Remembered for one event alone: the data may be that of another one later.
      expect(eventJson(stamp("r1", 4, "2026-01-01T00:00:00.000Z", emission))).toContain('"seq":4');
    },
  );
});
