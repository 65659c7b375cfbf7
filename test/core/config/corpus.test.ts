import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { profileSchema } from "../../../core/config/flows/profile-schema.ts";
import type { Problem } from "../../../core/contract/problem.ts";
import { Discoverer } from "../../../core/plugin/discover.ts";
import { corpus, load, pluginFolders, type Sample } from "./corpus.ts";

const manifests = (await new Discoverer(pluginFolders).builtIns()).map(({ manifest }) => manifest);
const editorSchema = new Ajv({ allErrors: true, strict: false, formats: { uri: true } }).compile(
  profileSchema(manifests),
);

/** What an editor says of the one file it has open. */
function editorAccepts(text: string): boolean {
  try {
    return editorSchema(parse(text, { merge: true }));
  } catch {
    return false;
  }
}

/** `CODE line:column`, with the file where it is another one. */
function brief(problem: Problem, sample: Sample): string {
  const file = problem.file === sample.name ? [] : [problem.file];
  const place = problem.line === undefined ? [] : [`${problem.line}:${problem.column}`];
  return [problem.code, ...file, ...place].join(" ");
}

describe("good profiles", () => {
  test.each(corpus("good"))("should load $name", async (sample) => {
    const { plan, problems } = await load("good", sample);
    expect(problems.map((problem) => brief(problem, sample))).toEqual(sample.expected);
    expect(problems.every(({ severity }) => severity === "warning")).toBe(true);
    expect(plan).toBeDefined();
  });

  test.each(corpus("good"))("should be accepted by an editor: $name", ({ text }) => {
    expect(editorAccepts(text), JSON.stringify(editorSchema.errors)).toBe(true);
  });
});

describe("bad profiles", () => {
  test.each(corpus("bad"))("should show every problem of $name at its place", async (sample) => {
    const { plan, problems } = await load("bad", sample);
    expect(sample.expected.length).toBeGreaterThan(0);
    expect(problems.map((problem) => brief(problem, sample))).toEqual(sample.expected);
    expect(plan).toBeUndefined();
    for (const { message, cure, severity } of problems) expect([message, cure, severity]).not.toContain("");
  });

  test.each(corpus("bad"))("should be refused by an editor if a schema can know: $name", (sample) => {
    expect(editorAccepts(sample.text)).toBe(sample.editorAccepts);
  });

  test.each(corpus("bad").filter(({ name }) => ["types.yaml", "units.yaml", "flow-shapes.yaml"].includes(name)))(
    "should be refused by an editor for each of its problems alone: $name",
    async (sample) => {
      // Line by line, so that one fault does not hide that another one is accepted.
      const { problems } = await load("bad", sample);
      const faulty = new Set(problems.map(({ line }) => line));
      const lines = sample.text.split("\n");
      for (const line of faulty) {
        const alone = lines.filter((_, index) => !faulty.has(index + 1) || index + 1 === line).join("\n");
        expect(editorAccepts(alone), lines[(line ?? 1) - 1]).toBe(false);
      }
      expect(editorAccepts(lines.filter((_, index) => !faulty.has(index + 1)).join("\n"))).toBe(true);
    },
  );
});
