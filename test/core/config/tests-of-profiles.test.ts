import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { profileSchema } from "../../../core/config/flows/profile-schema.ts";
import { Discoverer } from "../../../core/plugin/discover.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";

const manifests = (await new Discoverer().builtIns()).map(({ manifest }) => manifest);
const editor = new Ajv({ allErrors: true, strict: false, formats: { uri: true } }).compile(profileSchema(manifests));

const profile = (test: string) => `version: 1
plugins:
  gpt: { use: llm-openai, optional: true, with: { model: gpt-5.2, apiKey: "\${env:NO_KEY}" } }
  tiny: { use: llm-scripted }
  box: { use: docker-sandbox }
flows:
  chat: { fallback: [gpt, tiny] }
  run: box
tests:
  first: ${test}
`;
const load = (test: string) => loadTextOf(profile(test));
const loadTextOf = (text: string) => loadPlan({ file: "sluice.yaml", text, cwd: "/", env: {}, implicitStore: false });

describe("a test of a profile", () => {
  it.each([
    "{ input: hi }",
    '{ input: { text: hi, files: { a.txt: "1" } }, timeout: 5s, flow: tiny }',
    '{ input: { code: "print(1)", language: python, args: [a], stdin: x, file: a.py }, expect: { exitCode: 0, stdout: "1" } }',
    "{ input: hi, models: { gpt: [yes, { text: more, code: print(1) }] }, expect: { text: { contains: [y, e], matches: s$ } } }",
    "{ input: hi, sandboxes: { box: ['1', { when: a, stdout: b, exitCode: 3, files: { a.txt: x }, wait: 5ms }] } }",
    "{ input: hi, answers: [true, no], expect: { events: [core.run-*, { event: gpt.model-end, data: { reason: stop } }, tiny], without: ['*.error'] } }",
    "{ turns: [{ input: a }, { input: b, answers: [], expect: { status: failed, errors: [SLUICE_MODEL_SCRIPT], snapshot: true } }] }",
  ])("should be read: %s", async (test) => {
    const { plan, problems } = await load(test);
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(plan?.tests.map(({ name }) => name)).toEqual(["first"]);
    expect(editor(parse(profile(test))), JSON.stringify(editor.errors)).toBe(true);
  });

  it.each([
    // What, the code, what the message says, and whether an editor sees it as well.
    ["[]", "SLUICE_CONFIG_TYPE", "a map", true],
    ["{}", "SLUICE_CONFIG_MISSING_KEY", "`input` or `turns`", true],
    ["{ input: hi, expct: {} }", "SLUICE_CONFIG_UNKNOWN_KEY", "expct", true],
    ["{ input: hi, turns: [{ input: hi }] }", "SLUICE_CONFIG_VALUE", "not beside them", true],
    ["{ expect: {}, turns: [{ input: hi }] }", "SLUICE_CONFIG_VALUE", "not beside them", true],
    ["{ turns: [] }", "SLUICE_CONFIG_VALUE", "turns", true],
    ["{ input: { text: hi, code: x } }", "SLUICE_CONFIG_VALUE", "either a `text` or a `code`", false],
    ["{ input: { files: {} } }", "SLUICE_CONFIG_VALUE", "either a `text` or a `code`", false],
    ["{ input: hi, timeout: 5 }", "SLUICE_CONFIG_UNIT", "needs a unit", true],
    ["{ input: hi, flow: chta }", "SLUICE_CONFIG_UNKNOWN_REFERENCE", "chta", false],
    ["{ input: hi, models: { gtp: [yes] } }", "SLUICE_CONFIG_UNKNOWN_REFERENCE", "gtp", false],
    ["{ input: hi, models: { box: [yes] } }", "SLUICE_CONFIG_WRONG_KIND", "no model", false],
    ["{ input: hi, sandboxes: { gpt: [yes] } }", "SLUICE_CONFIG_WRONG_KIND", "no sandbox", false],
    ["{ input: hi, sandboxes: { box: [{ out: a }] } }", "SLUICE_CONFIG_UNKNOWN_KEY", "out", true],
    ["{ input: hi, sandboxes: { box: [{ when: '(' }] } }", "SLUICE_CONFIG_VALUE", "regular expression", false],
    ["{ input: hi, models: { gpt: [] } }", "SLUICE_CONFIG_VALUE", "is empty", true],
    ["{ input: hi, models: { gpt: [{ txt: yes }] } }", "SLUICE_CONFIG_UNKNOWN_KEY", "txt", true],
    ["{ input: hi, models: { gpt: [{ when: '(' }] } }", "SLUICE_CONFIG_VALUE", "regular expression", false],
    ["{ input: hi, expect: { text: { matches: '(' } } }", "SLUICE_CONFIG_VALUE", "regular expression", false],
    ["{ input: hi, expect: { status: fine } }", "SLUICE_CONFIG_VALUE", "status", true],
    ["{ input: hi, expect: { stdout: 42 } }", "SLUICE_CONFIG_TYPE", "stdout", true],
    ["{ input: hi, expect: { errors: [SLUICE_NONE] } }", "SLUICE_CONFIG_VALUE", "SLUICE_NONE", false],
    ["{ input: hi, expect: { events: [gpt.text-dalta] } }", "SLUICE_CONFIG_UNKNOWN_REFERENCE", "text-dalta", false],
    ["{ input: hi, expect: { events: [{ evnt: a }] } }", "SLUICE_CONFIG_MISSING_KEY", "needs `event`", true],
    ["{ input: hi, expect: { without: [bax] } }", "SLUICE_CONFIG_UNKNOWN_REFERENCE", "bax", false],
  ])("should be refused in its place: %s", async (test, code, message, seen) => {
    const { plan, problems } = await load(test);
    const [problem] = problems.filter(({ severity }) => severity === "error");
    expect(problem).toMatchObject({ code, message: expect.stringContaining(message), line: 10 });
    expect(plan).toBeUndefined();
    expect(editor(parse(profile(test)))).toBe(!seen);
  });

  it("should have a name as instances have", async () => {
    const { problems } = await loadTextOf(profile("{ input: hi }").replace("first:", '"a b/c":'));
    expect(problems.find(({ severity }) => severity === "error")?.message).toContain("a b/c");
  });

  it("should make a plan of its own, in which a model without a script is absent", async () => {
    const loaded = await load("{ input: hi, models: { gpt: [yes] } }");
    const absent = (plan: typeof loaded.plan) =>
      plan?.instances.filter((each) => each.absent !== undefined).map(({ id }) => id);
    expect(absent(loaded.plan)).toEqual(["gpt"]);
    const plan = loaded.planOfTest("first");
    expect(absent(plan)).toEqual([]);
    expect(plan?.instances.map(({ plugin }) => plugin.manifest.name)).toContain("llm-scripted");
    const other = await loadPlan({
      ...{ file: "sluice.yaml", text: profile("{ input: hi }"), cwd: "/", implicitStore: false },
      env: { NO_KEY: "a-key-that-must-not-be-used" },
    });
    expect(absent(other.plan)).toEqual([]);
    expect(absent(other.planOfTest("first"))).toEqual(["gpt"]);
    expect(loaded.planOfTest("none")).toBeUndefined();
  });
});
