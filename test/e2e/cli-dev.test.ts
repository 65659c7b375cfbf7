import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Place, stop } from "./cli-kit.ts";

const root = resolve(import.meta.dirname, "../..");
let place: Place;
beforeEach(() => {
  place = new Place("");
  rmSync(join(place.folder, "sluice.yaml"));
});
afterEach(() => place[Symbol.asyncDispose]());

/** `sluice up --dev` of a profile, and what its reloads came to. */
async function dev(profile: string) {
  const child = place.start(["up", "--dev", "--verbose", "--json", "-p", profile], {
    env: { SLUICE_TRUST: undefined },
  });
  const outcomes: { status: string; changes: { instance: string; action: string; options: string[] }[] }[] = [];
  let stderr = "";
  let wake = Promise.withResolvers<void>();
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  if (child.stdout === null) throw new Error("stdout is piped");
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { type, data } = JSON.parse(line);
    if (type === "host-ready") ready.resolve();
    if (type !== "reload") return;
    outcomes.push(data);
    wake.resolve();
    wake = Promise.withResolvers();
  });
  await Promise.race([ready.promise, once(child, "exit").then(() => Promise.reject(new Error(stderr)))]);
  return {
    child,
    stderr: () => stderr,
    next: async (count: number) => {
      while (outcomes.length < count) await wake.promise;
      return outcomes[count - 1];
    },
  };
}

const ask = async () => (await place.run(["ask", "hi", "--host"], { env: { SLUICE_TRUST: undefined } })).stdout;

describe.each(["ts", "js"])("a plugin under development, in %s", (language) => {
  it("should be reloaded in the running host after each change of its code, and of what it imports", async () => {
    await place.run(["plugins", "new", "echo", "--kind", "model", "--lang", language]);
    const folder = join(place.folder, "echo");
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).scripts.dev).toBe("sluice up --dev");
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/sluicebox"));
    symlinkSync(join(root, "node_modules/rxjs"), join(folder, "node_modules/rxjs"));
    const yaml = readFileSync(join(folder, "sluice.yaml"), "utf8");
    writeFileSync(
      join(folder, "sluice.yaml"),
      yaml.replace("plugins:\n", 'plugins:\n  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }\n'),
    );
    const entry = join(folder, `index.${language}`);
    const code = readFileSync(entry, "utf8");
    const changed = `import { word } from "./word.${language}";\n${code.replace(".fill(heard)", ".fill(word + heard)")}`;
    expect(changed).toContain("word + heard");
    const host = await dev(join(folder, "sluice.yaml"));
    await expect.poll(host.stderr).toMatch(/started in \d[^\n]*\n[├└]─ /);
    await expect.poll(host.stderr).toMatch(/^ {3}└─ wire \(websocket\) /m);
    expect(await ask()).toBe("hi hi\n");

    writeFileSync(join(folder, `word.${language}`), 'export const word = "one ";\n');
    writeFileSync(entry, changed);
    expect(await host.next(1)).toMatchObject({
      status: "applied",
      changes: [{ instance: "subject", action: "restart", options: ["its code"] }],
    });
    expect(await ask()).toMatch(/^one /);
    writeFileSync(join(folder, `word.${language}`), 'export const word = "two ";\n');
    expect((await host.next(2))?.status).toBe("applied");
    expect(await ask()).toMatch(/^two /);
    writeFileSync(join(folder, `word.${language}`), "export const word = ;\n");
    expect((await host.next(3))?.status).toBe("rejected");
    expect(await ask()).toMatch(/^two /);
    writeFileSync(join(folder, `word.${language}`), 'export const word = "three ";\n');
    expect((await host.next(4))?.status).toBe("applied");
    expect(await ask()).toMatch(/^three /);
    // What was there before is not imported a second time.
    writeFileSync(entry, code);
    expect((await host.next(5))?.status).toBe("applied");
    expect(await ask()).toBe("hi hi\n");
    expect((await stop(host.child, "SIGINT")).code).toBe(0);
  });
});

it("should ask for trust anew where somebody else's plugin has changed, and serve on", async () => {
  mkdirSync(join(place.folder, "own"));
  const manifest = {
    name: "own",
    kind: "service",
    api: 1,
    description: "Own.",
    provides: ["own/a"],
    config: { type: "object" },
  };
  place.write("own/plugin.json", JSON.stringify(manifest));
  place.write("own/index.js", "export default { create: () => ({ async [Symbol.asyncDispose]() {} }) };");
  place.write(
    "sluice.yaml",
    'version: 1\nplugins:\n  own: { use: ./own }\n  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }\nflows: {}\n',
  );
  const env = { SLUICE_TRUST: undefined };
  expect((await place.run(["trust"], { env })).code).toBe(0);
  const child = place.start(["up", "--json"], { env });
  if (child.stdout === null) throw new Error("stdout is piped");
  await once(child.stdout, "data");
  place.write("own/index.js", "export default { create: () => ({ n: 1, async [Symbol.asyncDispose]() {} }) };");
  const reload = await place.run(["reload"], { env });
  expect(reload).toMatchObject({ code: 78, stderr: expect.stringContaining("sluice trust") });
  await place.run(["trust"], { env });
  expect((await place.run(["reload"], { env })).stdout).toBe("applied: 1 changed\n");
});
