import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { corpus, fixtures, pluginFolders } from "./corpus.ts";

describe("robustness", () => {
  const texts = [...corpus("good"), ...corpus("bad")].map(({ text }) => text);

  test("should name a folder that no file system could have", async () => {
    const text = "version: 1\nplugins:\n  a: { use: ./\u0000nowhere }\nflows: {}\n";
    const { problems } = await loadPlan({
      file: "any.yaml",
      text,
      cwd: join(fixtures, "good"),
      env: {},
      pluginFolders,
    });
    expect(problems.map(({ code, line }) => [code, line])).toContainEqual(["SLUICE_CONFIG_UNKNOWN_PLUGIN", 3]);
  });

  test("should name a problem or give a plan for any text", async () => {
    const mangled = fc
      .tuple(
        fc.constantFrom(...texts),
        fc.nat(),
        fc.nat({ max: 30 }),
        fc.constantFrom("", "\t", "[", "}", ": ", "*a", "${", "\u0000", "- ", "null", "&x "),
      )
      .map(
        ([text, at, length, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + length),
      );
    await fc.assert(
      fc.asyncProperty(mangled, async (text) => {
        const { plan, problems } = await loadPlan({
          file: "any.yaml",
          text,
          cwd: join(fixtures, "good"),
          env: {},
          pluginFolders,
        });
        const errors = problems.filter(({ severity }) => severity === "error");
        expect(plan === undefined).toBe(errors.length > 0);
        for (const { line, column, file } of problems)
          if (file === "any.yaml") expect([line, column]).not.toContain(undefined);
      }),
      { numRuns: 300 },
    );
  });
});
