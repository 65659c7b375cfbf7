import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { load } from "./corpus.ts";
import { folder, fromCode, good, of, sampleOf } from "./plans.ts";

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

  test.each(["", " ", "\t\n", "\u00a0", "\ufeff"])("should count as unset where they are blank: %j", async (blank) => {
    writeFileSync(join(folder, "blank.txt"), `${blank}\n`);
    for (const apiKey of ["${env:A}", "${file:blank.txt}"]) {
      const gpt = { use: "quiet-model", with: { model: "m", apiKey } };
      const required = await fromCode({ version: 1, plugins: { gpt } }, { env: { A: blank } });
      expect(required.problems).toMatchObject([{ message: expect.stringMatching(/ is (empty|blank)$/) }]);
      const optional = { version: 1, plugins: { gpt: { ...gpt, optional: true } } };
      const { plan } = await fromCode(optional, { env: { A: blank } });
      expect(plan && of(plan, "gpt")?.absent).toMatch(/ is (empty|blank)$/);
    }
    const model = { use: "quiet-model", with: { model: "${env:A:-spare}" } };
    const { plan } = await fromCode({ version: 1, plugins: { model } }, { env: { A: blank } });
    expect(plan && of(plan, "model")?.config["model"]).toBe("spare");
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
