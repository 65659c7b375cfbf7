import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameBounds, parseJson, parseJsonObject } from "../../../../core/kit/index.ts";

const refused = (what: RegExp) =>
  expect.objectContaining({ code: "SLUICE_JSON_REFUSED", message: expect.stringMatching(what) });
const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);

describe("parseJson", () => {
  it("should read what JSON.parse reads, as it reads it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        // That key is refused, which has a test of its own.
        fc.pre(!text.includes("__proto__"));
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("should throw one kind of error for whatever text comes", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(...'[]{}",:\\u01e-. ') })),
        (text) => {
          try {
            parseJson(text);
          } catch (error) {
            expect(error).toMatchObject({ code: "SLUICE_JSON_REFUSED" });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["arrays", nested(65)],
    ["arrays by the thousand", nested(20_000)],
    ["arrays that are never closed", "[".repeat(5_000_000)],
    ["objects", nested(65, '{"a":', "}")],
    ["a mixture", nested(40, '[{"a":', "}]")],
    ["depth behind a long string", `["${'\\"x'.repeat(1000)}",${nested(64)}]`],
    ["depth behind a string that ends in a backslash", `["\\\\",${nested(64)}]`],
  ])("should refuse %s deeper than the bound", (_, text) => {
    expect(() => parseJson(text)).toThrow(refused(/deeper than 64 levels/));
  });

  it("should take what is as deep as the bound, and brackets that are only text", () => {
    expect(parseJson(nested(64))).toHaveLength(1);
    expect(parseJson(JSON.stringify({ text: nested(20_000) }))).toEqual({ text: nested(20_000) });
    expect(parseJson(JSON.stringify([nested(500, '\\"[', "]")]))).toHaveLength(1);
  });

  it.each([
    ["numbers", `[${"0,".repeat(frameBounds.nodes)}0]`],
    ["empty arrays", `[${"[],".repeat(frameBounds.nodes)}[]]`],
    ["keys", `{${'"a":0,'.repeat(frameBounds.nodes)}"b":0}`],
  ])("should refuse more %s than the bound", (_, text) => {
    expect(() => parseJson(text)).toThrow(refused(/more than 200000 values/));
  });

  it("should refuse more bytes than the bound, before anything is decoded", () => {
    const bounds = { bytes: 10 };
    expect(() => parseJson('"123456789"', bounds)).toThrow(refused(/more than 10 bytes/));
    expect(() => parseJson(Buffer.from('"123456789"'), bounds)).toThrow(refused(/more than 10 bytes/));
    expect(parseJson('"12345678"', bounds)).toBe("12345678");
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__" \n:1}]}',
    '{"\\u005f_proto__":1}',
    '{"\\u005f\\u005F\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":1}',
  ])("should refuse the key __proto__ in %s", (text) => {
    expect(() => parseJson(text)).toThrow(refused(/__proto__/));
  });

  it.each([
    '["__proto__"]',
    '{"a":"__proto__"}',
    '{"proto":1,"__proto":2}',
    '"print(x.__proto__)"',
    '{"a__proto__":1}',
  ])("should take %s, where no key has that name", (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it("should quote nothing of what it refuses", () => {
    for (const text of ['{"key":"sk-secret"', "sk-secret", '{"sk-secret":__proto__}', '["sk-secret"]sk-secret']) {
      expect(() => parseJson(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining("secret") }),
      );
    }
  });

  it("should cost no more than the text is long", () => {
    const long = 4 << 20;
    for (const text of [
      `"${"\\".repeat(long)}`,
      `"${'\\"'.repeat(long / 2)}`,
      '"__proto__"'.repeat(long / 11),
      `"__proto__"${" ".repeat(long)}x`,
    ]) {
      expect(() => parseJson(text)).toThrow(refused(/not JSON/));
    }
  });

  it("should name who sent it, and take the code that the caller gives", () => {
    expect(() => parseJsonObject("[]", { from: "the container", code: "SLUICE_WIRE_PARSE" })).toThrow(
      expect.objectContaining({ code: "SLUICE_WIRE_PARSE", message: "the container sent JSON that is not an object" }),
    );
  });
});
