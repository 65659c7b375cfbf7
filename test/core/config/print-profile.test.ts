import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadPlan, type Plan, printProfile } from "../../../core/command-line.ts";

describe("a printed profile", () => {
  let folder: string;
  let plan: Plan;
  const secret = "sk-planted-1234567890";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-print-"));
    const base =
      "version: 1\nplugins:\n  gpt: { use: llm-openai, with: { model: gpt-5.2, apiKey: '${env:KEY}' } }\nflows: { a: gpt }\n";
    writeFileSync(join(folder, "base.yaml"), base);
    const own =
      'extends: ./base.yaml\nplugins:\n  gpt: { with: { model: "${env:MODEL}" } }\nflows: { b: [gpt, gpt] }\n';
    writeFileSync(join(folder, "sluice.yaml"), own);
    const env = { KEY: secret, MODEL: `gpt-6 # ${secret}\nx` };
    const loaded = await loadPlan({ file: "sluice.yaml", cwd: folder, env });
    if (loaded.plan === undefined) throw new Error(JSON.stringify(loaded.problems));
    plan = loaded.plan;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("should be the merged profile again, when it is read", () => {
    for (const origins of [true, false]) {
      const text = printProfile(plan, { origins });
      expect(parse(text)).toEqual(plan.display);
      expect(text).not.toContain(secret);
    }
  });

  it("should say of each value where it was written, in whichever file", () => {
    const text = printProfile(plan, { origins: true });
    expect(text).toMatch(/use: llm-openai # \S*base\.yaml:3:15/);
    expect(text).toMatch(/model: \|- # sluice\.yaml:3:25\n +gpt-6/);
    expect(text).toMatch(/- gpt # sluice\.yaml:4:14\n +- gpt # sluice\.yaml:4:19/);
  });
});
