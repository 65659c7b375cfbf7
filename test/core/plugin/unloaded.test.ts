import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

const root = new URL("../../../", import.meta.url).pathname;
const own = JSON.stringify(join(root, "core/index.ts"));

/** Modules that a host has loaded once it has started with a profile, or has failed to. */
function loadedBy(options: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "sluice-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const code = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { createHost } = await import(${own});
    const host = await createHost({ ...${options}, transports: true, terminal: false }).catch(() => undefined);
    await host?.close({ drain: 0 });
    loaded.push(...process.moduleLoadList);
    process.stdout.write(JSON.stringify(loaded), () => process.exit(0));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    ...{ cwd: root, encoding: "utf8", timeout: 120_000, maxBuffer: 64 << 20 },
    env: { ...process.env, SLUICE_HOME: folder, DOCKER_HOST: "unix:///nowhere" },
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const ofNats = (modules: readonly string[]) =>
  modules.filter((url) => /@nats-io|plugins\/(store|queue)-nats/.test(url));
const models = { words: { use: "llm-scripted", with: {} } };

describe("what a host loads", { timeout: 120_000 }, () => {
  it("should have nothing of NATS where its profile names none of it", () => {
    const profiles = [
      `{ profile: ${JSON.stringify(join(root, "profiles/default.yaml"))} }`,
      `{ config: ${JSON.stringify({ version: 1, plugins: models, flows: { chat: "words" } })} }`,
    ];
    for (const profile of profiles) {
      const loaded = loadedBy(profile);
      expect(loaded.length).toBeGreaterThan(100);
      expect(loaded.some((url) => url.includes("plugins/store-sqlite"))).toBe(true);
      expect(ofNats(loaded)).toEqual([]);
    }
  });

  it("should have no HTTP of Node's own where nobody is asked or served: it is a fifth of a start", () => {
    const config = { version: 1, plugins: models, flows: { chat: "words" } };
    const loaded = loadedBy(`{ config: ${JSON.stringify(config)} }`);
    expect(loaded).toContain("NativeModule net");
    expect(
      loaded.filter((name) => /^NativeModule (https?|http2|tls|internal\/deps\/undici\/undici)$/.test(name)),
    ).toEqual([]);
  });

  it("should have it where the profile names it", () => {
    const store = { use: "store-nats", with: { servers: ["nats://127.0.0.1:1"] } };
    const config = { version: 1, plugins: { store, ...models }, flows: { chat: "words" } };
    expect(ofNats(loadedBy(`{ config: ${JSON.stringify(config)} }`)).length).toBeGreaterThan(10);
  });
});
