import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPlan } from "../../core/command-line.ts";
import { events, modelHome, Place, profile } from "../e2e/cli-kit.ts";

const folder = resolve(import.meta.dirname, "../../profiles");
const noKeys = { OPENAI_API_KEY: undefined, ANTHROPIC_API_KEY: undefined, SLUICE_HOME: modelHome };

describe("the profiles that come with Sluicebox", () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith(".yaml")))(
    "should be without any problem: %s",
    async (name) => {
      const { plan, problems } = await loadPlan({ file: join(folder, name), cwd: folder, env: {} });
      expect(problems).toEqual([]);
      expect(Object.keys(plan?.flows ?? {})).toEqual(expect.arrayContaining(["run", "chat"]));
    },
  );

  it("should use the models whose keys are set, and pass over the others", async () => {
    const absent = async (keys: Record<string, string>): Promise<string[]> => {
      const { plan } = await loadPlan({ file: join(folder, "default.yaml"), cwd: folder, env: keys });
      return (plan?.instances ?? []).filter((instance) => instance.absent !== undefined).map(({ id }) => id);
    };
    expect(await absent({})).toEqual(["gpt", "claude"]);
    expect(await absent({ OPENAI_API_KEY: "x", ANTHROPIC_API_KEY: "y" })).toEqual([]);
  });
});

describe("the profiles, executed", () => {
  let place: Place;
  beforeAll(async () => {
    place = new Place(profile);
    const pull = await place.run(["models", "pull", "-p", "offline"], { env: noKeys });
    expect(pull.stderr).toContain("tiny");
    expect(pull.code).toBe(0);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it.each(["default", "offline"])("should run code: %s", async (name) => {
    const run = await place.run(["run", "-p", name, "-e", "print('Hello, World!')"], { env: noKeys });
    expect(run).toMatchObject({ stdout: "Hello, World!\n", stderr: "", code: 0 });
  });

  it.each(["default", "offline"])("should answer with the local model, and run its code: %s", async (name) => {
    const question = "Print the first five even numbers with Python.";
    const ask = await place.run(["ask", "-p", name, "--json", question], { env: noKeys });
    const seen = events(ask.stdout);
    expect(seen.find(({ type }) => type === "model-start")?.source).toBe("tiny");
    expect(seen.map(({ type }) => type)).toEqual(expect.arrayContaining(["code-delta", "exec-stdout"]));
    expect(seen.filter(({ type }) => type === "exec-stdout").map(({ data }) => data["text"])).toContain("2 4 6 8 10\n");
    expect(ask.code).toBe(0);
  });

  it("should play the scripted conversation of offline, its mistake included", async () => {
    const demo = await place.run(["ask", "-p", "offline", "-f", "demo", "How many primes?"], { env: noKeys });
    expect(demo.stdout).toContain("25\nThere are 25 primes below one hundred.\n");
    expect(demo.stderr).toContain("NameError");
    expect(demo.code).toBe(0);
  });
});
