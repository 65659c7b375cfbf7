import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { setValue } from "../../../core/config/edit/edit.ts";

const profile = `# top
version: 1   # one

plugins:
  gpt:     { use: llm-openai,    with: { model: gpt-5.2,  apiKey: "\${env:KEY}" } } # behind
  # the box
  box:
    use: docker-sandbox   # inline
    with:
      memory:   512m      # much
      list: [a,  b]

flows:
  run:    box                       # code in
`;

/** The lines that differ. */
function changed(pointer: string, value: unknown): { gone: string[]; come: string[] } {
  const [before, after] = [profile.split("\n"), setValue(profile, pointer, value).split("\n")];
  return { gone: before.filter((line) => !after.includes(line)), come: after.filter((line) => !before.includes(line)) };
}

describe("setting a value", () => {
  test("should change nothing but the value", () => {
    expect(changed("/plugins/box/with/memory", "1g")).toEqual({
      gone: ["      memory:   512m      # much"],
      come: ["      memory:   1g      # much"],
    });
  });

  test("should quote where plain text would mean something else", () => {
    expect(changed("/flows/run", "a, b: #c").come).toEqual(['  run:    "a, b: #c"                       # code in']);
    expect(parse(setValue(profile, "/plugins/gpt/with/model", "true"))).toMatchObject({
      plugins: { gpt: { with: { model: "true" } } },
    });
  });

  test("should add keys in the style of the map they come to", () => {
    expect(changed("/plugins/box/with/cpus", 2)).toEqual({ gone: [], come: ["      cpus: 2"] });
    expect(changed("/plugins/gpt/with/retries", 3).come[0]).toContain('apiKey: "${env:KEY}", retries: 3 } } # behind');
    expect(changed("/plugins/box/restart/attempts", 2).come).toEqual(["    restart: { attempts: 2 }"]);
  });

  test("should remove keys with their line or their comma", () => {
    expect(changed("/plugins/box/with/memory", undefined)).toEqual({
      gone: ["      memory:   512m      # much"],
      come: [],
    });
    expect(changed("/plugins/gpt/with/model", undefined).come[0]).toContain(
      'with: { apiKey: "${env:KEY}" } } # behind',
    );
    expect(changed("/plugins/gpt/with/apiKey", undefined).come[0]).toContain("with: { model: gpt-5.2 } } # behind");
  });

  test("should begin an empty profile, and keep line ends", () => {
    expect(parse(setValue("", "/plugins/box/use", "x"))).toEqual({ plugins: { box: { use: "x" } } });
    expect(setValue("a: 1\r\nb: 2\r\n", "/c", 3)).toBe("a: 1\r\nb: 2\r\nc: 3\r\n");
  });

  test("should refuse what cannot be done, by code", () => {
    expect(() => setValue(profile, "/version/minor", 1)).toThrow(
      expect.objectContaining({ code: "SLUICE_CONFIG_VALUE" }),
    );
    expect(() => setValue(profile, "", {})).toThrow(expect.objectContaining({ code: "SLUICE_CONFIG_VALUE" }));
    expect(() => setValue("a: [", "/a", 1)).toThrow(expect.objectContaining({ code: "SLUICE_CONFIG_SYNTAX" }));
  });

  test("should mean what was asked for, whatever the value", () => {
    const pointers = [
      "/plugins/box/with/memory",
      "/plugins/box/with/list/0",
      "/plugins/gpt/with/new",
      "/flows/run",
      "/name",
    ];
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.string()),
    );
    fc.assert(
      fc.property(fc.constantFrom(...pointers), value, (pointer, wanted) => {
        let found: unknown = parse(setValue(profile, pointer, wanted));
        for (const segment of pointer.split("/").slice(1)) found = (found as Record<string, unknown>)[segment];
        expect(found).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });
});
