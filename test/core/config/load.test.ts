import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPlan } from "../../../core/config/load.ts";
import type { LoadOptions, Plan } from "../../../core/config/plan.ts";
import { corpus, fixtures, load, pluginFolders, type Sample } from "./corpus.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-load-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function sampleOf(name: string): Sample {
  const sample = corpus("good").find((one) => one.name === name);
  if (sample === undefined) throw new Error(`there is no ${name}`);
  return sample;
}

async function good(name: string): Promise<Plan> {
  const { plan } = await load("good", sampleOf(name));
  if (plan === undefined) throw new Error(`${name} gives no plan`);
  return plan;
}

function fromCode(config: unknown, options: Partial<LoadOptions> = {}) {
  return loadPlan({ config, cwd: folder, env: {}, pluginFolders, ...options });
}

const of = (plan: Plan, id: string) => plan.instances.find((instance) => instance.id === id);

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
    expect(problems.map(({ code }) => code)).toEqual(["SLUICE_CONFIG_SYNTAX"]);
  });
});

describe("variables", () => {
  test("should be put into values once, and become what the schema wants there", async () => {
    const plan = await good("variables.yaml");
    expect(of(plan, "gpt")?.config).toMatchObject({
      model: "gpt",
      apiKey: "sk-123456789",
      stream: false,
      headers: { Authorization: "Bearer sk-123456789", Note: "one\ntwo" },
      script: ["cost: 5$", "${env:KEY}", { text: "one\ntwo" }],
    });
    expect(of(plan, "box")?.config).toMatchObject({ pids: 8, timeout: 45_000 });
    expect(plan.flows["chat"]).toMatchObject({ max: 3 });
  });

  test("should leave an optional instance out where one is not set, and say why", async () => {
    const plan = await good("variables.yaml");
    expect(of(plan, "gone")?.absent).toBe("OTHER_KEY is not set: ask the owner");
    expect(of(plan, "gone")?.config).not.toHaveProperty("apiKey");
    expect(plan.flows["chat"]).toMatchObject({
      body: {
        steps: [
          {
            branches: [
              { id: "gone", absent: true },
              { id: "gpt", absent: false },
            ],
          },
          { id: "box" },
        ],
      },
    });
  });

  test("should not be looked for in what a variable says", async () => {
    const config = { version: 1, plugins: { gpt: { use: "quiet-model", with: { model: "${env:A}" } } } };
    const { plan } = await fromCode(config, { env: { A: "${env:B} $$", B: "no" } });
    expect(plan && of(plan, "gpt")?.config["model"]).toBe("${env:B} $$");
  });

  test("should stay text where the schema takes text, whatever they look like", async () => {
    const config = { version: 1, plugins: { gpt: { use: "quiet-model", with: { model: "${env:A}" } } } };
    const { plan } = await fromCode(config, { env: { A: "8" } });
    expect(plan && of(plan, "gpt")?.config["model"]).toBe("8");
  });

  test("should come from files beside the profile, without the last line's end", async () => {
    writeFileSync(join(folder, "key.txt"), "sk-from-a-file\n");
    const config = {
      version: 1,
      plugins: { gpt: { use: "quiet-model", with: { model: "m", apiKey: "${file:key.txt}" } } },
    };
    const { plan } = await fromCode(config);
    expect(plan && of(plan, "gpt")?.config["apiKey"]).toBe("sk-from-a-file");
    expect(plan?.secrets).toContain("sk-from-a-file");
  });

  test("should not be inherited from the prototype of the environment", async () => {
    const { problems } = await fromCode({ version: 1, name: "${env:toString}" });
    expect(problems.map(({ message }) => message)).toEqual(["toString is not set"]);
  });
});

describe("secrets", () => {
  test("should be collected with the variables inside them, and masked for people", async () => {
    const plan = await good("variables.yaml");
    expect(plan.secrets).toEqual(expect.arrayContaining(["sk-123456789", "Bearer sk-123456789", "one\ntwo"]));
    expect(JSON.stringify(plan.display)).not.toContain("sk-123456789");
    expect(plan.display).toMatchObject({ plugins: { gpt: { with: { apiKey: "***", model: "gpt" } } } });
  });

  test("should be blotted out of the texts that frames are cut from", async () => {
    const { sources } = await load("good", sampleOf("warnings.yaml"));
    expect(sources["warnings.yaml"]).toContain("apiKey: *************");
    expect(sources["warnings.yaml"]).not.toContain("sk-plain-text");
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
