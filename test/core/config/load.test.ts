import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { fixtures, pluginFolders } from "./corpus.ts";
import { folder, fromCode, good, of } from "./plans.ts";

describe("a plan", () => {
  test("should carry defaults and units as plugins receive them", async () => {
    const plan = await good("plain.yaml");
    expect(of(plan, "box")?.config).toEqual({
      image: "sandbox-image",
      memory: 1.5 * 1024 ** 3,
      timeout: 120_000,
      cpus: 0.5,
      pids: 100,
      network: "none",
      packages: ["jq"],
    });
    expect(of(plan, "claude")?.config["script"]).toEqual(["hello", { text: "again", delay: 20, finish: "stop" }]);
    expect(of(plan, "file")).toMatchObject({
      config: { path: join(fixtures, "good/var/quiet.log") },
      select: ["box.*", "gpt"],
      restart: { attempts: 2, within: 60_000, backoff: 1000 },
      onStartError: "skip",
    });
    expect(of(plan, "gpt")?.restart).toEqual({ attempts: 5, within: 600_000, backoff: 500 });
  });

  test("should carry budgets, bounded in milliseconds, and refuse unknown prices unless told otherwise", async () => {
    expect((await good("plain.yaml")).budgets).toEqual({});
    expect((await good("budgets.yaml")).budgets).toEqual({
      run: { usd: 0.5, tokens: 200_000, time: 600_000, unknownPrice: "refuse" },
      session: { usd: 5, unknownPrice: "allow" },
      client: {
        usd: 20,
        inputTokens: 5_000_000,
        outputTokens: 500_000,
        unknownPrice: "refuse",
        per: 86_400_000,
      },
    });
  });

  test("should list the profile's instances in order, then those that the core adds", async () => {
    const plan = await good("plain.yaml");
    const added = plan.instances.filter(({ implicit }) => implicit).map(({ id }) => id);
    expect(added).toEqual(["store", "quiet-http"]);
    expect(plan.instances.slice(0, 2).map(({ id }) => id)).toEqual(["gpt", "claude"]);
  });

  test("should add no store where the profile has one, or the caller wants none", async () => {
    const config = { version: 1, plugins: { mine: { use: "store-sqlite" } } };
    const own = await fromCode(config);
    expect(own.plan?.instances.map(({ id }) => id)).toEqual(["mine"]);
    expect((await fromCode({ version: 1 }, { implicitStore: false })).plan?.instances).toEqual([]);
  });

  test("should give what the core adds an id that is free", async () => {
    const { plan } = await fromCode({ version: 1, plugins: { store: { use: "quiet-sandbox" } } });
    expect(plan?.instances.map(({ id, implicit }) => [id, implicit])).toEqual([
      ["store", false],
      ["store-2", true],
    ]);
  });

  test("should name references, and the token's service once", async () => {
    const plan = await good("plain.yaml");
    expect(of(plan, "guard")?.refs).toEqual({ judge: "gpt", panel: ["gpt", "claude"] });
  });

  test("should hold flows with every default filled in", async () => {
    const { flows, expressions } = await good("plain.yaml");
    expect(flows["chat"]).toMatchObject({ kind: "loop", until: "done", max: 12, body: { kind: "pipe" } });
    expect(flows["first"]).toMatchObject({ kind: "race", until: "first" });
    expect(flows["spread"]).toMatchObject({ kind: "balance", by: "random" });
    expect(flows["sized"]).toMatchObject({
      kind: "when",
      cases: [{ if: { minChars: 100_000 } }, { if: { language: "bash", tag: "offline" } }],
      otherwise: { kind: "instance", id: "gpt", instance: "model", absent: false },
    });
    expect(expressions["run"]).toBe("box");
  });

  test("should be frozen to the last leaf", async () => {
    const plan = await good("plain.yaml");
    expect(() => Object.assign(of(plan, "box")?.config ?? {}, { cpus: 9 })).toThrow(TypeError);
    expect(Object.isFrozen(of(plan, "box")?.config["packages"])).toBe(true);
  });
});

describe("layers", () => {
  test("should merge maps, replace lists, and remember where each leaf was written", async () => {
    const plan = await good("layered.yaml");
    expect(of(plan, "gpt")?.config).toMatchObject({ model: "over", retries: 5 });
    expect(of(plan, "box")?.config).toMatchObject({ packages: ["git"], memory: 1024 ** 3 });
    expect(Object.keys(plan.flows)).toEqual(["run", "chat"]);
    expect(plan.origins["/plugins/gpt/with/model"]).toBe("layered.yaml:3:25");
    expect(plan.origins["/plugins/gpt/with/retries"]).toBe("base.yaml:3:58");
  });

  test("should start a path at the file that says it", async () => {
    const { plan } = await fromCode({
      extends: join(fixtures, "good/plain.yaml"),
      plugins: { other: { use: "quiet-sink", with: { path: "here.log" } }, file: { with: { path: "there.log" } } },
    });
    expect(plan && of(plan, "other")?.config["path"]).toBe(join(folder, "here.log"));
    expect(plan && of(plan, "file")?.config["path"]).toBe(join(folder, "there.log"));
  });

  test("should expand aliases that would fill the memory to an error", async () => {
    const lines = Array.from({ length: 30 }, (_, at) => `  a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`);
    writeFileSync(join(folder, "bomb.yaml"), `version: 1\ntests:\n  a0: &a0 x\n${lines.join("\n")}\n`);
    const { problems } = await loadPlan({ file: "bomb.yaml", cwd: folder, env: {}, pluginFolders });
    expect(problems.map(({ code }) => code)).toEqual(["SLUICE_CONFIG_TOO_LARGE"]);
  });
});

describe("a profile from code", () => {
  test("should be read like a file, with pointers instead of places", async () => {
    const { plan, problems } = await fromCode({
      version: 1,
      plugins: { box: { use: "quiet-sandbox", with: { memroy: "1g", cpus: "many" } } },
    });
    expect(plan).toBeUndefined();
    expect(problems).toMatchObject([
      { code: "SLUICE_CONFIG_UNKNOWN_KEY", file: "<config>", suggestion: "memory" },
      { code: "SLUICE_CONFIG_TYPE", message: "`cpus` must be a number, not text (at cpus)" },
    ]);
    expect(problems[0]).not.toHaveProperty("line");
  });

  test.each([
    ["a function", { version: 1, plugins: { box: () => 1 } }],
    ["text", "version: 1"],
    ["nothing", null],
    [
      "a circle",
      (() => {
        const tests: unknown[] = [];
        tests.push(tests);
        return { version: 1, tests };
      })(),
    ],
  ])("should be refused when it is %s", async (_, config) => {
    const { plan, problems } = await fromCode(config);
    expect(plan).toBeUndefined();
    expect(problems.map(({ code }) => code)).toContain("SLUICE_CONFIG_TYPE");
  });

  test("should be one problem when the file does not exist", async () => {
    const { problems } = await loadPlan({ file: "nowhere.yaml", cwd: folder, env: {}, pluginFolders });
    expect(problems).toMatchObject([
      { code: "SLUICE_CONFIG_NOT_FOUND", file: "nowhere.yaml", message: "nowhere.yaml does not exist" },
    ]);
  });
});
