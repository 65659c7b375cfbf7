import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const root = resolve(import.meta.dirname, "../..");

/** What `npm install` would bring: the package as it is here. */
function installed(place: Place): void {
  mkdirSync(join(place.folder, "node_modules"));
  for (const [name, target] of [
    ["sluicebox", "."],
    ["rxjs", "node_modules/rxjs"],
    ["@types", "node_modules/@types"],
  ] as const)
    symlinkSync(join(root, target), join(place.folder, "node_modules", name));
}

describe("an author with an empty folder", () => {
  it("should get by the guide's commands to a sink and a stage that are used and reloaded", async () => {
    await using place = new Place("");
    installed(place);
    const begun = performance.now();
    const ok = async (...args: string[]) => {
      const ended = await place.run(args);
      expect(`${ended.stdout}${ended.stderr}${ended.code}`).toMatch(/0$/);
      return ended.stdout;
    };
    const tests = (name: string, language: string) =>
      spawnSync(process.execPath, ["--test", `index.test.${language}`], {
        ...{ cwd: join(place.folder, name), encoding: "utf8", timeout: 60_000 },
        env: { ...process.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: undefined },
      });
    for (const [name, kind, language] of [
      ["lines", "sink", "ts"],
      ["words", "stage", "js"],
    ] as const) {
      await ok("plugins", "new", name, "--kind", kind, "--lang", language);
      expect(await ok("plugins", "check", name)).toMatch(/ok, 0 problems/);
      expect(tests(name, language).stdout).toMatch(/fail 0/);
    }
    place.write(
      "sluice.yaml",
      `version: 1
plugins:
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  model: { use: llm-scripted, with: { script: ["The moon is far."], repeat: true } }
  stage: { use: ./words, with: { word: moon, by: sun } }
  sink: { use: ./lines }
flows:
  chat: [model, stage]
`,
    );
    expect(await ok("check")).toContain("ok, 4 instances");
    const { child } = await place.up(["--dev"]);
    const reloaded = Promise.withResolvers<string>();
    if (child.stdout === null) throw new Error("stdout is piped");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { type, data } = JSON.parse(line) as { type: string; data: { status: string } };
      if (type === "reload") reloaded.resolve(data.status);
    });
    expect(await ok("ask", "hi")).toContain("The sun is far.");
    const module = join(place.folder, "words", "index.js");
    const code = readFileSync(module, "utf8");
    const changed = code.replace(/\bby\b(?!.*\bby\b)/s, "by.toUpperCase()");
    expect(changed).not.toBe(code);
    writeFileSync(module, changed);
    expect(await reloaded.promise).toBe("applied");
    expect(await ok("ask", "hi")).toContain("The SUN is far.");
    const took = performance.now() - begun;
    console.log(`from an empty folder to a reloaded stage: ${(took / 1000).toFixed(1)} s of a script's typing`);
    expect(took).toBeLessThan(600_000);
  }, 120_000);
});
