import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

let place: Place;
const asked = { env: { SLUICE_TRUST: "" } };
const run = (...args: string[]) => place.run(args, asked);

const rxjs = createRequire(import.meta.url).resolve("rxjs");
const plugin = `import { writeFileSync } from "node:fs";
import { of } from ${JSON.stringify(rxjs)};
writeFileSync(new URL("../was-imported", import.meta.url), "yes");
export default {
  check: () => [],
  create: () => ({
    modelId: "own",
    generate: () => of({ type: "text-delta", text: "from my own code" }, { type: "finish", reason: "stop", usage: { inputTokens: 0, outputTokens: 0 } }),
    async [Symbol.asyncDispose]() {},
  }),
};
`;
const manifest = {
  name: "own",
  kind: "model",
  api: 1,
  description: "Says one thing.",
  checks: true,
  config: { type: "object", properties: {} },
};
const profile = "version: 1\nplugins: { own: { use: ./own } }\nflows: { chat: own }\n";

beforeAll(() => {
  place = new Place(profile);
  mkdirSync(join(place.folder, "own"));
  writeFileSync(join(place.folder, "own/plugin.json"), JSON.stringify(manifest));
  writeFileSync(join(place.folder, "own/index.js"), plugin);
});
afterAll(() => place[Symbol.asyncDispose]());

describe("a profile in a strange folder", () => {
  it("should be checked without importing its code, and run only when somebody trusts it as it is", async () => {
    const checked = await run("check", "--strict");
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain("was not asked to check its options");
    for (const args of [["ask", "hi"], ["chat"], ["up"], ["run", "-e", "1"]]) {
      const refused = await run(...args);
      expect(refused.code).toBe(78);
      expect(refused.stderr).toContain("SLUICE_CONFIG_UNTRUSTED");
      expect(refused.stderr).toContain("sluice trust");
    }
    expect(() => readFileSync(join(place.folder, "was-imported"))).toThrow(/ENOENT/);

    expect((await run("trust")).stdout).toContain("`own` runs the code of a plugin");
    expect(statSync(join(place.home, "state/trust.json")).mode & 0o777).toBe(0o600);
    expect((await run("ask", "hi")).stdout).toContain("from my own code");
    expect((await run("trust", "--list")).stdout).toContain("sluice.yaml");

    writeFileSync(join(place.folder, "own/index.js"), `${plugin}// changed\n`);
    expect((await run("ask", "hi")).code).toBe(78);
    await run("trust");
    place.write("sluice.yaml", `${profile}# changed\n`);
    expect((await run("ask", "hi")).code).toBe(78);
    place.write("sluice.yaml", profile);
    expect((await run("ask", "hi")).code).toBe(0);

    expect((await run("trust", "--remove")).code).toBe(0);
    expect((await run("ask", "hi")).code).toBe(78);
    expect((await place.run(["ask", "hi"], { env: { SLUICE_TRUST: "all" } })).stdout).toContain("from my own code");
  });
});

describe("the token", () => {
  it("should stand in a file of its own, and be another one when it is rotated", async () => {
    const first = (await run("token")).stdout.trim();
    expect(first).toMatch(/^[\w-]{43}$/);
    const file = join(place.home, "state/token");
    expect([readFileSync(file, "utf8").trim(), statSync(file).mode & 0o777]).toEqual([first, 0o600]);
    const second = (await run("token", "--rotate")).stdout.trim();
    expect(second).not.toBe(first);
    expect((await run("token")).stdout.trim()).toBe(second);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
