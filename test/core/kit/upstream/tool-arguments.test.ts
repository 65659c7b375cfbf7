import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ToolArguments } from "../../../../core/kit/upstream/tool-arguments.ts";

function read(pieces: readonly string[]) {
  const reader = new ToolArguments();
  const code = pieces.map((piece) => reader.write(piece)).join("") + reader.end();
  return { code, language: reader.language };
}

describe("the arguments of a tool call", () => {
  it("should give the same program however its JSON is written and cut", () => {
    const text = fc.string({ unit: "binary" });
    const others = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 });
    fc.assert(
      fc.property(
        text,
        others,
        fc.boolean(),
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (code, more, first, pretty, sizes) => {
          const { code: _code, language: _language, ...rest } = more;
          const value = first ? { code, ...rest, language: "python" } : { language: "python", ...rest, code };
          let json = JSON.stringify(value, null, pretty ? 2 : 0);
          const pieces: string[] = [];
          while (json !== "") {
            const size = sizes.next().value;
            pieces.push(json.slice(0, size));
            json = json.slice(size);
          }
          expect(read(pieces)).toEqual({ code, language: "python" });
        },
      ),
    );
  });

  it("should give code out before it is complete, once the language is known", () => {
    const reader = new ToolArguments();
    expect(reader.write('{"language": "python", "code": "print(')).toBe("print(");
    expect(reader.write('\\"a')).toBe('"a');
    expect(reader.write("\\u00e9\\")).toBe("é");
    expect(reader.write('n"}')).toBe("\n");
  });

  it("should hold code back until its language is known", () => {
    const reader = new ToolArguments();
    expect(reader.write('{"code": "ls", ')).toBe("");
    expect(reader.write('"language": "bash"')).toBe("ls");
    expect(reader.language).toBe("bash");
  });

  it("should give code without a language at the end", () => {
    expect(read(['{"code": "ls"}'])).toEqual({ code: "ls", language: undefined });
  });

  it.each(["", "[]", "null", "{", '{"code"', '"code"', "not json at all"])("should bear %j", (text) => {
    expect(read([text]).code).toBe("");
  });
});
