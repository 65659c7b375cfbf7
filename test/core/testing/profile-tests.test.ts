import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type TestResult, testProfile } from "../../../core/testing/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-tests-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const profile = (tests: string) => `version: 1
plugins:
  gpt: { use: llm-openai, optional: true, with: { model: gpt-5.2, apiKey: "\${env:NO_KEY}", baseURL: "http://127.0.0.1:1/" } }
  claude: { use: llm-scripted, with: { script: [I am Claude.], repeat: true } }
  ask: { use: approve }
  log: { use: log-file, with: { path: must-not-be-written.ndjson } }
flows:
  chat: { fallback: [gpt, claude] }
  both: [{ all: [gpt, claude] }]
  race: { race: [gpt, claude], until: first }
  asked: [gpt, ask]
tests:
${tests.replace(/^(?=.)/gm, "  ")}
`;

async function results(tests: string, options: { update?: boolean; only?: string[]; key?: string } = {}) {
  writeFileSync(join(folder, "sluice.yaml"), profile(tests));
  const { key, ...others } = options;
  const env = { SLUICE_HOME: join(folder, "home"), ...(key === undefined ? {} : { NO_KEY: key }) };
  const found: TestResult[] = [];
  for await (const result of testProfile({ cwd: folder, env, ...others })) found.push(result);
  return found;
}

const failuresOf = ([result]: readonly TestResult[]) =>
  result?.failures.map(({ key, message }) => `${key}: ${message}`);

describe("the tests of a profile", () => {
  it("should pass where everything is as expected, and write nothing", async () => {
    const tests = `
greets:
  input: hello
  models: { gpt: [{ text: "Hello.\\nHow are you?\\n", reasoning: Hm. }] }
  expect:
    text: |
      Hello.
      How are you?
    events: [core.run-start, gpt.reasoning-delta, { event: gpt.text-delta, data: { text: "Hello.\\nHow are you?\\n" } }, core.run-end]
    without: ["claude.*", "*.error"]
falls-back:
  input: hello
  models: { gpt: [{ error: { status: 401 } }] }
  expect: { text: I am Claude., errors: [SLUICE_MODEL_AUTH], status: ok }
unscripted: { input: hello, expect: { text: { contains: [I am, Claude], matches: "^I" } } }
alone: { flow: gpt, input: hello, models: { gpt: [yes] }, expect: { text: yes } }
fails: { flow: gpt, input: hello, models: { gpt: [{ error: { status: 401 } }] }, expect: { status: failed } }
turns:
  models: { gpt: [one, two] }
  turns: [{ input: a, expect: { text: one } }, { input: b, expect: { text: two } }]
`;
    const all = await results(tests);
    expect(all.map(({ name, failures }) => [name, failures])).toEqual(
      ["greets", "falls-back", "unscripted", "alone", "fails", "turns"].map((name) => [name, []]),
    );
    expect(() => readFileSync(join(folder, "must-not-be-written.ndjson"))).toThrow();
    expect(() => readFileSync(join(folder, "home/data/sluice.db"))).toThrow();
  });

  it("should never ask a real model, whatever keys there are", async () => {
    const [result] = await results("real: { flow: gpt, input: hello }", { key: "a-key-that-must-not-be-used" });
    expect(result).toMatchObject({ passed: false, failures: [{ message: expect.stringContaining("gpt") }] });
    const [other] = await results("real: { input: hello, expect: { text: I am Claude. } }", {
      key: "a-key-of-somebody",
    });
    expect(other?.failures).toEqual([]);
  });

  it.each([
    ["expect: { text: Hi }", ["text: text is another text"]],
    ["expect: { text: { contains: Hi } }", ['text/contains: text does not contain "Hi"']],
    ["expect: { text: { matches: ^Hi } }", ["text/matches: text does not match /^Hi/"]],
    ["expect: { status: failed }", ["status: the run ended as ok, and not as failed"]],
    ["expect: { exitCode: 0 }", ["exitCode: the exit code is none, and not 0"]],
    ["expect: { errors: [SLUICE_MODEL_AUTH] }", ["errors: the errors are others"]],
    ["expect: { without: [gpt] }", ['without/0: there is gpt.model-start, which "gpt" rules out']],
    ["expect: { events: [gpt.text-end, gpt.text-start] }", ["events/1: there is no gpt.text-start after gpt.text-end"]],
    [
      "expect: { events: [{ event: gpt.text-delta, data: { text: Hi } }] }",
      ['events/0: there is no gpt.text-delta with {"text":"Hi"}; its data is {"text":"Hello."}'],
    ],
    ["expect: { snapshot: true }", [expect.stringContaining("there is no snapshot yet")]],
  ])("should say what is other than expected: %s", async (expectation, failures) => {
    const all = await results(`greets:\n  input: hello\n  models: { gpt: [Hello.] }\n  ${expectation}\n`);
    expect(failuresOf(all)).toEqual(failures);
    expect(all[0]?.failures[0]?.at).toMatch(/^.*sluice\.yaml:16:\d+$/);
  });

  it("should show how two texts differ, line by line", async () => {
    const all = await results(
      'greets:\n  input: hello\n  models: { gpt: ["a\\nb\\nc"] }\n  expect: { text: "a\\nB\\nc" }\n',
    );
    expect(all[0]?.failures[0]?.lines).toEqual([" a", "-B", "+b", " c"]);
  });

  it("should say that a model has no further answer, that a run hangs, and that somebody asks in vain", async () => {
    const all = await results(`
short: { flow: gpt, models: { gpt: [one] }, turns: [{ input: a }, { input: b }] }
hangs: { flow: gpt, input: a, timeout: 100ms, models: { gpt: [{ text: x, hang: true }] } }
asks: { flow: asked, input: a, models: { gpt: [{ code: print(1) }] }, answers: [] }
yes: { flow: asked, input: a, models: { gpt: [{ code: print(1) }] }, answers: [true] }
`);
    expect(all.map(({ name, passed }) => [name, passed])).toEqual([
      ["short", false],
      ["hangs", false],
      ["asks", false],
      ["yes", true],
    ]);
    expect(all[0]?.failures[0]).toMatchObject({ turn: 2, message: expect.stringContaining("SLUICE_MODEL_SCRIPT") });
    expect(all[1]?.failures[0]?.message).toContain("timeout");
  });

  it("should keep the events when told, and hold later runs against them", async () => {
    const text = (first: string) => `
both: { flow: both, input: hello, models: { gpt: [{ text: ${first}, chunk: 1, delay: 1ms }] }, expect: { snapshot: true } }
race: { flow: race, input: hello, models: { gpt: [{ text: ${first}, wait: 200ms }] }, expect: { snapshot: true } }
`;
    const [first] = await results(text("abc"), { update: true });
    expect(first).toMatchObject({ passed: true, updated: true });
    const kept = readFileSync(join(folder, "sluice.snapshots/both.txt"), "utf8");
    expect(kept).toContain('[0] gpt.text-delta {"text":"abc"}');
    expect(readFileSync(join(folder, "sluice.snapshots/race.txt"), "utf8")).not.toContain("gpt");
    for (let time = 0; time < 3; time += 1) {
      expect((await results(text("abc"))).map(({ passed, updated }) => [passed, updated])).toEqual([
        [true, false],
        [true, false],
      ]);
    }
    const [changed] = await results(text("abd"), { only: ["both"] });
    expect(changed?.failures[0]?.lines).toEqual(
      expect.arrayContaining(['-[0] gpt.text-delta {"text":"abc"}', '+[0] gpt.text-delta {"text":"abd"}']),
    );
    expect(readFileSync(join(folder, "sluice.snapshots/both.txt"), "utf8")).toBe(kept);
    expect(await results(text("abd"), { only: ["both"], update: true })).toMatchObject([
      { passed: true, updated: true },
    ]);
  });

  it("should refuse a name that no test has", async () => {
    await expect(results("a: { input: x }", { only: ["b"] })).rejects.toMatchObject({ code: "SLUICE_USAGE" });
  });
});
