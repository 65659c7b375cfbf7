import { describe, expect, it } from "vitest";
import { checkEnv, secretsOf } from "../../../core/flow/program-env.ts";
import { canTravel } from "../../../core/run/queued-request.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { endOf, flowsOver, model, pipeOf, sandbox } from "./flow-kit.ts";

const over = (box: FakeSandbox) => flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
const secret = "s3cret-9f8e7d6c";

describe("the variables of a program", () => {
  it.each([
    ["A", "1"],
    ["_a9", ""],
    ["PATH", "/opt"],
    ["PYTHONPATH", "lib"],
    ["NODE_OPTIONS", "--max-old-space-size=64"],
    ["WORDS", "two\nlines 'and' \"quotes\" \u00e9\u{1f600}"],
    ["__proto__", "own"],
  ])("may be %s=%j", (name, value) => {
    expect(() => checkEnv(Object.fromEntries([[name, value]]))).not.toThrow();
  });

  it.each([
    ["", "1", /no name/],
    ["A=B", "1", /no name/],
    ["A\0", "1", /no name/],
    ["9A", "1", /no name/],
    ["A B", "1", /no name/],
    ["BASH_FUNC_x%%", "() { :; }", /no name/],
    ["A".repeat(129), "1", /no name/],
    ["SLUICE_HOME", "1", /Sluicebox's own/],
    ["sluice_x", "1", /Sluicebox's own/],
    ["LD_PRELOAD", "x.so", /other code/],
    ["LD_LIBRARY_PATH", "/x", /other code/],
    ["BASH_ENV", "x", /other code/],
    ["ENV", "x", /other code/],
    ["GLIBC_TUNABLES", "x", /other code/],
    ["KEY", `${secret}\0`, /NUL/],
    ["KEY", `${secret}\ud800`, /Unicode/],
    ["KEY", secret.repeat(9000), /bytes/],
  ])("may not be %j, and their values are not told", (name, value, message) => {
    const refused = expect.objectContaining({ code: "SLUICE_PROGRAM_ENV", message: expect.stringMatching(message) });
    expect(() => checkEnv({ [name]: value })).toThrow(refused);
    try {
      checkEnv({ [name]: value });
    } catch (error) {
      expect(String(error)).not.toContain(secret);
    }
  });

  it("may be 256, and no more", () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`V${at}`, "x"]));
    expect(() => checkEnv(many(256))).not.toThrow();
    expect(() => checkEnv(many(257))).toThrow(/257 variables/);
  });

  it("should be secrets by their names", () => {
    const env = { API_KEY: "a", token: "b", DB_PASSWORD: "c", AUTH: "d", GREETING: "e" };
    expect(secretsOf(env)).toEqual(["a", "b", "c", "d"]);
  });

  it("should reach the sandbox, and be told by their names alone", async () => {
    const box = new FakeSandbox(() => ({ stdout: `${secret} hello` }));
    const env = { API_KEY: secret, GREETING: "hello" };
    const events = await over(box).collect({ input: { code: "x", env } });
    expect(box.sessions[0]?.asked[0]?.env).toEqual(env);
    expect(events[0]?.data).toMatchObject({ input: { code: "x", env: ["API_KEY", "GREETING"] } });
    const out = events.find(({ type }) => type === "exec-stdout");
    expect(out?.data).toMatchObject({ text: "*** hello" });
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it.each([
    ["printed", (text: string) => ({ stdout: text })],
    ["told as an error", (text: string) => ({ stderr: text })],
  ])("should be kept from providers when %s, in the run and in what continues it", async (_, printed) => {
    const box = new FakeSandbox(() => printed(`it is ${secret}!`));
    const fence = "```python\nprint(1)\n```";
    const gpt = new FakeModel([fence, "Done.", "Done."]);
    const flows = flowsOver(
      { sandboxes: { box }, models: { gpt } },
      {
        run: sandbox("box"),
        chat: { kind: "loop", body: pipeOf(model("gpt"), sandbox("box")), until: "done", max: 3 },
      },
    );
    await flows.collect({ flow: "run", input: { code: "x", env: { API_KEY: secret } }, session: "a" });
    await flows.collect({ flow: "chat", input: { text: "go on" }, session: "a" });
    await flows.collect({ flow: "chat", input: { text: "and on" }, session: "a" });
    expect(gpt.requests).toHaveLength(3);
    for (const { messages } of gpt.requests) {
      expect(JSON.stringify(messages)).toContain("it is ***!");
      expect(JSON.stringify(messages)).not.toContain(secret);
    }
  });

  it("should be masked in later runs of their session, and in no other session", async () => {
    const box = new FakeSandbox(() => ({ stdout: secret }));
    const flows = over(box);
    await flows.collect({ input: { code: "x", env: { API_KEY: secret } }, session: "a" });
    const later = await flows.collect({ input: { code: "y" }, session: "a" });
    expect(JSON.stringify(later)).not.toContain(secret);
    const other = await flows.collect({ input: { code: "y" }, session: "b" });
    expect(JSON.stringify(other)).toContain(secret);
  });

  it("should be refused with a reason before anything runs", async () => {
    const box = new FakeSandbox();
    const events = await over(box).collect({ input: { code: "x", env: { LD_PRELOAD: secret } } });
    expect(endOf(events)).toMatchObject({ status: "failed", reason: expect.stringContaining("LD_PRELOAD") });
    expect(JSON.stringify(events)).not.toContain(secret);
    expect(box.sessions).toEqual([]);
  });

  it("should be refused where the sandbox gives programs none", async () => {
    const box = new FakeSandbox();
    const open = box.open.bind(box);
    box.open = async (...asked) => Object.assign(await open(...asked), { takesEnv: false });
    const events = await over(box).collect({ input: { code: "x", env: { A: "1" } } });
    expect(events.find(({ type }) => type === "error")?.data).toMatchObject({ code: "SLUICE_SANDBOX_ENV" });
    expect(box.sessions[0]?.executed).toEqual([]);
  });

  it("should stay with the host that was given them", () => {
    expect(canTravel({ input: { code: "x" } })).toBe(true);
    expect(canTravel({ input: { code: "x", env: { A: "1" } } })).toBe(false);
  });

  it("should be so many secrets of one session, and no more", async () => {
    const flows = over(new FakeSandbox());
    const many = (from: number) =>
      Object.fromEntries(Array.from({ length: 256 }, (_, at) => [`KEY${at}`, `value-${from + at}`]));
    for (const from of [0, 256, 0]) {
      const run = { input: { code: "x", env: many(from) }, session: "s" };
      expect(endOf(await flows.collect(run))).toMatchObject({ status: "ok" });
    }
    const run = { input: { code: "x", env: { KEY: "value-512" } }, session: "s" };
    expect(endOf(await flows.collect(run))).toMatchObject({ status: "failed" });
  });
});
