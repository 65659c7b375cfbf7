import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretMask } from "../../../core/config/report/mask.ts";
import { formsOf } from "../../../core/config/report/secret-forms.ts";
import type { Emission } from "../../../core/contract/event.ts";
import { MaskedStream } from "../../../core/run/masked-stream.ts";

const secret = "sk-planted/0123 456+789";
const delta = (text: string): Emission => ({ source: "gpt", type: "text-delta", data: { text } });
const stdout = (text: string, offset: number): Emission => ({
  source: "box",
  type: "exec-stdout",
  data: { text, offset },
});
const end: Emission = { source: "gpt", type: "text-end", data: {} } as Emission;

function told(stream: MaskedStream, emissions: readonly Emission[]): Emission[] {
  return emissions.flatMap((each) => [
    ...stream.before(each),
    ...[stream.pass(each)].filter((one) => one !== undefined),
  ]);
}

const textOf = (emissions: readonly Emission[]) =>
  emissions.map(({ data }) => (data as { text?: string }).text ?? "").join("");

describe("secrets in what a run tells", () => {
  it("should be masked in every form, wherever the pieces are cut", () => {
    const any = fc.constantFrom(...formsOf(secret));
    const around = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(around, any, around, fc.array(fc.nat(80), { maxLength: 6 }), (before, form, after, cuts) => {
        const text = `${before} ${form} ${after}`;
        const places = [...new Set([0, ...cuts.map((cut) => cut % text.length), text.length])].sort((a, b) => a - b);
        const parts = places.slice(1).map((place, index) => delta(text.slice(places[index], place)));
        const said = textOf(told(new MaskedStream(new SecretMask([secret])), [...parts, end]));
        // Of a secret cut after its first characters, these may have been told; the rest never is.
        expect(said).not.toContain(form.slice(3));
        expect(said).toContain(after);
      }),
    );
  });

  it("should be masked as languages write bytes and characters, whatever stands around it", () => {
    const bytes = [...Buffer.from(secret)].map((byte) => byte.toString(16).padStart(2, "0"));
    const written = [
      bytes.join(""),
      bytes.join(" "),
      bytes.join(":"),
      bytes.map((byte) => `%${byte}`).join(""),
      bytes.map((byte) => `\\x${byte}`).join(""),
      bytes.map((byte) => `\\u00${byte}`).join(""),
    ].flatMap((text) => [text, text.replace(/[0-9a-f]{2}/g, (byte) => byte.toUpperCase())]);
    const mask = new SecretMask([secret]);
    for (const text of written) expect(mask.text(`a ${text} z`)).toBe("a *** z");
    for (const encoding of ["base64", "base64url"] as const) {
      for (const before of [0, 1, 2, 3, 4]) {
        for (const after of [0, 1, 2]) {
          const all = Buffer.concat([Buffer.alloc(before, "?"), Buffer.from(secret), Buffer.alloc(after, ">")]);
          const shown = mask.text(all.toString(encoding)).split("***");
          // What is left at each side are the groups that it shares with what stands there.
          expect(shown).toHaveLength(2);
          expect(Math.max(...shown.map(({ length }) => length))).toBeLessThanOrEqual(12);
        }
      }
    }
  });

  it("should be masked in long pieces, at whichever cut one begins or ends", () => {
    const filler = fc.integer({ min: 0, max: 400 }).map((length) => "sk-p. ".repeat(length).slice(0, length));
    fc.assert(
      fc.property(
        ...([filler, fc.constantFrom(...formsOf(secret)), filler, fc.nat(), fc.nat()] as const),
        (before, form, after, one, two) => {
          const text = `${before}${form}${after}`;
          const [first = 0, second = 0] = [one % (text.length + 1), two % (text.length + 1)].sort((a, b) => a - b);
          const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)].map(delta);
          const said = textOf(told(new MaskedStream(new SecretMask([secret])), [...parts, end]));
          expect(said).not.toContain(form.slice(3));
          expect(said.replace(/^.*\*\*\*/s, "")).toBe(after);
        },
      ),
    );
  });

  it("should leave a piece without any as it is, and not copy it", () => {
    const piece = delta("nothing to hide ".repeat(5_000));
    expect(new MaskedStream(new SecretMask([secret])).pass(piece)).toBe(piece);
  });

  it("should lose nothing of what only begins like a secret, and keep the offsets of bytes", () => {
    const stream = new MaskedStream(new SecretMask([secret]));
    const emissions = [
      stdout("é sk-pl", 0),
      stdout("ain", 8),
      { source: "box", type: "exec-end", data: {} } as Emission,
    ];
    const all = told(stream, emissions);
    expect(textOf(all)).toBe("é sk-plain");
    expect(all.map(({ data }) => (data as { offset?: number }).offset)).toEqual([0, 3, undefined]);
  });

  it("should be told before what ends their text, and apart for each branch", () => {
    const stream = new MaskedStream(new SecretMask([secret]));
    const other = { ...delta("sk-planted"), branch: "1" } as Emission;
    const all = told(stream, [other, delta("sk-pla"), end]);
    expect(all.map(({ type, branch }) => [type, branch])).toEqual([
      ["text-delta", undefined],
      ["text-end", undefined],
    ]);
  });

  it("should be masked in values of any shape, and in long texts as fast as short ones", () => {
    const mask = new SecretMask([secret]);
    const data = { data: { "text/plain": `'${secret}'`, "application/json": { deep: [secret] } } };
    expect(
      JSON.stringify(new MaskedStream(mask).pass({ source: "box", type: "exec-result", data } as Emission)),
    ).not.toContain("planted");
    const text = `${"sk-".repeat(200_000)}${secret}`;
    expect(mask.text(text).endsWith("***")).toBe(true);
  });
});

describe("secrets in the names that a program gives", () => {
  it("should be masked, and none of the values be lost", () => {
    const json = { [secret]: 1, [`a ${secret}`]: [{ [secret]: { [secret]: secret } }], [secret.toUpperCase()]: 2 };
    const result = { id: 1, mime: { "application/json": { ...json, "***": 3 }, [secret]: "x" } };
    const event = { source: "box", type: "exec-result", data: result } as unknown as Emission;
    const [shown] = told(new MaskedStream(new SecretMask([secret])), [event]);
    expect(JSON.stringify(shown)).not.toContain(secret);
    const { mime } = (shown as Emission).data as unknown as typeof result;
    expect(Object.values(mime["application/json"])).toEqual([1, [{ "***": { "***": "***" } }], 2, 3]);
  });
});

describe("large values in what a run tells", () => {
  const mask = new SecretMask([secret, 'pass"word\\of é\n1']);
  const forms = [...formsOf(secret), ...formsOf('pass"word\\of é\n1')];

  it("should never be called clear where a text or a name holds a form of a secret", () => {
    const around = fc.constantFrom("", "a", '"', "\\", "\n", "é", "😀", "abc");
    const places = fc.constantFrom<(text: string) => unknown>(
      (text) => ({ data: { "text/plain": text } }),
      (text) => ({ data: { [text]: 1 } }),
      (text) => [[], [{ a: [0, text] }]],
    );
    fc.assert(
      fc.property(around, fc.constantFrom(...forms), around, places, (before, form, after, place) => {
        const value = place(before + form + after);
        // What the walk finds, the search must not miss.
        if (JSON.stringify(mask.value(value)) === JSON.stringify(value)) return;
        expect(mask.isClearJson(JSON.stringify(value))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("should be passed on as they are where they are clear, and copied with stars where not", () => {
    const result = (text: string): Emission => ({
      ...{ source: "box", type: "exec-result" },
      data: { data: { "application/json": [{ a: text }, ["b"]] } },
    });
    const clear = result("nothing");
    expect(new MaskedStream(mask).pass(clear)).toBe(clear);
    expect(new MaskedStream(mask).pass(result(`a ${secret}`))).toEqual(result("a ***"));
  });
});

describe("text that is held back", () => {
  it("should be counted for what comes after it in its branch, and for nothing else", () => {
    const stream = new MaskedStream(new SecretMask([secret]));
    const held = { ...delta(`said ${secret.slice(0, 8)}`), branch: "0" } as Emission;
    stream.pass(held);
    expect(stream.due({ type: "model-start", branch: "0" })).toBe(1);
    expect(stream.before({ ...end, branch: "0" })).toHaveLength(1);
    expect(stream.due({ type: "model-start", branch: "0" })).toBe(0);
    stream.pass(held);
    expect(stream.due({ type: "text-delta", branch: "0" })).toBe(0);
    expect(stream.due({ type: "model-start", branch: "1" })).toBe(0);
  });
});
